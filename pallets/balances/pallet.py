"""The pallet: what of the native token the world can see and call."""

from collections.abc import Iterable, Iterator
from typing import Annotated, TypeAlias

from pallets.balances.errors import (
    DeadAccount,
    DeltaZero,
    ExistentialDeposit,
    ExistingVestingSchedule,
    Expendability,
    InsufficientBalance,
    IssuanceDeactivated,
    LiquidityRestrictions,
    TooManyFreezes,
    TooManyHolds,
    TooManyReserves,
    VestingBalance,
)
from pallets.balances.events import (
    BalanceSet,
    BalancesEvent,
    Issued,
    Rescinded,
    TotalIssuanceForced,
    Unreserved,
)
from pallets.balances.ledger import ISSUANCE_MAX, Ledger
from pallets.balances.types import (
    FREEZES_MAX,
    LOCKS_MAX,
    RESERVES_MAX,
    AdjustmentDirection,
    BalanceLock,
    BalanceLocks,
    FrozenAmounts,
    HeldAmount,
    HeldAmounts,
    ReserveData,
    Reserves,
)
from pallets.weights import balances as weights
from runtime.account import AccountData
from runtime.address import MultiAddress, lookup
from runtime.codec import U32, Compact, MaxLen
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    value,
)
from runtime.frame.traits import AccountStore, EventSink, Preservation
from runtime.primitives import AccountId, Balance
from runtime.state.externalities import Externalities

UPGRADES_MAX = 1_024

Accounts: TypeAlias = Annotated[tuple[AccountId, ...], MaxLen(UPGRADES_MAX)]


