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
    product: Int32Array = np.matmul(a.astype(exact), b.astype(exact)).astype(np.int32)
    return product


def compute_any_product(a: Int8Array, b: Int8Array) -> Int32Array:
    """int32[m, n] of int8[m, k] and the transpose of int8[n, k], whatever is in them.

    k is at most 2^16.
    """
    # As above, but an entry may be -128: no sum is beyond k * 128^2 = 2^30, which fits int32.
    exact = np.float32 if a.shape[-1] * 128**2 < 2**24 else np.float64
    product: Int32Array = np.matmul(a.astype(exact), b.T.astype(exact)).astype(np.int32)
    return product
