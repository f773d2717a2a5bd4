"""The roots by which plain bytes and a model's tensors are known."""

from typing import Final

import numpy as np
from blake3 import blake3

from runtime.primitives import Root
from runtime.tensor.commitment import matrix_root
from runtime.tensor.value import DType, IntArray, dump_array

BLOB_CONTEXT = "soberana blob v1"
"""BLAKE3's key derivation context; it keeps blob roots apart from every other hash."""

_HASHER: Final = blake3(derive_key_context=BLOB_CONTEXT)
"""Of nothing, never updated: to copy it is cheaper than to derive the key again."""


def blob_root(data: bytes) -> Root:
    """BLAKE3 in derive-key mode; the content alone decides it."""
    hasher = _HASHER.copy()
    hasher.update(data)
    return Root(hasher.digest())


def tensor_root(tensor: IntArray, dtype: DType) -> Root:
    """A model's tensor[k, n]: for I8 the matrix root of its transpose, as mining commits to it.

    For I32, which is never an operand, the blob root of its bytes.
    """
    if dtype is DType.I8:
        return matrix_root(np.ascontiguousarray(tensor.T.astype(np.int8, copy=False)))
    return blob_root(dump_array(tensor))
