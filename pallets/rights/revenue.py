"""Shares: what a record earns comes into its purse, and those who stake shares divide it.

Nobody tells the pallet of a payment: the purse is an account like any other, and whoever stakes,
unstakes or claims first counts what came in since. So every way of paying a record works for its
shares, and a transfer of shares needs no hook. A payment is divided among the shares that are
staked when it is counted; with none staked it is the owner's.
"""

from collections.abc import Callable

from pallets.rights.declarations import (
    IssuedAlready,
    NoShares,
    NotAllShares,
    NothingToClaim,
    NotStaked,
    RevenueClaimed,
    RevenuePaid,
    SharesIssued,
    SharesRedeemed,
    Staked,
    Unstaked,
    ZeroAmount,
)
from pallets.rights.sales import KEEPER, Partners
from pallets.rights.till import REASON
from pallets.rights.types import SHARE_SCALE, Pool, RightsParams, Stake, get_purse
from runtime.frame import Event, StorageMap
from runtime.frame.asset_traits import AssetHoldReason, AssetKind
from runtime.frame.parameters import compute_deposit
from runtime.frame.traits import Preservation
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Id

STAKED = AssetHoldReason.STAKED_SHARES


@frozen
class ShareMaps:
    """Where pools and stakes live."""

    pool: StorageMap[Id, Pool]
    stake: StorageMap[tuple[Id, AccountId], Stake]


