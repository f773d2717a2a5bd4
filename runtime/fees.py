"""What transactions cost: the types clients read, and the boundary to the pallet that knows."""

from typing import ClassVar, Protocol

from runtime.frame.dispatch import DispatchClass, DispatchInfo
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Weight


@frozen
class InclusionFee:
    """The parts of a fee: for any extrinsic, for its bytes, for its weight."""

    SCALE_PATH: ClassVar[str] = "pallet_transaction_payment::types::InclusionFee"

    base_fee: Balance
    len_fee: Balance
    adjusted_weight_fee: Balance

    @property
    def total(self) -> int:
        """The whole inclusion fee."""
        return self.base_fee + self.len_fee + self.adjusted_weight_fee


@frozen
class FeeDetails:
    """A fee and the tip; there is no inclusion fee for what pays none."""

    SCALE_PATH: ClassVar[str] = "pallet_transaction_payment::types::FeeDetails"

    inclusion_fee: InclusionFee | None
    tip: Balance

    @property
    def total(self) -> int:
        """Fee and tip."""
        return self.tip + (0 if self.inclusion_fee is None else self.inclusion_fee.total)


@frozen
class RuntimeDispatchInfo:
    """What wallets show before they send."""

    SCALE_PATH: ClassVar[str] = "pallet_transaction_payment::types::RuntimeDispatchInfo"

    weight: Weight
    class_: DispatchClass
    partial_fee: Balance


class FeePolicy(Protocol):
    """What a transaction costs, and who gets it."""

    def compute_fee_details(self, length_bytes: int, info: DispatchInfo, tip: int) -> FeeDetails:
        """The parts of an extrinsic's fee, in planck."""
        ...

    def ensure_payable(self, who: AccountId, fee: int) -> None:
        """`Payment` unless the account can pay the fee; changes nothing."""
        ...

    def withdraw_fee(self, who: AccountId, fee: int) -> None:
        """Takes the fee before dispatch; `Payment` if the account cannot pay it."""
        ...

    def correct_and_deposit(self, who: AccountId, withdrawn: int, actual: int, tip: int) -> None:
        """After dispatch: refunds what was too much, burns the fee, hands on the tip.

        Both fees include the tip.
        """
        ...
