"""The treasury: an account without a key, what is promised from it, and how much of it may leave.

Its income are shares of prices, slashed bonds and deposits, which other pallets transfer. A spend
is promised by the treasurer, whom governance speaks for, and paid out by anybody when it is due,
never more in a period than a share of what there was. A part of what nobody was promised is burned
each period.
"""

from typing import ClassVar

from pallets.weights import treasury as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U8, U32, Compact
from runtime.errors import BadOrigin, ModuleError, TokenError
from runtime.frame import (
    FREE_ON_SUCCESS,
    Constant,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    StorageMap,
    StorageValue,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.origin import OriginKind
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.traits import EventSink, Money, Preservation
from runtime.frozen import frozen, replace
from runtime.primitives import BPS, AccountId, Balance, BlockNumber, Bps, Id, Weight
from runtime.state.externalities import Externalities

TRANCHES_MAX = 128


@frozen
class TreasuryParams:
    """Whose the treasury is, and how fast it may empty."""

    SCALE_PATH: ClassVar[str] = "pallet_treasury::types::TreasuryParams"

    account: AccountId
    treasurer: AccountId
    """Who may promise, beside root."""

    period_blocks: BlockNumber
    cap_bps: Bps = 2_000
    """What of its balance may be paid out in a period."""

    burn_bps: Bps = 100
    """What of the balance that nobody is promised is burned at each period's end."""


@frozen
class Spend:
    """A promise: so many parts that are still to be paid, a period apart."""

    SCALE_PATH: ClassVar[str] = "pallet_treasury::types::Spend"

    to: AccountId
    tranche: Balance
    left: U8
    due: BlockNumber
    """From when on the next part can be paid."""

    @property
    def total(self) -> int:
        """All that is still to be paid."""
        return self.tranche * self.left


@frozen
class Period:
    """What was paid out in the period that something was last paid in."""

    SCALE_PATH: ClassVar[str] = "pallet_treasury::types::Period"

    index: U32 = 0
    paid: Balance = 0


@frozen
class SpendPromised(Event, index=0):
    """Somebody will be paid so often this amount."""

    spend: Id
    to: AccountId
    tranche: Balance
    tranches: U8


@frozen
class Paid(Event, index=1):
    """A part of a promise was paid; so many are left."""

    spend: Id
    to: AccountId
    amount: Balance
    left: U8


@frozen
class SpendVoided(Event, index=2):
    """What was left of a promise will not be paid."""

    spend: Id
    amount: Balance


@frozen
class Burnt(Event, index=3):
    """A period ended; a part of what nobody was promised is gone."""

    amount: Balance


class NothingPromised(ModuleError, index=0):
    """A promise has an amount and at least one part, and at most 128 of them."""


class UnknownSpend(ModuleError, index=1):
    """There is no promise of this number."""


class NotDue(ModuleError, index=2):
    """The next part is not due yet."""


class PeriodCapReached(ModuleError, index=3):
    """So much may not leave the treasury in this period."""


class Treasury(
    Pallet,
    events=SpendPromised | Paid | SpendVoided | Burnt,
    errors=NothingPromised | UnknownSpend | NotDue | PeriodCapReached,
):
    """What belongs to all, and how it is spent."""

    params: Constant[TreasuryParams]
    """Accounts, the period, shares."""

    next_spend: StorageValue[Id] = value(default=0)
    """The number of the next promise."""

    spends: StorageMap[Id, Spend] = mapping(twox_64_concat)
    """Every promise that is not paid in full."""

    promised: StorageValue[Balance] = value(default=0)
    """The sum of all that is still to be paid."""

    period: StorageValue[Period] = value(default=Period())
    """What was paid lately."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: Money,
        *,
        index: int,
        params: TreasuryParams,
        parameters: Parameters = FIXED,
    ) -> None:
        super().__init__(state, index=index)
        assert params.period_blocks > 0, "periods have blocks; qed"
        self.params = params
        self._system = system
        self._money = money
        self._parameters = parameters

    @call(index=0, weight=weights.SPEND)
    def spend(
        self, origin: Origin, to: MultiAddress, tranche: Compact[Balance], tranches: U8
    ) -> None:
        """Promises somebody an amount, once or once a period for so many periods.

        Origin: root, or the treasurer's account. Events: `SpendPromised`.
        Errors: `NothingPromised`.
        """
        self._ensure_treasurer(origin)
        if tranche == 0 or not 0 < tranches <= TRANCHES_MAX:
            raise NothingPromised
        number, now = self.next_spend.get(), self._system.get_block_number()
        spend = Spend(lookup(to), tranche, tranches, now)
        self.spends[number] = spend
        self.next_spend.put(number + 1)
        self.promised.put(self.promised.get() + spend.total)
        self._deposit_event(SpendPromised(number, spend.to, tranche, tranches))

    @call(index=1, weight=weights.PAYOUT)
    def payout(self, origin: Origin, spend: Compact[Id]) -> PostDispatch:
        """Pays the part of a promise that is due: anybody may, and pays nothing if it was.

        Origin: signed. Events: `Paid`.
        Errors: `UnknownSpend`, `NotDue`, `PeriodCapReached`, the ledger's.
        """
        origin.ensure_signed()
        entry, now = self._get(spend), self._system.get_block_number()
        if now < entry.due:
            raise NotDue
        self._ensure_cap(entry.tranche)
        account, amount = self.params.account, entry.tranche
        self._money.transfer(account, entry.to, amount, Preservation.PRESERVE)
        self.promised.put(self.promised.get() - amount)
        period = self._get_period()
        self.period.put(replace(period, paid=period.paid + amount))
        left = entry.left - 1
        if left > 0:
            due = entry.due + self.params.period_blocks
            self.spends[spend] = replace(entry, left=left, due=due)
        else:
            del self.spends[spend]
        self._deposit_event(Paid(spend, entry.to, amount, left))
        return FREE_ON_SUCCESS

    @call(index=2, weight=weights.VOID_SPEND)
    def void_spend(self, origin: Origin, spend: Compact[Id]) -> None:
        """Takes a promise back, as far as it is not paid.

        Origin: root, or the treasurer's account. Events: `SpendVoided`. Errors: `UnknownSpend`.
        """
        self._ensure_treasurer(origin)
        entry = self._get(spend)
        self.promised.put(self.promised.get() - entry.total)
        del self.spends[spend]
        self._deposit_event(SpendVoided(spend, entry.total))

    # --- periods

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Burns a part of what nobody is promised, in the first block of each period."""
        if number % self.params.period_blocks > 0:
            return Weight()
        account = self.params.account
        unspent = max(self._money.get_free(account) - self.promised.get(), 0)
        burn_bps = self._parameters.get_param(Param.TREASURY_BURN_BPS, self.params.burn_bps)
        amount = unspent * burn_bps // BPS
        if amount > 0 and self._burn(amount):
            self._deposit_event(Burnt(amount))
        return weights.ON_INITIALIZE

    def _burn(self, amount: int) -> bool:
        """Whether it could be burned: the treasury's account stays, however little it has."""
        try:
            with self.state.transaction():
                self._money.burn(self.params.account, amount, Preservation.PRESERVE)
        except TokenError:
            return False
        return True

    # --- reading

    def get_cap(self) -> int:
        """What may leave the treasury in this period, paid or not."""
        paid = self._get_period().paid
        cap_bps = self._parameters.get_param(Param.TREASURY_CAP_BPS, self.params.cap_bps)
        return (self._money.get_free(self.params.account) + paid) * cap_bps // BPS

    def try_state(self) -> None:
        """What is promised is the sum of the promises, and none of them is over."""
        total = 0
        for number, entry in self.spends.items():
            assert entry.total > 0, f"spend {number}: paid in full, and kept"
            assert number < self.next_spend.get(), f"spend {number}: not made yet"
            total += entry.total
        assert total == self.promised.get(), f"{self.promised.get()} promised, {total} in spends"

    # --- parts of the above

    def _get(self, number: int) -> Spend:
        entry = self.spends.get(number)
        if entry is None:
            raise UnknownSpend
        return entry

    def _get_period(self) -> Period:
        """This period; nothing was paid in one that has just begun."""
        index = self._system.get_block_number() // self.params.period_blocks
        period = self.period.get()
        return period if period.index == index else Period(index)

    def _ensure_cap(self, amount: int) -> None:
        if self._get_period().paid + amount > self.get_cap():
            raise PeriodCapReached

    def _ensure_treasurer(self, origin: Origin) -> None:
        if origin.kind is OriginKind.ROOT:
            return
        if origin.ensure_signed() != self.params.treasurer:
            raise BadOrigin

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
