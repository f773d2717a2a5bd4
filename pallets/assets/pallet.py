"""The assets pallet: its calls. The rules of the ledger are in `book.py`.

An asset belongs to an account, which mints it, or to a pallet, which keeps it by rules of its own
through `Assets` of `runtime/frame/asset_traits.py`.
"""

from pallets.assets.book import AssetBook, AssetMaps, Deposits
from pallets.assets.declarations import (
    Approved,
    BadExpiry,
    BelowMin,
    Burned,
    Created,
    Destroyed,
    Expired,
    Frozen,
    FrozenHolding,
    Held,
    Insufficient,
    Minted,
    NoAsset,
    NoHolding,
    NonTransferable,
    NotApproved,
    NotExpired,
    NotOwner,
    Overflow,
    OwnerSet,
    Released,
    SupplyNotZero,
    Transferred,
    ZeroAmount,
)
from pallets.assets.invariants import ensure_consistent
from pallets.assets.types import AccountOwner, Approval, Asset, Holding
from pallets.weights import assets as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U8, Compact
from runtime.frame import (
    Constant,
    Origin,
    Pallet,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.asset_traits import AssetHoldReason, AssetKind
from runtime.frame.parameters import FIXED, Parameters
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id
from runtime.state.externalities import Externalities

REASON = HoldReason.ASSET_DEPOSIT


class Assets(
    Pallet,
    events=Created
    | Minted
    | Burned
    | Transferred
    | Approved
    | Frozen
    | OwnerSet
    | Destroyed
    | Held
    | Released,
    errors=NoAsset
    | NotOwner
    | Insufficient
    | BelowMin
    | NonTransferable
    | FrozenHolding
    | Expired
    | SupplyNotZero
    | Overflow
    | ZeroAmount
    | NotApproved
    | BadExpiry
    | NotExpired
    | NoHolding,
):
    """Every token beside the native one: people's own, licences, shares."""

    asset_deposit: Constant[Balance]
    """On hold for an asset, beside its bytes."""

    byte_deposit: Constant[Balance]
    """On hold for each byte of an asset."""

    holding_deposit: Constant[Balance]
    """On hold for each holding and each approval."""

    next_id: StorageValue[Id] = value(default=0)
    """The number of the next asset."""

    asset: StorageMap[Id, Asset] = mapping(twox_64_concat)
    """Every asset by its number."""

    holding: StorageMap[tuple[Id, AccountId], Holding] = mapping(twox_64_concat, blake2_128_concat)
    """Who has how much of each asset."""

    hold: StorageMap[tuple[Id, AccountId, AssetHoldReason], Balance] = mapping(
        twox_64_concat, blake2_128_concat, twox_64_concat, default=0
    )
    """Parts of holdings that are set aside, and why."""

    approval: StorageMap[tuple[Id, AccountId, AccountId], Approval] = mapping(
        twox_64_concat, blake2_128_concat, blake2_128_concat
    )
    """What owners let spenders take."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: Money,
        *,
        index: int,
        asset_deposit: Balance,
        byte_deposit: Balance,
        holding_deposit: Balance,
        parameters: Parameters = FIXED,
    ) -> None:
        super().__init__(state, index=index)
        self.system = system
        self.money = money
        self.asset_deposit = asset_deposit
        self.byte_deposit = byte_deposit
        self.holding_deposit = holding_deposit
        self._deposits = Deposits(asset_deposit, byte_deposit, holding_deposit, parameters)
        self._maps = AssetMaps(self.next_id, self.asset, self.holding, self.hold)
        self.book = AssetBook(
            self._maps,
            self._deposits,
            system,
            money,
            lambda event: system.deposit_event(self, event),
        )
        """What other pallets ask of this one: the runtime's `Assets`."""

    # --- calls

    @call(index=0, weight=weights.CREATE)
    def create(
        self,
        origin: Origin,
        decimals: U8,
        min_balance: Compact[Balance],
        is_transferable: bool,
        expires_at: BlockNumber | None,
        meta_hash: Hash,
    ) -> None:
        """Creates an asset of the signer's; it has no units yet.

        Origin: signed. Events: `Created`.
        Errors: `ZeroAmount` for a minimum of zero, `BadExpiry`, the ledger's where the deposit is
        not there.
        """
        owner = origin.ensure_signed()
        _ensure_amount(min_balance)
        if expires_at is not None and expires_at <= self.system.get_block_number():
            raise BadExpiry
        self.book.create(
            Asset(
                AccountOwner(owner),
                AssetKind.FUNGIBLE,
                decimals,
                0,
                min_balance,
                is_transferable,
                expires_at,
                meta_hash,
                owner,
                0,
            )
        )

    @call(index=1, weight=weights.MINT)
    def mint(
        self, origin: Origin, asset: Compact[Id], to: MultiAddress, amount: Compact[Balance]
    ) -> None:
        """Creates units of the signer's asset in anybody's hands.

        Origin: signed. Events: `Minted`.
        Errors: `NoAsset`, `NotOwner`, `ZeroAmount`, `Expired`, `Overflow`, `BelowMin`,
        `CannotLookup`, the ledger's where the deposit of a new holding is not there.
        """
        owner = origin.ensure_signed()
        entry = self._get_own(asset, owner)
        self.book.mint(asset, entry, lookup(to), amount, owner)

    @call(index=2, weight=weights.BURN)
    def burn(self, origin: Origin, asset: Compact[Id], amount: Compact[Balance]) -> None:
        """Destroys units of the signer's, frozen or expired as they may be.

        What would remain below the minimum goes to the asset's owner, or is burned as well.
        Origin: signed. Events: `Burned`, `Transferred`.
        Errors: `NoAsset`, `ZeroAmount`, `Insufficient`, `BelowMin`.
        """
        who = origin.ensure_signed()
        self.book.get_asset(asset)
        self.book.burn(asset, who, amount)

    @call(index=3, weight=weights.TRANSFER)
    def transfer(
        self, origin: Origin, asset: Compact[Id], to: MultiAddress, amount: Compact[Balance]
    ) -> None:
        """Gives units of the signer's to somebody; a new holding is paid for by the signer.

        Origin: signed. Events: `Transferred`, `Burned` for what would remain below the minimum.
        Errors: `NoAsset`, `NonTransferable`, `ZeroAmount`, `Expired`, `Insufficient`,
        `FrozenHolding`, `BelowMin`, `CannotLookup`, the ledger's where a deposit is not there.
        """
        who = origin.ensure_signed()
        self.book.transfer(asset, who, lookup(to), amount, who)

    @call(index=4, weight=weights.APPROVE)
    def approve(
        self, origin: Origin, asset: Compact[Id], spender: MultiAddress, amount: Compact[Balance]
    ) -> None:
        """Lets somebody take so much of the signer's holding, instead of what was approved before.

        Zero ends it and returns the deposit, even where the asset is gone.
        Origin: signed. Events: `Approved`.
        Errors: `NoAsset`, `NotApproved` where there is nothing to end, `CannotLookup`, the ledger's
        where the deposit is not there.
        """
        owner, dest = origin.ensure_signed(), lookup(spender)
        known = self.approval.get((asset, owner, dest))
        if amount == 0:
            if known is None:
                raise NotApproved
            self._end_approval(asset, owner, dest, known)
        else:
            self.book.get_asset(asset)
            if known is None:
                known = Approval(0, self._deposits.scale(self.holding_deposit))
                self.money.hold(REASON, owner, known.deposit)
            self.approval[asset, owner, dest] = replace(known, amount=amount)
        self.system.deposit_event(self, Approved(asset, owner, dest, amount))

    @call(index=5, weight=weights.TRANSFER_FROM)
    def transfer_from(
        self,
        origin: Origin,
        asset: Compact[Id],
        owner: MultiAddress,
        to: MultiAddress,
        amount: Compact[Balance],
    ) -> None:
        """Gives units of an owner who approved it to somebody; a new holding costs the signer.

        Origin: signed. Events: `Transferred`, `Burned` for what would remain below the minimum.
        Errors: `NotApproved`, and those of `transfer`.
        """
        spender = origin.ensure_signed()
        source, dest = lookup(owner), lookup(to)
        known = self.approval.get((asset, source, spender))
        if known is None or known.amount < amount:
            raise NotApproved
        self.book.transfer(asset, source, dest, amount, spender)
        if known.amount == amount:
            self._end_approval(asset, source, spender, known)
        else:
            rest = replace(known, amount=known.amount - amount)
            self.approval[asset, source, spender] = rest

    @call(index=6, weight=weights.FREEZE)
    def freeze(
        self, origin: Origin, asset: Compact[Id], who: MultiAddress, is_frozen: bool
    ) -> None:
        """Stops somebody's holding of the signer's asset from moving, or lets it move again.

        It can still receive, and be burned.
        Origin: signed. Events: `Frozen`. Errors: `NoAsset`, `NotOwner`, `NoHolding`,
        `CannotLookup`.
        """
        self._get_own(asset, origin.ensure_signed())
        holder = lookup(who)
        holding = self.holding.get((asset, holder))
        if holding is None:
            raise NoHolding
        self.holding[asset, holder] = replace(holding, is_frozen=is_frozen)
        self.system.deposit_event(self, Frozen(asset, holder, is_frozen))

    @call(index=7, weight=weights.SET_OWNER)
    def set_owner(self, origin: Origin, asset: Compact[Id], to: MultiAddress) -> None:
        """Gives the signer's asset away, and its deposit with it.

        Origin: signed. Events: `OwnerSet`.
        Errors: `NoAsset`, `NotOwner`, `CannotLookup`, the ledger's where the new owner has no
        balance of its own.
        """
        entry = self._get_own(asset, origin.ensure_signed())
        dest = lookup(to)
        self.book.hand_over(asset, entry, dest)
        self.system.deposit_event(self, OwnerSet(asset, dest))

    @call(index=8, weight=weights.DESTROY)
    def destroy(self, origin: Origin, asset: Compact[Id]) -> None:
        """Ends the signer's asset, of which nobody has any; the deposit is returned.

        Origin: signed. Events: `Destroyed`. Errors: `NoAsset`, `NotOwner`, `SupplyNotZero`.
        """
        self.book.destroy(asset, self._get_own(asset, origin.ensure_signed()))

    @call(index=9, weight=weights.POKE)
    def poke(self, origin: Origin, asset: Compact[Id], who: MultiAddress) -> None:
        """Clears away somebody's holding of an expired asset; its deposit is returned.

        Origin: signed. Events: `Burned`, `Released`.
        Errors: `NoAsset`, `NotExpired`, `NoHolding`, `CannotLookup`.
        """
        origin.ensure_signed()
        if not self.book.is_expired(self.book.get_asset(asset)):
            raise NotExpired
        holder = lookup(who)
        if (asset, holder) not in self.holding:
            raise NoHolding
        self.book.clear(asset, holder)

    # --- hooks

    def try_state(self) -> None:
        """Holdings are the supply, holds are a part of them, deposits are on hold."""
        ensure_consistent(self._maps, self.approval, self.money)

    # --- parts of the above

    def _get_own(self, asset: Id, owner: AccountId) -> Asset:
        entry = self.book.get_asset(asset)
        if entry.owner != AccountOwner(owner):
            raise NotOwner
        return entry

    def _end_approval(
        self, asset: Id, owner: AccountId, spender: AccountId, known: Approval
    ) -> None:
        self.money.release(REASON, owner, known.deposit)
        del self.approval[asset, owner, spender]


def _ensure_amount(amount: int) -> None:
    if amount == 0:
        raise ZeroAmount
