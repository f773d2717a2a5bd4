"""Weights of judging claims: about twice what was measured, rounded up."""

from runtime.primitives import Weight

BASE_PICOSECONDS = 1_000_000_000
PROOF_BYTES_MAX = 1_200_000
"""A model's graph and tensors and a job's inputs, all of them blobs."""

MACS_MAX = 50_000_000
CELLS_MAX = 1 << 22
"""Integers that a claim's judging reads or writes: a fifth of a second for the dearest op."""


def replay(macs: int, cells: int) -> Weight:
    """Running a graph again: its products, and the integers read and written besides."""
    return Weight(BASE_PICOSECONDS + 200 * macs + 50_000 * cells, PROOF_BYTES_MAX)


def freivalds(cells: int) -> Weight:
    """Checking each product with four vectors, and running all else again."""
    return Weight(BASE_PICOSECONDS + 62_000 * cells, PROOF_BYTES_MAX)


WORST = freivalds(CELLS_MAX)
"""No claim weighs more."""

# --- claims that wait

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

SAMPLE_CELLS = 370_000
"""64 pixels of the scene with the most spheres."""

OPEN = Weight(100_000_000, 4 * PROOF_BYTES_ITEM)
CLOSING = Weight(7_000_000_000, 180 * PROOF_BYTES_ITEM)
"""Settling or slashing with the most royalties there are, and returning every deposit."""

READING = Weight(500_000_000, 3 * 64 * 1024)
"""The claimed output, and the scene."""

CHECK = CLOSING + READING + Weight(50_000 * SAMPLE_CELLS)
CHALLENGE_PIXEL = CHECK
CONCLUDE = CHECK
PROVE_TILE = CLOSING + Weight(20_000_000_000, 16 * PROOF_BYTES_ITEM)
DEMAND_TILE = Weight(400_000_000, 12 * PROOF_BYTES_ITEM)
ANSWER_TILE = Weight(600_000_000, 12 * PROOF_BYTES_ITEM)
