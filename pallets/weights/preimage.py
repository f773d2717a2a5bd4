"""Weights of preimage's calls, twice what `tests/bench/bench_account_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account or a status with its path in the state."""


def note_preimage(size_bytes: int) -> Weight:
    """Hashing and storing so many bytes, with their deposit."""
    return Weight(120_000_000 + 3_000 * size_bytes, 5 * PROOF_BYTES_ITEM)


UNNOTE_PREIMAGE = Weight(130_000_000, 5 * PROOF_BYTES_ITEM)
REQUEST_PREIMAGE = Weight(60_000_000, PROOF_BYTES_ITEM)
UNREQUEST_PREIMAGE = Weight(60_000_000, PROOF_BYTES_ITEM)
