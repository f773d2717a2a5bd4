"""A registered model whose tensors lie partly in the state and partly in a store."""

from typing import Protocol

import numpy as np

from chain.blobs.errors import BlobCorrupt, BlobMissing
from chain.blobs.store import BlobStore
from runtime.frame.ai_types import ModelInfo, TensorInfo, TensorType
from runtime.model import Blobs, LoadedModel, check_model
from runtime.primitives import Root
from runtime.tensor import GraphError, check_graph, decode_graph
from runtime.tensor.commitment import COLUMN_MULTIPLE, STRIP_ROWS
from runtime.tensor.value import DType, Int8Array, IntArray, dump_array, load_array


def store_tensor(store: BlobStore, tensor: IntArray, dtype: DType) -> Root:
    """Keeps a tensor under the root that the registry has of it. `StoreFull`, `BlobError`."""
    if dtype is DType.I8:
        return store.put_matrix(np.ascontiguousarray(tensor.T.astype(np.int8, copy=False)))
    return store.put_bytes(dump_array(tensor))


class TensorStore(Protocol):
    """Where tensors that are not in the state come from, by the root that the registry has."""

    def get_matrix(self, root: Root) -> Int8Array:
        """The padded operand behind a matrix root. `BlobMissing`, `BlobCorrupt`."""
        ...

    def get_bytes(self, root: Root) -> bytes:
        """The bytes behind a blob root. `BlobMissing`, `BlobCorrupt`."""
        ...


def load_stored_model(model: ModelInfo, blobs: Blobs, store: TensorStore) -> LoadedModel:
    """Graph and tensors, each from the state or the store. `BlobMissing`, `BlobCorrupt`.

    What comes from the store was never seen by the chain, so its range is checked here.
    """
    tensors = tuple(_load_tensor(info, blobs, store) for info in model.tensors)
    checked = check_graph(decode_graph(model.graph))
    try:
        return check_model(checked, tensors)
    except GraphError as error:
        roots = [info.root for info in model.tensors if info.blob is None]
        raise BlobCorrupt(roots[0], f"it is no tensor of model {model.id}: {error}") from error


def _load_tensor(info: TensorInfo, blobs: Blobs, store: TensorStore) -> IntArray:
    if info.blob is not None:
        data = blobs.get_blob(info.blob)
        if data is None:
            raise BlobMissing(info.blob)
        return load_array(data, DType(int(info.dtype)), info.rows, info.cols)
    if info.dtype is TensorType.INT32:
        try:
            return load_array(store.get_bytes(info.root), DType.I32, info.rows, info.cols)
        except GraphError as error:
            raise BlobCorrupt(info.root, f"tensor {info.name!r}: {error}") from error
    padded = store.get_matrix(info.root)
    rows, cols = info.cols, info.rows  # an operand is the transposed tensor
    is_padded = (-rows % STRIP_ROWS, -cols % COLUMN_MULTIPLE) == (
        len(padded) - rows,
        padded.shape[1] - cols,
    )
    if not is_padded or padded[rows:].any() or padded[:, cols:].any():
        shape = f"{info.rows} x {info.cols}"
        raise BlobCorrupt(info.root, f"it is no tensor {info.name!r} of {shape}")
    return np.ascontiguousarray(padded[:rows, :cols].T)
