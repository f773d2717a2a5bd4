"""What an account has proven lately: a benchmark that nobody can merely declare."""

from typing import ClassVar

from runtime.codec import U128
from runtime.decay import compute_decay
from runtime.frozen import frozen
from runtime.primitives import BlockNumber

RATE_HALF_LIFE_BLOCKS = 1_000
"""What was proven so long ago counts for half."""


@frozen
class Rate:
    """The multiply-accumulates that the targets of an account's blocks made it spend."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Rate"

    proven_macs: U128 = 0
    """All of them."""

    recent_macs: U128 = 0
    """The same with older ones decayed, as of the last block."""

    peak: U128 = 0
    """The highest benchmark so far."""

    last_block: BlockNumber = 0
    """The account's last."""

    def compute_benchmark(self, now: int) -> int:
        """The average for each block of the chain, lately, rounded down.

        Of an account that makes every block with the same cost this tends to that cost from below:
        a block of work decays by a part in `2 * RATE_HALF_LIFE_BLOCKS` until the next.
        """
        recent = compute_decay(self.recent_macs, now - self.last_block, RATE_HALF_LIFE_BLOCKS)
        return recent // (2 * RATE_HALF_LIFE_BLOCKS)


def add_block(rate: Rate, macs: int, now: int) -> Rate:
    """The rate with one more block of the account's."""
    kept = compute_decay(rate.recent_macs, now - rate.last_block, RATE_HALF_LIFE_BLOCKS)
    added = Rate(rate.proven_macs + macs, kept + macs, rate.peak, now)
    peak = max(rate.peak, added.compute_benchmark(now))
    return Rate(added.proven_macs, added.recent_macs, peak, now)
