"""Weights of utility's calls, twice what `tests/bench/bench_weights.py` measured.

The weights of the batched calls come on top.
"""

from runtime.primitives import Weight


def batch(count: int) -> Weight:
    """Decoding and dispatching so many calls, and their events."""
    return Weight(22_000_000 + 17_000_000 * count)
