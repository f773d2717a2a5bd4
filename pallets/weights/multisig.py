"""Weights of multisig's calls; the weight of what the call inside does comes on top."""

from runtime.primitives import Weight

AS_MULTI_THRESHOLD_1 = Weight(71_000_000, 0)
AS_MULTI_THRESHOLD_1_OTHER = Weight(1_600_000, 0)
AS_MULTI = Weight(230_000_000, 3_700)
AS_MULTI_OTHER = Weight(3_000_000, 32)
CANCEL_AS_MULTI = Weight(160_000_000, 3_000)
CANCEL_AS_MULTI_OTHER = Weight(1_800_000, 0)


def as_multi_threshold_1(others: int) -> Weight:
    """Deriving the account of so many signatories and one."""
    return AS_MULTI_THRESHOLD_1 + AS_MULTI_THRESHOLD_1_OTHER * others


def as_multi(others: int) -> Weight:
    """The dearest of opening, approving and closing, with its deposit."""
    return AS_MULTI + AS_MULTI_OTHER * others


def cancel_as_multi(others: int) -> Weight:
    """Closing with the deposit given back."""
    return CANCEL_AS_MULTI + CANCEL_AS_MULTI_OTHER * others
