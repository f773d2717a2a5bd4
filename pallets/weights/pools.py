"""Weights of collection pools: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

BLOB_BYTES = 65_536 + PROOF_BYTES_ITEM
SEATS_MAX = 32
ROWS_MAX = 4_096
"""The most examples of one blob."""

MACS_MAX = 50_000_000
CELLS_MAX = 1 << 22
"""Integers that scoring a shard reads or writes beside its products."""

OPEN = Weight(800_000_000, 16 * PROOF_BYTES_ITEM + BLOB_BYTES)
COMMIT = Weight(750_000_000, (SEATS_MAX + 4) * PROOF_BYTES_ITEM)
REVEAL = Weight(1_000_000_000, (SEATS_MAX + 16) * PROOF_BYTES_ITEM + BLOB_BYTES)
POKE = Weight(200_000_000, 2 * PROOF_BYTES_ITEM)
CLAIM = Weight(400_000_000, (SEATS_MAX + 8) * PROOF_BYTES_ITEM)
CLOSE = Weight(1_200_000_000, (4 * SEATS_MAX + 8) * PROOF_BYTES_ITEM)


def train(macs: int, cells: int) -> Weight:
    """Training on base and shard, and telling the hidden examples."""
    return Weight(3_000_000_000 + 200 * macs + 50_000 * cells, 8 * PROOF_BYTES_ITEM)


def score(macs: int, cells: int, blobs: int, rows: int) -> Weight:
    """Comparing a shard with so many blobs of so many rows together, and trying it."""
    own = Weight(550_000 * rows, (blobs + 1) * BLOB_BYTES)
    return train(macs, cells) + own


def time_out(seats: int) -> Weight:
    """Whatever is due of a pool: each seat misses or is paid, once."""
    return Weight(500_000_000 + 200_000_000 * seats, (8 + 8 * seats) * PROOF_BYTES_ITEM)


TIME_OUT_WORST = time_out(SEATS_MAX)
"""No pool has more due."""

SHOW_WORST = score(MACS_MAX, CELLS_MAX, 2, 2 * ROWS_MAX)
SCORE_WORST = score(MACS_MAX, CELLS_MAX, SEATS_MAX + 2, (SEATS_MAX + 2) * ROWS_MAX)
