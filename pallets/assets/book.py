"""The ledger of assets: what may move, what is minted and burned, and who pays for the entries.

Each holding is paid for by whoever caused it: the minter, the sender, or the buyer of a kept asset.
The deposit is theirs again when the holding is empty. `AssetBook` is the runtime's `Assets`.
"""

from collections.abc import Callable

from pallets.assets.declarations import (
    BelowMin,
    Burned,
    Created,
    Destroyed,
    Expired,
    FrozenHolding,
    Held,
    Insufficient,
    Minted,
    NoAsset,
    NonTransferable,
    Overflow,
    Released,
    SupplyNotZero,
    Transferred,
    ZeroAmount,
)
from pallets.assets.types import (
    ENTRY_OVERHEAD_BYTES,
    SUPPLY_MAX,
    AccountOwner,
    Asset,
    Holding,
    Owner,
    PalletOwner,
)
from runtime.codec import encode
from runtime.frame import Event, StorageMap, StorageValue
from runtime.frame.asset_traits import AssetHoldReason, AssetKeeper, AssetKind
from runtime.frame.parameters import Parameters, compute_deposit
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id

REASON = HoldReason.ASSET_DEPOSIT


@frozen
class AssetMaps:
    """Where assets live."""

    next_id: StorageValue[Id]
    asset: StorageMap[Id, Asset]
    holding: StorageMap[tuple[Id, AccountId], Holding]
    hold: StorageMap[tuple[Id, AccountId, AssetHoldReason], Balance]


@frozen
class Deposits:
    """What entries cost while they are there, before governance scales it."""

    asset: int
    byte: int
    holding: int
    parameters: Parameters

    def scale(self, deposit: int) -> int:
        """What is put on hold now."""
        return compute_deposit(self.parameters, deposit)


