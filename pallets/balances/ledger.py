"""The rules of the native token: what may move, what brings an account to life and what ends it.

An account lives from the existential deposit upwards. What falls below it is burned as dust and
the account is reaped, unless something (a hold, a lock, another pallet) still needs it: then
the deposit cannot be spent. Each method checks before it writes. Source of the rules and of
which error stands for which refusal: `pallet_balances`, traits `fungible`.
"""

from collections.abc import Callable, Sequence

from pallets.balances.events import (
    Burned,
    BurnedHeld,
    Deposit,
    DustLost,
    Endowed,
    Held,
    Locked,
    Minted,
    Released,
    Transfer,
    TransferOnHold,
    Unlocked,
    Withdraw,
)
from pallets.balances.types import (
    LOCKS_MAX,
    BalanceLock,
    BalanceLocks,
    HeldAmount,
    HeldAmounts,
    Reasons,
)
from runtime.account import AccountData
from runtime.errors import (
    BelowMinimum,
    CannotCreate,
    ConsumerRemaining,
    Frozen,
    FundsUnavailable,
    NoProviders,
    NotExpendable,
    Overflow,
    Underflow,
)
from runtime.frame import Event, StorageMap, StorageValue
from runtime.frame.traits import AccountStore, HoldReason, Preservation
from runtime.primitives import AccountId, Balance

ISSUANCE_MAX = (1 << 128) - 1


