"""Weights of collection pools."""

from pallets.weights import verify
from runtime.primitives import Weight

SEATS_MAX = 32
ROWS_MAX = 4_096
"""The most examples of one blob."""

MACS_MAX = 50_000_000
CELLS_MAX = 1 << 22
"""Integers that scoring a shard reads or writes beside its products."""

OPEN = Weight(660_000_000, 120_000)
COMMIT = Weight(610_000_000, 34_000)
REVEAL = Weight(1_100_000_000, 140_000)
POKE = Weight(430_000_000, 11_000)
CLAIM = Weight(370_000_000, 12_000)
CLOSE = Weight(980_000_000, 65_000)
TRAIN = Weight(4_000_000_000, 8_300)
ROW = Weight(490_000, 0)
"""An example that a shard is compared with, or that is."""

BLOB = Weight(0, 100_000)
SEAT = Weight(77_000_000, 3_300)
"""A miss, or a payment."""


def train(macs: int, cells: int) -> Weight:
    """Training on base and shard, and telling the hidden examples."""
    return TRAIN + verify.MAC * macs + verify.CELL * cells


def score(macs: int, cells: int, blobs: int, rows: int) -> Weight:
    """Comparing a shard with so many blobs of so many rows together, and trying it."""
    return train(macs, cells) + BLOB * (blobs + 1) + ROW * rows


def time_out(seats: int) -> Weight:
    """Whatever is due of a pool: each seat misses or is paid, once."""
    return POKE + SEAT * seats


TIME_OUT_WORST = time_out(SEATS_MAX)
"""No pool has more due."""

SHOW_WORST = score(MACS_MAX, CELLS_MAX, 2, 2 * ROWS_MAX)
SCORE_WORST = score(MACS_MAX, CELLS_MAX, SEATS_MAX + 2, (SEATS_MAX + 2) * ROWS_MAX)
