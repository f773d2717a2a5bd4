"""The exact product of int8 matrices by floating-point BLAS."""

import numpy as np

from runtime.tensor.value import OPERAND_MAX, Int8Array, Int32Array


def compute_products(a: Int8Array, b: Int8Array) -> Int32Array:
    """int32[…, m, n] of int8[…, m, k] and int8[…, k, n] in [-63, 63]; k at most `INNER_MAX`.

    Leading axes are stacks of matrices, as numpy has them.
    """
    # A partial sum is an integer of at most k * 63^2. float32 holds it exactly below 2^24, float64
    # below 2^53, so that BLAS gives the same integers in whatever order it sums.
    exact = np.float32 if a.shape[-1] * OPERAND_MAX**2 < 2**24 else np.float64
    left, right = a.astype(exact), b.astype(exact)
    # `dot` does the same to two matrices, and for a few rows `matmul` costs more than BLAS.
    whole = left.dot(right) if left.ndim == right.ndim == 2 else np.matmul(left, right)
    product: Int32Array = whole.astype(np.int32)
    return product


TILE_STEP = 64


def compute_tile_product(a: Int8Array, b: Int8Array) -> Int32Array:
    """The same for a few rows and columns, k a multiple of `TILE_STEP`: never in several threads.

    BLAS waits for its threads far longer than it computes here where the machine is busy.
    """
    # A step's sums are at most 64 * 128^2 = 2^20: exact in float32. They add up in int32.
    steps = a.shape[1] // TILE_STEP
    left = a.reshape(len(a), steps, TILE_STEP).transpose(1, 0, 2).astype(np.float32)
    right = b.reshape(len(b), steps, TILE_STEP).transpose(1, 2, 0).astype(np.float32)
    product: Int32Array = np.matmul(left, right).astype(np.int32).sum(axis=0, dtype=np.int32)
    return product


def compute_any_product(a: Int8Array, b: Int8Array) -> Int32Array:
    """int32[m, n] of int8[m, k] and the transpose of int8[n, k], whatever is in them.

    k is at most 2^16.
    """
    # As above, but an entry may be -128: no sum is beyond k * 128^2 = 2^30, which fits int32.
    exact = np.float32 if a.shape[-1] * 128**2 < 2**24 else np.float64
    product: Int32Array = np.matmul(a.astype(exact), b.T.astype(exact)).astype(np.int32)
    return product
