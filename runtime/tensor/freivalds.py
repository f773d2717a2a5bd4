"""Freivalds' check of a matrix product: far cheaper than the product once there are many rows.

C = A·B is checked as C·x = A·(B·x) for random vectors x modulo the prime 2^31 - 1. The vectors
follow from a hash of the seed and of all three matrices (Fiat and Shamir), so that nobody can
choose a wrong C for known vectors. A wrong product passes one round with probability 2^-31.

Source: R. Freivalds, "Probabilistic machines can use less running time", 1977.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from runtime.tensor.value import INNER_MAX, OPERAND_MAX, Int8Array, Int32Array, IntArray

PRIME = 2**31 - 1
ROUNDS = 4
VECTOR_MAX = 2**20
"""The longest row of C: its sums of 2^32 each stay below 2^53."""

_CONTEXT = "soberana freivalds v1"
_LIMB_BITS = 16
_BLOCK_CELLS = 2**18  # a block of a matrix as float64 fits a core's second-level cache

Int64Array: TypeAlias = npt.NDArray[np.int64]


def is_product(
    a: Int8Array, b: Int8Array, c: Int32Array, seed: bytes, rounds: int = ROUNDS
) -> bool:
    """Whether int32[m, n] C is the product of int8[m, k] A and int8[k, n] B.

    Always true for the product. ``seed`` binds the check to what it is for. A product needs
    operands in [-63, 63] and k up to `INNER_MAX`; anything else is false.
    """
    return _is_plausible(a, b, c) and find_wrong_row(a, b, c, seed, rounds) is None


def find_wrong_row(
    a: Int8Array, b: Int8Array, c: Int32Array, seed: bytes, rounds: int = ROUNDS
) -> int | None:
    """The first row of C that differs from A·B, None if there is none.

    Only for matrices of fitting shapes and ranges, as a run of a checked graph has them.
    """
    x = _draw_vectors(a, b, c, seed, rounds)
    claimed, expected = _times(c, x), _times(a, _times(b, x))
    wrong = np.flatnonzero((claimed != expected).any(axis=1))
    return int(wrong[0]) if wrong.size else None


def _is_plausible(a: Int8Array, b: Int8Array, c: Int32Array) -> bool:
    """Whether shapes fit and C's entries lie where those of a product can.

    Within that range two different entries are never equal modulo the prime.
    """
    if not a.ndim == b.ndim == c.ndim == 2:
        return False
    k, n = b.shape
    return (
        a.dtype == b.dtype == np.int8
        and c.dtype == np.int32
        and a.shape[1] == k
        and c.shape == (a.shape[0], n)
        and k <= INNER_MAX
        and n <= VECTOR_MAX
        and _is_bounded(a, OPERAND_MAX)
        and _is_bounded(b, OPERAND_MAX)
        and _is_bounded(c, k * OPERAND_MAX**2)
    )


def _is_bounded(matrix: IntArray, limit: int) -> bool:
    return not matrix.size or (int(matrix.min()) >= -limit and int(matrix.max()) <= limit)


def _draw_vectors(
    a: Int8Array, b: Int8Array, c: Int32Array, seed: bytes, rounds: int
) -> Int64Array:
    """int64[n, rounds] in [0, PRIME); 64 bits for each entry leave no bias that matters."""
    (m, k), n = a.shape, b.shape[1]
    hasher = blake3(derive_key_context=_CONTEXT)
    for part in (m, k, n, len(seed)):
        hasher.update(part.to_bytes(8, "little"))
    hasher.update(seed)
    for matrix, dtype in ((a, "<i1"), (b, "<i1"), (c, "<i4")):
        hasher.update(np.ascontiguousarray(matrix, dtype).reshape(-1).view(np.uint8).data)
    words = np.frombuffer(hasher.digest(length=8 * n * rounds), "<u8")
    return (words % PRIME).astype(np.int64).reshape(n, rounds)


def _times(matrix: IntArray, x: Int64Array) -> Int64Array:
    """The product with x modulo PRIME; x in [0, PRIME)."""
    # Vectors, and a matrix of i32, are split into limbs of 16 bits. Each product of limbs is then
    # below 2^32 and a sum of 2^20 of them below 2^53: exact in float64, whose BLAS is many times
    # faster than numpy's integer product, in whatever order it sums.
    limbs = np.hstack((x & 0xFFFF, x >> _LIMB_BITS)).astype(np.float64)
    result = np.empty((matrix.shape[0], x.shape[1]), np.int64)
    step = max(1, _BLOCK_CELLS // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], step):
        block = matrix[start : start + step]
        if matrix.dtype == np.int8:
            result[start : start + step] = _times_limbs(block, limbs)
        else:
            low = _times_limbs(block & 0xFFFF, limbs)
            result[start : start + step] = _join(low, _times_limbs(block >> _LIMB_BITS, limbs))
    return result


def _times_limbs(matrix: IntArray, limbs: npt.NDArray[np.float64]) -> Int64Array:
    sums = (matrix.astype(np.float64) @ limbs).astype(np.int64)
    rounds = sums.shape[1] // 2
    return _join(sums[:, :rounds], sums[:, rounds:])


def _join(low: Int64Array, high: Int64Array) -> Int64Array:
    """The integer of two limbs modulo PRIME; the lower one is below 2^54."""
    return (low + (high % PRIME << _LIMB_BITS)) % PRIME
