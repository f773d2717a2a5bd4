"""Products, seals and backends for the tests of the work proof."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from consensus.kernels.backend import Noise
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork, SeededWork, SolveResult, Work, solve
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int8Matrix
from runtime.work_summary import Lane

PRE_HASH = Hash(bytes(range(32)))
AUTHOR = AccountId(bytes(range(32, 64)))
PARAMS = PowParams(SeededShape(64, 96, 128))
BACKEND = NumpyBackend()

EASY = 2**256 - 1
"""Every ticket wins."""

shapes = st.tuples(
    st.integers(1, 4).map(lambda tiles: 32 * tiles),
    st.integers(1, 4).map(lambda tiles: 32 * tiles),
    st.integers(1, 4).map(lambda steps: 64 * steps),
)
"""m, n, k of small products."""

seeds = st.integers(0, 2**32 - 1)
lanes = st.sampled_from([Lane.TASK, Lane.PRIVATE])


def make_operand(rows: int, cols: int, seed: int = 0, reach: int = 63) -> Int8Matrix:
    values = np.random.default_rng(seed).integers(-reach, reach + 1, (rows, cols))
    return values.astype(np.int8)


def make_work(lane: Lane, m: int = 64, n: int = 96, k: int = 128, seed: int = 0) -> MatrixWork:
    return MatrixWork(lane, make_operand(m, k, seed), make_operand(n, k, seed + 1))


def make_work_of(lane: Lane) -> Work:
    return SeededWork(7) if lane is Lane.SEEDED else make_work(lane)


def win(work: Work, target: int = EASY) -> SolveResult:
    return solve(PRE_HASH, AUTHOR, work, target, PARAMS, BACKEND)


def compute_noise_matrix(noise: Noise) -> npt.NDArray[np.int64]:
    """E, by its definition."""
    left = noise.left.astype(np.int64)
    return left[:, noise.plus] - left[:, noise.minus]


def to_lists(matrix: npt.NDArray[np.integer]) -> list[list[int]]:
    rows: list[list[int]] = matrix.tolist()
    return rows
