"""Fees: what a transaction costs, taken before its dispatch and corrected after it.

The fee for inclusion is burned, the tip goes to the author of the block.
"""

from contextlib import suppress
from typing import ClassVar, Protocol

from runtime.codec import U8, U128
from runtime.errors import BelowMinimum, Payment
from runtime.fees import FeeDetails, InclusionFee, RuntimeDispatchInfo
from runtime.frame import (
    Constant,
    DispatchInfo,
    Event,
    Pallet,
    Pays,
    StorageValue,
    value,
)
from runtime.frame.traits import BlockAuthor, EventSink
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Weight
from runtime.state.externalities import Externalities

FIXED_ONE = 10**18
"""One, as a FixedU128."""

OPERATIONAL_FEE_MULTIPLIER = 5


@frozen
class FixedU128:
    """A fixed-point number: units of 10**-18."""

    SCALE_PATH: ClassVar[str] = "sp_arithmetic::fixed_point::FixedU128"
    SCALE_UNNAMED: ClassVar[bool] = True

    _0: U128 = FIXED_ONE

    def compute_product(self, amount: int) -> int:
        """The number times an amount, rounded up."""
        return -(-amount * self._0 // FIXED_ONE)


@frozen
class FeeRates:
    """What a transaction costs for its weight and for its length."""

    planck: int
    """The price of `ref_time` picoseconds of weight, in planck: a fraction, rounded up."""

    ref_time: int
    length_planck: int
    """The price of a byte, in planck."""

    base_extrinsic: Weight
    """The weight that every transaction pays for besides its call's."""

    def compute_weight_fee(self, weight: Weight) -> int:
        """The price of a weight in planck, rounded up; proof size costs nothing here."""
        return -(-weight.ref_time * self.planck // self.ref_time)


class FeeLedger(Protocol):
    """What fees ask of the native token's ledger."""

    def get_free(self, who: AccountId) -> int:
        """The balance outside holds; an account that exists has some."""
        ...

    def is_affordable(self, who: AccountId, amount: int) -> bool:
        """Whether the account exists and can spend the amount and live on."""
        ...

    def withdraw(self, who: AccountId, amount: int) -> None:
        """Takes the amount out of the account and out of the issuance."""
        ...

    def deposit(self, who: AccountId, amount: int) -> None:
        """Gives to the account, and to the issuance; `BelowMinimum` if it cannot come to exist."""
        ...


@frozen
class TransactionFeePaid(Event, index=0):
    """A transaction fee `actual_fee`, of which `tip` was the tip, has been paid by `who`."""

    who: AccountId
    actual_fee: Balance
    tip: Balance


class TransactionPayment(Pallet, events=TransactionFeePaid):
    """Charges for transactions; the `FeePolicy` of the executive."""

    operational_fee_multiplier: Constant[U8]
    """A fee multiplier for `Operational` extrinsics to compute a virtual tip for priority."""

    next_fee_multiplier: StorageValue[FixedU128] = value(default=FixedU128())
    """What the weight's part of a fee is multiplied with; constant until blocks fill up."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        ledger: FeeLedger,
        author: BlockAuthor,
        *,
        index: int,
        rates: FeeRates,
    ) -> None:
        super().__init__(state, index=index)
        self.operational_fee_multiplier = OPERATIONAL_FEE_MULTIPLIER
        self.rates = rates
        self._system = system
        self._ledger = ledger
        self._author = author

    # --- what it costs

    def compute_fee_details(self, length_bytes: int, info: DispatchInfo, tip: int) -> FeeDetails:
        """The parts of an extrinsic's fee, in planck, each rounded up."""
        if info.pays_fee is Pays.NO:
            return FeeDetails(None, tip)
        rates = self.rates
        weight_fee = rates.compute_weight_fee(info.weight)
        inclusion = InclusionFee(
            base_fee=rates.compute_weight_fee(rates.base_extrinsic),
            len_fee=length_bytes * rates.length_planck,
            adjusted_weight_fee=self.next_fee_multiplier.get().compute_product(weight_fee),
        )
        return FeeDetails(inclusion, tip)

    def compute_dispatch_info(self, length_bytes: int, info: DispatchInfo) -> RuntimeDispatchInfo:
        """What wallets show of an extrinsic before they send it: the fee is without tip."""
        partial_fee = self.compute_fee_details(length_bytes, info, 0).total
        return RuntimeDispatchInfo(info.weight, info.class_, partial_fee)

    # --- who pays it

    def ensure_payable(self, who: AccountId, fee: int) -> None:
        """`Payment` unless the account exists and outlives the fee, even a fee of nothing."""
        if not self._ledger.is_affordable(who, fee):
            raise Payment

    def withdraw_fee(self, who: AccountId, fee: int) -> None:
        """Takes the fee, tip included, before dispatch; `Payment` if it is not payable."""
        self.ensure_payable(who, fee)
        self._ledger.withdraw(who, fee)

    def correct_and_deposit(self, who: AccountId, withdrawn: int, actual: int, tip: int) -> None:
        """After dispatch: refunds what was too much, and hands the tip to the author.

        The rest stays burned; so does a refund to an account that the dispatch reaped, and a tip
        too small to bring the author's account into being. Both fees include the tip.
        """
        assert tip <= actual <= withdrawn, "dispatching never makes a transaction dearer; qed"
        if withdrawn > actual and self._ledger.get_free(who) > 0:
            self._ledger.deposit(who, withdrawn - actual)
        author = self._author.get_author() if tip > 0 else None
        if author is not None:
            with suppress(BelowMinimum):
                self._ledger.deposit(author, tip)
        self._system.deposit_event(self, TransactionFeePaid(who, actual, tip))

    def try_state(self) -> None:
        """Weight is never free."""
        assert self.next_fee_multiplier.get().compute_product(1) > 0, "the multiplier is zero"
