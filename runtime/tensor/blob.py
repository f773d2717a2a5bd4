"""The roots by which plain bytes and a model's tensors are known."""

import numpy as np
from blake3 import blake3

from runtime.primitives import Root
from runtime.tensor.commitment import matrix_root
from runtime.tensor.value import DType, IntArray, dump_array

BLOB_CONTEXT = "soberana blob v1"
"""BLAKE3's key derivation context; it keeps blob roots apart from every other hash."""


def blob_root(data: bytes) -> Root:
    """BLAKE3 in derive-key mode; the content alone decides it."""
    return Root(blake3(data, derive_key_context=BLOB_CONTEXT).digest())


def tensor_root(tensor: IntArray, dtype: DType) -> Root:
    """A model's tensor[k, n]: for I8 the matrix root of its transpose, as mining commits to it.

    For I32, which is never an operand, the blob root of its bytes.
    """
    if dtype is DType.I8:
        return matrix_root(np.ascontiguousarray(tensor.T.astype(np.int8, copy=False)))
    return blob_root(dump_array(tensor))