class Balances(
    Pallet,
    events=BalancesEvent,
    errors=VestingBalance
    | LiquidityRestrictions
    | InsufficientBalance
    | ExistentialDeposit
    | Expendability
    | ExistingVestingSchedule
    | DeadAccount
    | TooManyReserves
    | TooManyHolds
    | TooManyFreezes
    | IssuanceDeactivated
    | DeltaZero,
):
    """The native token: its calls, its storage, and the `ledger` with the rules."""

    existential_deposit: Constant[Balance]
    """The minimum amount required to keep an account open."""

    max_locks: Constant[U32]
    """The maximum number of locks that should exist on an account."""

    max_reserves: Constant[U32]
    """The maximum number of named reserves that can exist on an account."""

    max_freezes: Constant[U32]
    """The maximum number of individual freeze locks that can exist on an account at any time."""

    total_issuance: StorageValue[Balance] = value(default=0)
    """The total units issued in the system."""

    inactive_issuance: StorageValue[Balance] = value(default=0)
    """The total units of outstanding deactivated balance in the system."""

    account: StorageMap[AccountId, AccountData] = mapping(blake2_128_concat, default=AccountData())
    """Unused: System's accounts hold the balances; declared for clients that look here first."""

    locks: StorageMap[AccountId, BalanceLocks] = mapping(blake2_128_concat, default=())
    """Any liquidity locks on some account balances."""

    reserves: StorageMap[AccountId, Reserves] = mapping(blake2_128_concat, default=())
    """Named reserves on some account balances; no pallet of this chain makes any."""

    holds: StorageMap[AccountId, HeldAmounts] = mapping(blake2_128_concat, default=())
    """Holds on account balances."""

    freezes: StorageMap[AccountId, FrozenAmounts] = mapping(blake2_128_concat, default=())
    """Freeze locks on account balances; no pallet of this chain makes any."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        accounts: AccountStore,
        *,
        index: int,
        existential_deposit: int,
    ) -> None:
        super().__init__(state, index=index)
        assert existential_deposit > 0, "an account of nothing would be free to make; qed"
        self.existential_deposit = existential_deposit
        self.max_locks = LOCKS_MAX
        self.max_reserves = RESERVES_MAX
        self.max_freezes = FREEZES_MAX
        self._system = system
        self._accounts = accounts
        self.ledger = Ledger(
            accounts,
            self.total_issuance,
            self.holds,
            self.locks,
            existential_deposit=existential_deposit,
            deposit_event=self._deposit_event,
        )

    def build_genesis(self, balances: Iterable[tuple[AccountId, int]]) -> None:
        """Endows the first accounts; `ValueError` for a duplicate or less than the deposit."""
        issuance = 0
        for who, free in balances:
            if free < self.existential_deposit:
                raise ValueError(
                    f"genesis balance of 0x{who.hex()}: expected at least"
                    f" {self.existential_deposit} planck, got {free}"
                )
            if self._accounts.is_existing(who):
                raise ValueError(f"genesis balance of 0x{who.hex()}: given twice")
            self._accounts.put_data(who, AccountData(free))
            issuance += free
        self.total_issuance.put(issuance)

    # --- calls

    @call(index=0, weight=weights.TRANSFER_ALLOW_DEATH)
    def transfer_allow_death(
        self, origin: Origin, dest: MultiAddress, value: Compact[Balance]
    ) -> None:
        """Transfer free balance to another account; the sender's account may be reaped.

        Origin: signed. Events: `Transfer`, `Endowed`, `DustLost`. Errors: `CannotLookup`,
        `FundsUnavailable`, `Frozen`, `BelowMinimum`, `Underflow`.
        """
        source = origin.ensure_signed()
        self.ledger.transfer(source, lookup(dest), value, Preservation.EXPENDABLE)

    @call(index=2, weight=weights.FORCE_TRANSFER)
    def force_transfer(
        self, origin: Origin, source: MultiAddress, dest: MultiAddress, value: Compact[Balance]
    ) -> None:
        """Transfer free balance from any account, as if by `transfer_allow_death`.

        Origin: root. Events and errors: those of `transfer_allow_death`.
        """
        origin.ensure_root()
        self.ledger.transfer(lookup(source), lookup(dest), value, Preservation.EXPENDABLE)

    @call(index=3, weight=weights.TRANSFER_KEEP_ALIVE)
    def transfer_keep_alive(
        self, origin: Origin, dest: MultiAddress, value: Compact[Balance]
    ) -> None:
        """Transfer free balance to another account; the sender's account lives on.

        Origin: signed. Events: `Transfer`, `Endowed`. Errors: `NotExpendable` and those of
        `transfer_allow_death`.
        """
        source = origin.ensure_signed()
        self.ledger.transfer(source, lookup(dest), value, Preservation.PRESERVE)

    @call(index=4, weight=weights.TRANSFER_ALL)
    def transfer_all(self, origin: Origin, dest: MultiAddress, keep_alive: bool) -> None:
        """Transfer all that is neither held nor locked nor needed to keep the account alive.

        Origin: signed. Events: `Transfer`, `Endowed`. Errors: `CannotLookup`, `BelowMinimum`.
        """
        source = origin.ensure_signed()
        preservation = Preservation.PRESERVE if keep_alive else Preservation.EXPENDABLE
        amount = self.ledger.get_reducible(source, preservation)
        self.ledger.transfer(source, lookup(dest), amount, preservation)

    @call(index=5, weight=weights.FORCE_UNRESERVE)
    def force_unreserve(self, origin: Origin, who: MultiAddress, amount: Balance) -> None:
        """Free up to an amount of the named reserves of an account, the oldest first.

        Origin: root. Events: `Unreserved`. Errors: `CannotLookup`.
        """
        origin.ensure_root()
        account = lookup(who)
        left = amount
        kept: list[ReserveData] = []
        for reserve in self.reserves[account]:
            taken = min(left, reserve.amount)
            left -= taken
            if reserve.amount > taken:
                kept.append(ReserveData(reserve.id, reserve.amount - taken))
        if left == amount:
            return
        if kept:
            self.reserves[account] = tuple(kept)
        else:
            del self.reserves[account]
        self.ledger.unreserve(account, amount - left)
        self._deposit_event(Unreserved(account, amount - left))

    @call(index=6, weight=weights.upgrade_accounts)
    def upgrade_accounts(self, origin: Origin, who: Accounts) -> None:
        """Do nothing: every account of this chain was made with the current rules.

        Origin: signed. Events: none. Errors: none.
        """
        del who
        origin.ensure_signed()

    @call(index=8, weight=weights.FORCE_SET_BALANCE)
    def force_set_balance(
        self, origin: Origin, who: MultiAddress, new_free: Compact[Balance]
    ) -> None:
        """Set the free balance of an account; below the existential deposit it becomes nothing.

        Origin: root. Events: `Issued` or `Rescinded`, `BalanceSet`, `Endowed`. Errors:
        `CannotLookup`, `ConsumerRemaining`, `Overflow`, `Underflow`.
        """
        origin.ensure_root()
        account = lookup(who)
        free = 0 if new_free < self.existential_deposit else new_free
        change = self.ledger.set_free(account, free)
        if change > 0:
            self._deposit_event(Issued(change))
        elif change < 0:
            self._deposit_event(Rescinded(-change))
        self._deposit_event(BalanceSet(account, free))

    @call(index=9, weight=weights.FORCE_ADJUST_TOTAL_ISSUANCE)
    def force_adjust_total_issuance(
        self, origin: Origin, direction: AdjustmentDirection, delta: Compact[Balance]
    ) -> None:
        """Adjust the total issuance, not beyond its range, while no balance changes.

        Origin: root. Events: `TotalIssuanceForced`. Errors: `DeltaZero`, `IssuanceDeactivated`.
        """
        origin.ensure_root()
        if delta == 0:
            raise DeltaZero
        old = self.total_issuance.get()
        if direction is AdjustmentDirection.INCREASE:
            new = min(old + delta, ISSUANCE_MAX)
        else:
            new = max(old - delta, 0)
        if self.inactive_issuance.get() > new:
            raise IssuanceDeactivated
        self.total_issuance.put(new)
        self._deposit_event(TotalIssuanceForced(old, new))

    @call(index=10, weight=weights.BURN)
    def burn(self, origin: Origin, value: Compact[Balance], keep_alive: bool) -> None:
        """Burn free balance of the caller; the total issuance falls.

        Origin: signed. Events: `Burned`, `DustLost`. Errors: `FundsUnavailable`.
        """
        source = origin.ensure_signed()
        preservation = Preservation.PRESERVE if keep_alive else Preservation.EXPENDABLE
        self.ledger.burn(source, value, preservation)

    # --- checks

    def try_state(self) -> None:
        """Issuance is the sum of balances; accounts and their holds, reserves and locks agree."""
        total = 0
        for who, data in self._accounts.iter_data():
            total += data.total
            assert data.free >= self.existential_deposit, f"{who!r}: {data.free} free"
            held = sum(part.amount for part in self.holds[who])
            reserved = sum(part.amount for part in self.reserves[who])
            assert data.reserved == held + reserved, f"{who!r}: {data.reserved} reserved"
            locked = max((lock.amount for lock in self.locks[who]), default=0)
            assert data.frozen == locked, f"{who!r}: frozen {data.frozen}, locked {locked}"
            if data.reserved > 0 or data.frozen > 0:
                assert self._accounts.is_in_use(who), f"{who!r} could be reaped"
        assert total == self.total_issuance.get(), f"{total} is not the total issuance"
        self._check_parts(self.holds.items())
        self._check_parts(self.reserves.items())
        self._check_parts(self.locks.items())

    def _check_parts(
        self,
        entries: Iterator[tuple[AccountId, tuple[HeldAmount | ReserveData | BalanceLock, ...]]],
    ) -> None:
        for who, parts in entries:
            assert self._accounts.is_existing(who), f"{who!r} is gone, {parts} are not"
            assert all(part.amount > 0 for part in parts), f"{who!r}: {parts}"
            names = [part.id for part in parts]
            assert len(set(names)) == len(names), f"{who!r}: {names} repeat"

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
