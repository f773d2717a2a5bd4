"""Products for sale: matrices from files, the job that asks for them, results that are checked."""

from pathlib import Path
from typing import Final

import numpy as np

from chain.array_file import BadArrayFile, load_array
from chain.wallet.errors import WalletError
from runtime.programs import MatrixProduct
from runtime.programs.product import INNER_MAX, SIDE_MAX
from runtime.tensor.commitment import STRIP_ROWS, matrix_root, pad_operand
from runtime.tensor.value import Int8Array, Int32Array

FILE_BYTES_MAX: Final = 2**30 + 4_096
CHECKS: Final = 48
"""A wrong result passes with a chance of 2^-48."""


class BadMatrices(WalletError):
    """Files that are no two matrices of int8 that can be multiplied."""


def load_matrix(path: Path) -> Int8Array:
    """A matrix int8[rows, cols] of any entries; `BadMatrices`."""
    try:
        loaded = load_array(path, FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise BadMatrices(f"{path}: {error}") from error
    if loaded.dtype != np.int8 or loaded.ndim != 2 or loaded.size == 0:
        shape = list(loaded.shape)
        raise BadMatrices(f"{path}: expected a matrix of int8, got {loaded.dtype}{shape}")
    return np.ascontiguousarray(loaded, np.int8)


def make_product(a: Int8Array, b: Int8Array, strips_per_slot: int) -> MatrixProduct:
    """The job for int8[m, k] times int8[k, n], padded; `BadMatrices`."""
    (m, k), (inner, n) = a.shape, b.shape
    if k != inner:
        raise BadMatrices(f"expected as many rows as {k} columns, got {inner}")
    if max(m, n) > SIDE_MAX or k > INNER_MAX:
        raise BadMatrices(f"expected at most {SIDE_MAX} x {INNER_MAX}, got {m} x {k} x {n}")
    left, right = pad_operand(a), pad_operand(np.ascontiguousarray(b.T))
    roots = matrix_root(left), matrix_root(right)
    return MatrixProduct(*roots, len(left), len(right), left.shape[1], strips_per_slot)


def is_product_right(a: Int8Array, bt: Int8Array, result: Int32Array) -> bool:
    """Whether int32[m, n] is int8[m, k] times the transpose of int8[n, k], by random sums of it.

    Each check adds up a random half of the columns: a wrong row shows in half of them.
    """
    chosen = np.random.default_rng().integers(0, 2, (len(bt), CHECKS), np.int64)
    expected = a.astype(np.int64) @ (bt.T.astype(np.int64) @ chosen)
    return bool((result.astype(np.int64) @ chosen == expected).all())


def find_wrong_tile(right: Int32Array, claimed: Int32Array) -> int | None:
    """The number of the first tile in which two results differ."""
    wrong = np.argwhere(right != claimed)
    if not len(wrong):
        return None
    row, col = int(wrong[0, 0]) // STRIP_ROWS, int(wrong[0, 1]) // STRIP_ROWS
    columns: int = right.shape[1] // STRIP_ROWS
    return row * columns + col
