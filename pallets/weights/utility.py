"""Weights of utility's calls; the weights of the batched calls come on top."""

from runtime.primitives import Weight

BATCH = Weight(31_000_000, 0)
BATCH_CALL = Weight(12_000_000, 0)


def batch(count: int) -> Weight:
    """Decoding and dispatching so many calls, and their events."""
    return BATCH + BATCH_CALL * count