class AssetBook:
    """Reads and changes assets and holdings."""

    def __init__(
        self,
        maps: AssetMaps,
        deposits: Deposits,
        system: EventSink,
        money: Money,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._maps = maps
        self._deposits = deposits
        self._system = system
        self._money = money
        self._deposit_event = deposit_event

    # --- reading

    def get_asset(self, asset: Id) -> Asset:
        """An asset. `NoAsset`."""
        entry = self._maps.asset.get(asset)
        if entry is None:
            raise NoAsset
        return entry

    def is_expired(self, entry: Asset) -> bool:
        """Whether an asset's time is over."""
        return entry.expires_at is not None and entry.expires_at <= self._system.get_block_number()

    def get_supply(self, asset: Id) -> int:
        """All units there are; 0 for no asset."""
        entry = self._maps.asset.get(asset)
        return 0 if entry is None else entry.supply

    def get_free(self, asset: Id, who: AccountId) -> int:
        """An account's units outside holds."""
        holding = self._maps.holding.get((asset, who))
        return 0 if holding is None else holding.free

    def get_held(self, reason: AssetHoldReason, asset: Id, who: AccountId) -> int:
        """An account's units on hold for a reason."""
        return self._maps.hold[asset, who, reason]

    # --- assets

    def create(self, entry: Asset) -> Id:
        """Stores a new asset, and puts its deposit on hold."""
        full = self._deposits.asset + self._deposits.byte * (
            len(encode(entry)) + ENTRY_OVERHEAD_BYTES
        )
        deposit = self._deposits.scale(full)
        self._money.hold(REASON, entry.depositor, deposit)
        number = self._maps.next_id.get()
        self._maps.next_id.put(number + 1)
        self._maps.asset[number] = replace(entry, deposit=deposit)
        self._deposit_event(Created(number, entry.kind, entry.depositor))
        return number

    def hand_over(self, asset: Id, entry: Asset, dest: AccountId) -> None:
        """Changes the owner; the deposit goes along."""
        self._money.transfer_held(REASON, entry.depositor, dest, entry.deposit)
        self._money.hold(REASON, dest, entry.deposit)
        self._maps.asset[asset] = replace(entry, owner=AccountOwner(dest), depositor=dest)

    def destroy(self, asset: Id, entry: Asset) -> None:
        """Removes an asset and returns its deposit. `SupplyNotZero`."""
        if entry.supply > 0:
            raise SupplyNotZero
        self._money.release(REASON, entry.depositor, entry.deposit)
        del self._maps.asset[asset]
        self._deposit_event(Destroyed(asset))

    # --- units

    def mint(self, asset: Id, entry: Asset, dest: AccountId, amount: int, payer: AccountId) -> None:
        """Creates units. `ZeroAmount`, `Expired`, `Overflow`, `BelowMin`."""
        _ensure_amount(amount)
        self._ensure_alive(entry)
        if entry.supply + amount > SUPPLY_MAX:
            raise Overflow
        self._maps.asset[asset] = replace(entry, supply=entry.supply + amount)
        self._add(asset, entry, dest, amount, payer)
        self._deposit_event(Minted(asset, dest, amount))

    def burn(self, asset: Id, who: AccountId, amount: int) -> None:
        """Destroys free units; a frozen or expired holding can still be burned.

        What would remain below the minimum is swept too. `ZeroAmount`, `Insufficient`, `BelowMin`.
        """
        _ensure_amount(amount)
        self._destroy(asset, who, amount)
        self._sweep(asset, who)

    def transfer(
        self, asset: Id, source: AccountId, dest: AccountId, amount: int, payer: AccountId
    ) -> None:
        """Moves free units as their holder may; to oneself it only checks.

        What would remain below the minimum goes to the asset's owner.
        Errors: `NonTransferable`, `FrozenHolding`, and those of `move`.
        """
        entry = self.get_asset(asset)
        if not entry.is_transferable:
            raise NonTransferable
        self._move(asset, entry, source, dest, amount, payer)

    def clear(self, asset: Id, who: AccountId) -> None:
        """Burns all of an expired holding, holds included."""
        for reason in AssetHoldReason:
            amount = self.get_held(reason, asset, who)
            if amount > 0:
                self.release(reason, asset, who, amount)
        self._destroy(asset, who, self._maps.holding[asset, who].free)

    # --- for keepers

    def create_kept(
        self,
        keeper: AssetKeeper,
        kind: AssetKind,
        depositor: AccountId,
        *,
        is_transferable: bool,
        expires_at: BlockNumber | None = None,
    ) -> Id:
        """A new asset of a pallet's, without decimals, whose smallest holding is one unit."""
        owner: Owner = PalletOwner(keeper)
        entry = Asset(owner, kind, 0, 0, 1, is_transferable, expires_at, Hash.zero(), depositor, 0)
        return self.create(entry)

    def mint_kept(
        self,
        keeper: AssetKeeper,
        asset: Id,
        dest: AccountId,
        amount: int,
        payer: AccountId | None = None,
    ) -> None:
        """Creates units; who receives them pays for the holding, unless a payer is named."""
        entry = self._get_kept(keeper, asset)
        self.mint(asset, entry, dest, amount, dest if payer is None else payer)

    def burn_kept(self, keeper: AssetKeeper, asset: Id, who: AccountId, amount: int) -> None:
        """Destroys free units."""
        self._get_kept(keeper, asset)
        self.burn(asset, who, amount)

    def move_kept(
        self, keeper: AssetKeeper, asset: Id, source: AccountId, dest: AccountId, amount: int
    ) -> None:
        """Moves free units, transferable or not; who receives them pays for the holding."""
        self._move(asset, self._get_kept(keeper, asset), source, dest, amount, dest)

    def destroy_kept(self, keeper: AssetKeeper, asset: Id) -> None:
        """Removes an asset without units; its deposit is returned."""
        self.destroy(asset, self._get_kept(keeper, asset))

    def hold(self, reason: AssetHoldReason, asset: Id, who: AccountId, amount: int) -> None:
        """Puts free units on hold. `ZeroAmount`, `Insufficient`, `FrozenHolding`, `Expired`."""
        _ensure_amount(amount)
        self._ensure_alive(self.get_asset(asset))
        holding = self._get_free_holding(asset, who, amount)
        if holding.is_frozen:
            raise FrozenHolding
        self._maps.holding[asset, who] = replace(
            holding, free=holding.free - amount, held=holding.held + amount
        )
        self._maps.hold[asset, who, reason] = self._maps.hold[asset, who, reason] + amount
        self._deposit_event(Held(asset, who, reason, amount))

    def release(self, reason: AssetHoldReason, asset: Id, who: AccountId, amount: int) -> None:
        """Frees units on hold. `ZeroAmount`, `Insufficient`."""
        _ensure_amount(amount)
        rest = self._maps.hold[asset, who, reason] - amount
        if rest < 0:
            raise Insufficient
        holding = self._maps.holding[asset, who]
        self._maps.holding[asset, who] = replace(
            holding, free=holding.free + amount, held=holding.held - amount
        )
        if rest > 0:
            self._maps.hold[asset, who, reason] = rest
        else:
            del self._maps.hold[asset, who, reason]
        self._deposit_event(Released(asset, who, reason, amount))

    # --- parts of the above

    def _get_kept(self, keeper: AssetKeeper, asset: Id) -> Asset:
        entry = self._maps.asset.get(asset)
        assert entry is not None, f"asset {asset}: a keeper knows its assets; qed"
        assert entry.owner == PalletOwner(keeper), f"asset {asset}: {keeper} is not its keeper"
        return entry

    def _ensure_alive(self, entry: Asset) -> None:
        if self.is_expired(entry):
            raise Expired

    def _get_free_holding(self, asset: Id, who: AccountId, amount: int) -> Holding:
        holding = self._maps.holding.get((asset, who))
        if holding is None or holding.free < amount:
            raise Insufficient
        return holding

    def _move(
        self,
        asset: Id,
        entry: Asset,
        source: AccountId,
        dest: AccountId,
        amount: int,
        payer: AccountId,
    ) -> None:
        _ensure_amount(amount)
        self._ensure_alive(entry)
        if self._get_free_holding(asset, source, amount).is_frozen:
            raise FrozenHolding
        if source == dest:
            return
        self._take(asset, source, amount)
        self._add(asset, entry, dest, amount, payer)
        self._deposit_event(Transferred(asset, source, dest, amount))
        self._sweep(asset, source)

    def _destroy(self, asset: Id, who: AccountId, amount: int) -> None:
        entry = self.get_asset(asset)
        self._take(asset, who, amount)
        self._maps.asset[asset] = replace(entry, supply=entry.supply - amount)
        self._deposit_event(Burned(asset, who, amount))

    def _sweep(self, asset: Id, who: AccountId) -> None:
        """What is left below the minimum goes to an owner who holds the asset, else is burned."""
        holding = self._maps.holding.get((asset, who))
        entry = self.get_asset(asset)
        if holding is None or holding.total >= entry.min_balance:
            return
        if holding.held > 0:
            raise BelowMin
        dust, owner = holding.free, self._get_heir(asset, entry, holding)
        if owner is None or owner == who:
            self._destroy(asset, who, dust)
            return
        self._take(asset, who, dust)
        self._add(asset, entry, owner, dust, owner)
        self._deposit_event(Transferred(asset, who, owner, dust))

    def _get_heir(self, asset: Id, entry: Asset, holding: Holding) -> AccountId | None:
        """The owner, if the holding may move and no new one has to be paid for."""
        if not isinstance(entry.owner, AccountOwner):
            return None
        is_stuck = holding.is_frozen or self.is_expired(entry)
        is_holder = (asset, entry.owner.who) in self._maps.holding
        return entry.owner.who if is_holder and not is_stuck else None

    def _take(self, asset: Id, who: AccountId, amount: int) -> None:
        """Takes free units out of a holding; the last ones end it and return its deposit."""
        holding = self._get_free_holding(asset, who, amount)
        rest = replace(holding, free=holding.free - amount)
        if rest.total > 0:
            self._maps.holding[asset, who] = rest
        else:
            del self._maps.holding[asset, who]
            self._money.release(REASON, holding.payer, holding.deposit)

    def _add(self, asset: Id, entry: Asset, who: AccountId, amount: int, payer: AccountId) -> None:
        """Adds units to a holding, or makes one at the payer's expense."""
        holding = self._maps.holding.get((asset, who))
        if holding is None:
            holding = Holding(payer, self._deposits.scale(self._deposits.holding))
            self._money.hold(REASON, payer, holding.deposit)
        if holding.total + amount < entry.min_balance:
            raise BelowMin
        self._maps.holding[asset, who] = replace(holding, free=holding.free + amount)


def _ensure_amount(amount: int) -> None:
    if amount == 0:
        raise ZeroAmount