class Revenue:
    """Pools and stakes over the pallet's storage."""

    def __init__(
        self,
        maps: ShareMaps,
        partners: Partners,
        params: RightsParams,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._maps = maps
        self._partners = partners
        self._params = params
        self._deposit_event = deposit_event

    def issue(self, who: AccountId, record: Id, supply: int) -> None:
        """Makes the signer's record one of shares. `ZeroAmount`, `IssuedAlready`."""
        self.issue_to(who, record, supply, who)

    def issue_to(self, who: AccountId, record: Id, supply: int, holder: AccountId) -> None:
        """The same, with all shares in another's hands; `who` pays for that holding."""
        partners, purse = self._partners, get_purse(record)
        partners.titles.ensure_own_live(record, who)
        if supply == 0:
            raise ZeroAmount
        if record in self._maps.pool:
            raise IssuedAlready
        asset = partners.assets.create_kept(KEEPER, AssetKind.SHARE, who, is_transferable=True)
        partners.assets.mint_kept(KEEPER, asset, holder, supply, who)
        partners.money.transfer(who, purse, self._params.endowment, Preservation.PRESERVE)
        partners.titles.set_payee(record, purse)
        # What somebody sent to the purse before there were shares belongs to the first sync.
        self._maps.pool[record] = Pool(asset, self._params.endowment)
        self._deposit_event(SharesIssued(record, asset, supply, purse))

    def stake(self, who: AccountId, record: Id, amount: int) -> None:
        """Stakes shares, which earn from now on. `ZeroAmount`, `NoShares`, `Insufficient`."""
        pool, stake, _ = self._pay_out(record, who)
        if amount == 0:
            raise ZeroAmount
        if stake.amount == 0:
            stake = replace(
                stake,
                deposit=compute_deposit(self._partners.parameters, self._params.entry_deposit),
            )
            self._partners.money.hold(REASON, who, stake.deposit)
        self._partners.assets.hold(STAKED, pool.asset, who, amount)
        self._maps.stake[record, who] = replace(stake, amount=stake.amount + amount)
        self._maps.pool[record] = replace(pool, staked=pool.staked + amount)
        self._deposit_event(Staked(record, who, amount))

    def unstake(self, who: AccountId, record: Id, amount: int) -> None:
        """Frees shares, and pays what they earned. `ZeroAmount`, `NoShares`, `NotStaked`."""
        pool, stake, _ = self._pay_out(record, who)
        if amount == 0:
            raise ZeroAmount
        if amount > stake.amount:
            raise NotStaked
        self._partners.assets.release(STAKED, pool.asset, who, amount)
        pool = replace(pool, staked=pool.staked - amount)
        if amount == stake.amount:
            pool = replace(pool, lost=pool.lost + stake.fraction)
            self._partners.money.release(REASON, who, stake.deposit)
            del self._maps.stake[record, who]
        else:
            self._maps.stake[record, who] = replace(stake, amount=stake.amount - amount)
        self._maps.pool[record] = pool
        self._deposit_event(Unstaked(record, who, amount))

    def claim(self, who: AccountId, record: Id) -> None:
        """Pays what staked shares have earned. `NoShares`, `NotStaked`, `NothingToClaim`."""
        pool, stake, paid = self._pay_out(record, who)
        if stake.amount == 0:
            raise NotStaked
        if paid == 0:
            raise NothingToClaim
        self._maps.stake[record, who] = stake
        self._maps.pool[record] = pool

    def redeem(self, who: AccountId, record: Id) -> None:
        """Ends all shares, for whoever holds them all. `NoShares`, `NotAllShares`.

        Where every share was burned, the owner ends them; where there is no owner, anybody.
        """
        pool, partners, purse = self._get_pool(record), self._partners, get_purse(record)
        owner, supply = partners.titles.get_owner(record), partners.assets.get_supply(pool.asset)
        is_owner = owner is None or owner == who
        if partners.assets.get_free(pool.asset, who) < supply or (supply == 0 and not is_owner):
            raise NotAllShares
        if supply > 0:
            partners.assets.burn_kept(KEEPER, pool.asset, who, supply)
        partners.assets.destroy_kept(KEEPER, pool.asset)
        if owner is not None:
            partners.titles.set_payee(record, None)
        left = partners.money.get_free(purse)
        partners.money.transfer(purse, who, left, Preservation.EXPENDABLE)
        del self._maps.pool[record]
        self._deposit_event(SharesRedeemed(record, who, left))

    def get_claimable(self, record: Id, who: AccountId) -> int:
        """What an account could claim now, with what came in and is not counted yet."""
        pool, stake = self._maps.pool.get(record), self._maps.stake.get((record, who))
        if pool is None or stake is None:
            return 0
        step = self.get_uncounted(record, pool) * SHARE_SCALE // pool.staked
        return compute_earned(stake, pool.per_share + step) // SHARE_SCALE

    def get_uncounted(self, record: Id, pool: Pool) -> int:
        """What came into a purse since it was last counted."""
        free = self._partners.money.get_free(get_purse(record))
        return free - pool.endowment - pool.counted

    # --- for those who give shares away

    def get_shares(self, record: Id, who: AccountId) -> int:
        """An account's shares that it has not staked."""
        pool = self._maps.pool.get(record)
        return 0 if pool is None else self._partners.assets.get_free(pool.asset, who)

    def give(self, record: Id, source: AccountId, dest: AccountId, amount: int) -> None:
        """Moves shares that are there; who receives them pays for the holding."""
        self._partners.assets.move_kept(KEEPER, self._get_pool(record).asset, source, dest, amount)

    def burn(self, record: Id, who: AccountId, amount: int) -> None:
        """Destroys shares that are there."""
        self._partners.assets.burn_kept(KEEPER, self._get_pool(record).asset, who, amount)

    # --- parts of the above

    def _get_pool(self, record: Id) -> Pool:
        pool = self._maps.pool.get(record)
        if pool is None:
            raise NoShares
        return pool

    def _pay_out(self, record: Id, who: AccountId) -> tuple[Pool, Stake, int]:
        """Counts the purse and pays an account all whole planck; the caller stores both values."""
        pool = self._count(record, self._get_pool(record))
        stake = self._maps.stake.get((record, who))
        if stake is None:
            return pool, Stake(0, 0, pool.per_share), 0
        amount, fraction = divmod(compute_earned(stake, pool.per_share), SHARE_SCALE)
        purse, money = get_purse(record), self._partners.money
        money.transfer(purse, who, amount, Preservation.PRESERVE)
        if amount > 0:
            self._deposit_event(RevenueClaimed(record, who, amount))
        pool = replace(pool, counted=pool.counted - amount)
        return pool, replace(stake, per_share=pool.per_share, fraction=fraction), amount

    def _count(self, record: Id, pool: Pool) -> Pool:
        """Divides what came in among the staked shares; with none it is the owner's."""
        amount = self.get_uncounted(record, pool)
        if amount == 0:
            return pool
        if pool.staked > 0:
            step, lost = divmod(amount * SHARE_SCALE, pool.staked)
            self._deposit_event(RevenuePaid(record, amount, pool.staked, None))
            return replace(
                pool,
                per_share=pool.per_share + step,
                counted=pool.counted + amount,
                lost=pool.lost + lost,
            )
        owner = self._partners.titles.get_owner(record)
        self._deposit_event(RevenuePaid(record, amount, 0, owner))
        if owner is None:
            lost = pool.lost + amount * SHARE_SCALE
            return replace(pool, counted=pool.counted + amount, lost=lost)
        purse = get_purse(record)
        self._partners.money.transfer(purse, owner, amount, Preservation.PRESERVE)
        return pool


def compute_earned(stake: Stake, per_share: int) -> int:
    """What a stake has earned and was not paid, in parts of `SHARE_SCALE`."""
    return stake.amount * (per_share - stake.per_share) + stake.fraction
