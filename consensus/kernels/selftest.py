"""Asks a backend for products whose answers are known before it is trusted with work."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import Noise, Operand, Peel, ProductBackend, never_cancelled
from consensus.kernels.exact import compute_tile_sums
from consensus.kernels.fold import chain_steps, fold_steps
from consensus.kernels.shape import NOISE_RANK, NOISED_MAX, OPERAND_MAX, TILE
from consensus.pouw.ticket import find_best
from runtime.tensor.commitment import Int8Matrix, merkle_leaves

SHAPES = ((32, 32, 64), (96, 160, 192), (288, 544, 128))
"""Less than one block, no multiple of a piece, more than one block of the numpy backend."""

SEED = bytes(range(32))


class BackendFault(Exception):
    """The backend computes something else than the specification says."""


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    a: Int8Matrix
    bt: Int8Matrix
    noise_a: Noise
    noise_b: Noise


def ensure_exact(backend: ProductBackend) -> None:
    """Compares transcripts, products and leaves with the reference. Errors: BackendFault."""
    for shape in SHAPES:
        for is_extreme in (False, True):
            _ensure_case(backend, _make_case(shape, is_extreme=is_extreme))


def _ensure_case(backend: ProductBackend, case: _Case) -> None:
    shape = (len(case.a), len(case.bt), case.a.shape[1])
    a_noised, bt_noised = _add(case.a, case.noise_a), _add(case.bt, case.noise_b)
    peel = Peel(case.a, case.noise_a, case.noise_b)
    done = backend.run(a_noised, bt_noised, peel, never_cancelled)
    expected = case.a.astype(np.int64) @ case.bt.T.astype(np.int64)
    if done.product is None or not np.array_equal(done.product, expected):
        raise BackendFault(f"{backend.name}: a wrong product of shape {shape}")
    mined = backend.run(a_noised, bt_noised, None, never_cancelled)
    for i, j in np.ndindex(done.transcripts.shape[:2]):
        rows, cols = slice(i * TILE, (i + 1) * TILE), slice(j * TILE, (j + 1) * TILE)
        words = chain_steps(fold_steps(compute_tile_sums(a_noised[rows], bt_noised[cols])))
        for transcripts in (done.transcripts, mined.transcripts):
            if not np.array_equal(transcripts[i, j], words):
                raise BackendFault(f"{backend.name}: a wrong transcript of shape {shape}")
    _ensure_search(backend, case, expected, find_best(SEED, done.transcripts))
    if tuple(backend.compute_leaves(case.a)) != merkle_leaves(case.a):
        raise BackendFault(f"{backend.name}: wrong leaves of shape {shape}")


def _ensure_search(
    backend: ProductBackend,
    case: _Case,
    product: npt.NDArray[np.int64],
    best: tuple[bytes, int, int],
) -> None:
    """Twice with a product and once without: what is kept of B must serve again."""
    a, b = Operand(case.a, case.noise_a), Operand(case.bt, case.noise_b, best[0])
    for wants_product in (True, False, True):
        found = backend.search(a, b, SEED, never_cancelled, wants_product=wants_product)
        if (found.ticket, found.i, found.j) != best:
            raise BackendFault(f"{backend.name}: a wrong ticket of shape {product.shape}")
        is_right = found.product is not None and np.array_equal(found.product, product)
        if wants_product and not is_right:
            raise BackendFault(f"{backend.name}: a wrong product of a search, {product.shape}")


def _make_case(shape: tuple[int, int, int], *, is_extreme: bool) -> _Case:
    m, n, k = shape
    if is_extreme:  # every sum as large as it gets
        a = np.full((m, k), OPERAND_MAX, np.int8)
        bt = np.full((n, k), -OPERAND_MAX, np.int8)
        up, down = _make_extreme_noise(m, k), _make_extreme_noise(n, k)
        return _Case(a, bt, up, Noise(down.left, down.minus, down.plus))
    a, bt = _spread(m, k, 1), _spread(n, k, 2)
    return _Case(a, bt, _make_noise(m, k, 3), _make_noise(n, k, 5))


def _spread(rows: int, cols: int, step: int) -> Int8Matrix:
    """Values without a pattern of the tile's size, over the whole range of an operand."""
    values = np.arange(rows * cols, dtype=np.int64) ** 2 * 31 + step * 1_009
    return (values % (NOISED_MAX + 1) - OPERAND_MAX).astype(np.int8).reshape(rows, cols)


def _make_noise(rows: int, k: int, step: int) -> Noise:
    left = (_spread(rows, NOISE_RANK, step) >> 1).astype(np.int8)
    columns = np.arange(k, dtype=np.intp)
    return Noise(left, columns * step % NOISE_RANK, (columns * (step + 2) + 7) % NOISE_RANK)


def _make_extreme_noise(rows: int, k: int) -> Noise:
    """Every entry is 63, the largest."""
    left = np.where(np.arange(NOISE_RANK) % 2, 31, -32).astype(np.int8)
    columns = np.arange(k, dtype=np.intp)
    return Noise(np.tile(left, (rows, 1)), columns % NOISE_RANK | 1, columns % NOISE_RANK & 62)


def _add(matrix: Int8Matrix, noise: Noise) -> Int8Matrix:
    noised: npt.NDArray[np.int8] = matrix + (noise.left[:, noise.plus] - noise.left[:, noise.minus])
    return noised
