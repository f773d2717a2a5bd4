"""Weights of judging claims."""

from runtime.frame.ai_types import BLOB_BYTES_MAX, TENSORS_MAX
from runtime.primitives import Weight

MACS_MAX = 50_000_000
BLOBS_MAX = TENSORS_MAX + 2
"""Tensors, inputs and what they are compared with."""

CELLS_MAX = 1 << 22
"""Integers that a claim's judging reads or writes: a fifth of a second for the dearest op."""

REPLAY = Weight(620_000_000, 13_000)
FREIVALDS = Weight(1_200_000_000, 13_000)
BLOB = Weight(0, 1_000)
"""A tensor or inputs in the state."""

BLOB_BYTE = Weight(0, 1)
MAC = Weight(220, 0)
"""A multiply-accumulate."""

CELL = Weight(49_000, 0)
"""An integer that an op reads or writes."""

CHECKED_CELL = Weight(9_700, 0)
"""An entry of a product or a tensor, beside that, where products are checked."""


def read(blobs: int, size_bytes: int) -> Weight:
    """The tensors and inputs that a claim's judging reads."""
    return BLOB * blobs + BLOB_BYTE * size_bytes


READ_WORST = read(BLOBS_MAX, BLOBS_MAX * BLOB_BYTES_MAX)
"""No claim reads more."""


def replay(macs: int, cells: int) -> Weight:
    """Running a graph again: its products, and the integers read and written besides."""
    return REPLAY + MAC * macs + CELL * cells


def freivalds(cells: int) -> Weight:
    """Checking each product with four vectors, and running all else again."""
    return FREIVALDS + (CELL + CHECKED_CELL) * cells


_REPLAYED, _CHECKED = replay(MACS_MAX, CELLS_MAX), freivalds(CELLS_MAX)
WORST = READ_WORST + Weight(
    max(_REPLAYED.ref_time, _CHECKED.ref_time), max(_REPLAYED.proof_size, _CHECKED.proof_size)
)
"""No claim weighs more."""

# --- claims that wait

OPEN = Weight(290_000_000, 9_000)
CHECK = Weight(26_000_000_000, 82_000)
CHALLENGE_PIXEL = Weight(25_000_000_000, 91_000)
CONCLUDE = Weight(26_000_000_000, 93_000)
REJECT = Weight(460_000_000, 13_000)
PROVE_TILE = Weight(1_700_000_000, 19_000)
DEMAND_TILE = Weight(330_000_000, 9_500)
ANSWER_TILE = Weight(510_000_000, 12_000)
