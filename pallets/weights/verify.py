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

OPEN = Weight(100_000_000, 2_048)
CHECK = Weight(27_000_000_000, 61_000)
CHALLENGE_PIXEL = Weight(27_000_000_000, 61_000)
CONCLUDE = Weight(28_000_000_000, 61_000)
PROVE_TILE = Weight(2_000_000_000, 11_000)
DEMAND_TILE = Weight(350_000_000, 5_600)
ANSWER_TILE = Weight(510_000_000, 6_700)