class Ledger:
    """Free balances, holds, locks and issuance: the `Money` that other pallets use."""

    def __init__(
        self,
        accounts: AccountStore,
        total_issuance: StorageValue[Balance],
        holds: StorageMap[AccountId, HeldAmounts],
        locks: StorageMap[AccountId, BalanceLocks],
        *,
        existential_deposit: int,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._accounts = accounts
        self._total_issuance = total_issuance
        self._holds = holds
        self._locks = locks
        self._existential_deposit = existential_deposit
        self._deposit_event = deposit_event

    # --- reading

    def get_free(self, who: AccountId) -> int:
        """The balance outside holds."""
        return self._accounts.get_data(who).free

    def get_held(self, reason: HoldReason, who: AccountId) -> int:
        """What an account has on hold for a reason."""
        return _find(self._holds[who], reason)

    def get_total(self, who: AccountId) -> int:
        """The balance, holds included."""
        return self._accounts.get_data(who).total

    def get_lock(self, lock_id: bytes, who: AccountId) -> int:
        """What an account has locked under a name."""
        return next((lock.amount for lock in self._locks[who] if lock.id == lock_id), 0)

    def get_issuance(self) -> int:
        """The sum of all balances, held ones included."""
        return self._total_issuance.get()

    def get_reducible(self, who: AccountId, preservation: Preservation) -> int:
        """The most that can be spent: no lock is broken, and the account lives if it must."""
        return self._compute_reducible(who, self._accounts.get_data(who), preservation)

    def is_affordable(self, who: AccountId, amount: int) -> bool:
        """Whether the account exists and can spend the amount and live on."""
        data = self._accounts.get_data(who)
        rest = data.free - amount
        return rest >= self._existential_deposit and rest >= data.frozen - data.reserved

    # --- free balance

    def transfer(
        self, source: AccountId, dest: AccountId, amount: int, preservation: Preservation
    ) -> None:
        """Moves free balance; dest may come into being, source may be reaped.

        To oneself it only checks.
        Errors: `FundsUnavailable`, `Frozen`, `NotExpendable`, `BelowMinimum`.
        """
        if _is_nothing(amount):
            return
        sender = self._accounts.get_data(source)
        self._ensure_withdrawable(source, sender, amount, preservation)
        if source == dest:
            return
        receiver = self._accounts.get_data(dest)
        if receiver.free + amount < self._existential_deposit:
            raise BelowMinimum
        self._put(source, sender, _with_free(sender, sender.free - amount))
        self._put(dest, receiver, _with_free(receiver, receiver.free + amount))
        self._deposit_event(Transfer(source, dest, amount))

    def mint(self, who: AccountId, amount: int) -> None:
        """Creates free balance; issuance grows. Errors: `Overflow`, `BelowMinimum`."""
        if _is_nothing(amount):
            return
        self._create(who, amount)
        self._deposit_event(Minted(who, amount))

    def deposit(self, who: AccountId, amount: int) -> None:
        """Gives back what was withdrawn, to anybody; issuance grows. Errors: those of `mint`."""
        if _is_nothing(amount):
            return
        self._create(who, amount)
        self._deposit_event(Deposit(who, amount))

    def burn(self, who: AccountId, amount: int, preservation: Preservation) -> None:
        """Destroys free balance; issuance falls. Errors: `FundsUnavailable`."""
        if _is_nothing(amount):
            return
        self._destroy(who, amount, preservation)
        self._deposit_event(Burned(who, amount))

    def withdraw(self, who: AccountId, amount: int) -> None:
        """Takes a fee: issuance falls, the account lives on. Errors: `FundsUnavailable`."""
        if _is_nothing(amount):
            return
        self._destroy(who, amount, Preservation.PRESERVE)
        self._deposit_event(Withdraw(who, amount))

    def set_free(self, who: AccountId, free: int) -> int:
        """Makes the free balance this; issuance follows by the change that is returned.

        Errors: `ConsumerRemaining` if it would reap an account that is needed, `Overflow`,
        `Underflow`.
        """
        data = self._accounts.get_data(who)
        change = free - data.free
        issuance = self._total_issuance.get() + change
        if issuance > ISSUANCE_MAX:
            raise Overflow
        if issuance < 0:
            raise Underflow
        self._total_issuance.put(issuance)
        self._put(who, data, _with_free(data, free))
        return change

    # --- holds

    def hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Puts free balance on hold, locked balance too; the existential deposit stays free.

        Errors: `FundsUnavailable`.
        """
        if _is_nothing(amount):
            return
        data = self._accounts.get_data(who)
        rest = data.free - amount
        if rest < self._existential_deposit:
            raise FundsUnavailable
        self._put(who, data, AccountData(rest, data.reserved + amount, data.frozen, data.flags))
        holds = self._holds[who]
        self._put_held(who, holds, reason, _find(holds, reason) + amount)
        self._deposit_event(Held(reason, who, amount))

    def release(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Returns held balance to its owner's free balance. Errors: `FundsUnavailable`."""
        if _is_nothing(amount):
            return
        self._take_held(reason, who, amount, freed=amount)
        self._deposit_event(Released(reason, who, amount))

    def transfer_held(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: int
    ) -> None:
        """Moves held balance into the free balance of dest; no lock stands in the way.

        Errors: `FundsUnavailable`; `CannotCreate` if dest cannot exist with so little.
        """
        if _is_nothing(amount):
            return
        if self.get_held(reason, source) < amount:
            raise FundsUnavailable
        if self._pay_share(reason, source, dest, amount) == 0:
            raise CannotCreate
        self._take_held(reason, source, amount, freed=amount if source == dest else 0)

    def burn_held(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Destroys held balance; issuance falls; no lock stands in the way.

        Errors: `FundsUnavailable`.
        """
        self.divide_held(reason, who, amount, ())

    def divide_held(
        self,
        reason: HoldReason,
        source: AccountId,
        amount: int,
        shares: Sequence[tuple[AccountId, int]],
    ) -> tuple[int, ...]:
        """Pays shares of an amount on hold as by `transfer_held`, one by one, and burns the rest.

        Nobody is paid who cannot exist with so little. Returns what was paid of each share.
        Errors: `FundsUnavailable`.
        """
        if _is_nothing(amount):
            return (0,) * len(shares)
        if self.get_held(reason, source) < amount:
            raise FundsUnavailable
        freed, paid = 0, list[int]()
        for who, share in shares:
            paid.append(self._pay_share(reason, source, who, share))
            if who == source:
                freed += share
        burned = amount - sum(paid)
        assert burned >= 0, f"more than {amount} is shared: {shares}; qed"
        self._take_held(reason, source, amount, freed=freed)
        if burned > 0:
            self._reduce_issuance(burned)
            self._deposit_event(BurnedHeld(reason, source, burned))
        return tuple(paid)

    def _pay_share(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: int
    ) -> int:
        """Gives to dest what the caller takes from the source's hold; what could be given."""
        if _is_nothing(amount):
            return 0
        if dest != source:
            receiver = self._accounts.get_data(dest)
            if receiver.free + amount < self._existential_deposit:
                return 0
            self._put(dest, receiver, _with_free(receiver, receiver.free + amount))
        self._deposit_event(TransferOnHold(reason, source, dest, amount))
        return amount

    def unreserve(self, who: AccountId, amount: int) -> None:
        """Frees what the caller took out of an account's named reserves."""
        data = self._accounts.get_data(who)
        free, reserved = data.free + amount, data.reserved - amount
        assert reserved >= 0, "reserves are a part of what is reserved; qed"
        self._put(who, data, AccountData(free, reserved, data.frozen, data.flags))

    # --- locks

    def set_lock(self, lock_id: bytes, who: AccountId, amount: int) -> None:
        """Keeps the total balance from being spent below an amount; zero removes the lock.

        Locks overlap, and holds count towards them. An account with a lock cannot be reaped.
        Errors: `NoProviders` if the account does not exist.
        """
        data = self._accounts.get_data(who)
        if not _is_nothing(amount) and data.total == 0:
            raise NoProviders
        locks = tuple(lock for lock in self._locks[who] if lock.id != lock_id)
        if amount > 0:
            locks = (*locks, BalanceLock(lock_id, amount, Reasons.ALL))
        assert len(locks) <= LOCKS_MAX, "every pallet locks under its own few names; qed"
        frozen = max((lock.amount for lock in locks), default=0)
        self._put(who, data, AccountData(data.free, data.reserved, frozen, data.flags))
        if locks:
            self._locks[who] = locks
        else:
            del self._locks[who]
        if frozen > data.frozen:
            self._deposit_event(Locked(who, frozen - data.frozen))
        elif frozen < data.frozen:
            self._deposit_event(Unlocked(who, data.frozen - frozen))

    # --- the rules

    def _ensure_withdrawable(
        self, who: AccountId, data: AccountData, amount: int, preservation: Preservation
    ) -> None:
        rest = data.free - amount
        if rest < 0:
            raise FundsUnavailable
        if rest < data.frozen - data.reserved:
            raise Frozen
        if rest < self._existential_deposit:
            if self._accounts.is_in_use(who):
                raise Frozen
            if preservation is Preservation.PRESERVE:
                raise NotExpendable

    def _compute_reducible(
        self, who: AccountId, data: AccountData, preservation: Preservation
    ) -> int:
        untouchable = max(data.frozen - data.reserved, 0)
        if preservation is Preservation.PRESERVE or self._accounts.is_in_use(who):
            untouchable = max(untouchable, self._existential_deposit)
        return max(data.free - untouchable, 0)

    def _create(self, who: AccountId, amount: int) -> None:
        issuance = self._total_issuance.get() + amount
        if issuance > ISSUANCE_MAX:
            raise Overflow
        data = self._accounts.get_data(who)
        if data.free + amount < self._existential_deposit:
            raise BelowMinimum
        self._total_issuance.put(issuance)
        self._put(who, data, _with_free(data, data.free + amount))

    def _destroy(self, who: AccountId, amount: int, preservation: Preservation) -> None:
        data = self._accounts.get_data(who)
        if amount > self._compute_reducible(who, data, preservation):
            raise FundsUnavailable
        self._reduce_issuance(amount)
        self._put(who, data, _with_free(data, data.free - amount))

    def _reduce_issuance(self, amount: int) -> None:
        issuance = self._total_issuance.get()
        if amount > issuance:  # only after it was forced below the sum of the balances
            raise Underflow
        self._total_issuance.put(issuance - amount)

    def _take_held(self, reason: HoldReason, who: AccountId, amount: int, *, freed: int) -> None:
        """Takes from a hold; what is freed of it goes to the free balance."""
        holds = self._holds[who]
        rest = _find(holds, reason) - amount
        if rest < 0:
            raise FundsUnavailable
        data = self._accounts.get_data(who)
        free = data.free + freed
        self._put(who, data, AccountData(free, data.reserved - amount, data.frozen, data.flags))
        self._put_held(who, holds, reason, rest)

    def _put_held(
        self, who: AccountId, holds: HeldAmounts, reason: HoldReason, amount: int
    ) -> None:
        others = tuple([held for held in holds if held.id != reason])
        if amount > 0:
            self._holds[who] = (*others, HeldAmount(reason, amount))
        elif others:
            self._holds[who] = others
        else:
            del self._holds[who]

    def _put(self, who: AccountId, before: AccountData, after: AccountData) -> None:
        """Stores balances: makes the account, or reaps it and burns the dust."""
        was_needed = before.reserved > 0 or before.frozen > 0
        is_needed = after.reserved > 0 or after.frozen > 0
        dust = 0
        if after.free < self._existential_deposit:
            if is_needed:
                raise ConsumerRemaining
            dust = after.free
            after = AccountData()
        if was_needed and not is_needed:
            self._accounts.drop_consumer(who)
        self._accounts.put_data(who, after)
        if is_needed and not was_needed:
            self._accounts.note_consumer(who)
        if before.total == 0 and after.total > 0:
            self._deposit_event(Endowed(who, after.free))
        if dust > 0:
            self._reduce_issuance(dust)
            self._deposit_event(DustLost(who, dust))


def _is_nothing(amount: int) -> bool:
    assert amount >= 0, "amounts are checked where they are computed; qed"
    return amount == 0


def _find(holds: HeldAmounts, reason: HoldReason) -> int:
    for held in holds:  # an account has one or two
        if held.id == reason:
            return held.amount
    return 0


def _with_free(data: AccountData, free: int) -> AccountData:
    return AccountData(free, data.reserved, data.frozen, data.flags)
