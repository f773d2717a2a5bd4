"""Integer products by floating-point multiplication, where every intermediate value is exact.

float32 holds each integer up to 2^24, float64 up to 2^53. A sum of products whose absolute values
add up to no more than that is exact in any order, with or without fused multiply-add.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from consensus.kernels.shape import K_STEP, TILE
from runtime.tensor.commitment import Int8Matrix, Int32Matrix

FloatsT = TypeVar("FloatsT", npt.NDArray[np.float32], npt.NDArray[np.float64])

FLOAT32_EXACT_MAX = 2**24

# BLAS libraries share larger products out among threads. Where the cores are busy with other
# work, waiting for those threads costs fifty times what they save (OpenBLAS, limit 4 * 2^16).
_PIECE = 64


def to_steps(matrix: Int8Matrix) -> npt.NDArray[np.float32]:
    """int8[rows, k] -> float32[k / 64, rows, 64]."""
    rows, k = matrix.shape
    steps = matrix.reshape(rows, k // K_STEP, K_STEP).transpose(1, 0, 2)
    return steps.astype(np.float32, order="C")


def multiply_step(left: FloatsT, right: FloatsT, out: FloatsT) -> None:
    """Left . right^T of one step, piece by piece: [rows, 64], [cols, 64] -> [rows, cols].

    Rows and columns are multiples of 32.
    """
    high, wide = (_PIECE if side % _PIECE == 0 else TILE for side in out.shape)
    a = left.reshape(-1, 1, high, K_STEP)
    b = right.reshape(1, -1, wide, K_STEP).transpose(0, 1, 3, 2)
    pieces = out.reshape(len(a), high, b.shape[1], wide).transpose(0, 2, 1, 3)
    np.matmul(a, b, out=pieces)


def compute_tile_sums(a_noised: Int8Matrix, bt_noised: Int8Matrix) -> npt.NDArray[np.uint32]:
    """Acc_s of one tile for every step: int8[32, k] twice -> uint32[k / 64, 32, 32], mod 2^32."""
    # One step: 64 * 126^2 < 2^20, exact in float32.
    right = to_steps(bt_noised).transpose(0, 2, 1)
    products: Int32Matrix = np.matmul(to_steps(a_noised), right).astype(np.int32)
    for step in range(1, len(products)):  # np.cumsum takes ten times as long on this axis
        products[step] += products[step - 1]
    return products.view(np.uint32)


def compute_tile_product(a_strip: Int8Matrix, bt_strip: Int8Matrix) -> Int32Matrix:
    """A_I . B_J of one tile: int8[32, k] twice -> int32[32, 32]."""
    product: Int32Matrix = compute_tile_sums(a_strip, bt_strip)[-1].view(np.int32)
    return product


def is_exact_in_float32(left: Int32Matrix, right: Int32Matrix) -> bool:
    """Whether left . right^T is exact in float32, whatever the order of its sums."""
    # A row's sum is at most the sum, over columns, of the largest absolute values.
    largest_left = np.abs(left).max(axis=0).astype(np.int64)
    largest_right = np.abs(right).max(axis=0).astype(np.int64)
    return int(largest_left @ largest_right) < FLOAT32_EXACT_MAX
