"""Weights of multisig's calls, twice what `tests/bench/bench_account_weights.py` measured.

The weight of what the call inside does comes on top.
"""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account or an open multisig, with its path in the state."""


def as_multi_threshold_1(others: int) -> Weight:
    """Deriving the account of so many signatories and one."""
    return Weight(62_000_000 + 1_700_000 * others)


def as_multi(others: int) -> Weight:
    """The dearest of opening, approving and closing, with its deposit."""
    return Weight(210_000_000 + 3_000_000 * others, 4 * PROOF_BYTES_ITEM)


def cancel_as_multi(others: int) -> Weight:
    """Closing with the deposit given back."""
    return Weight(130_000_000 + 1_700_000 * others, 3 * PROOF_BYTES_ITEM)
