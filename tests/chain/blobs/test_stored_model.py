"""A model whose tensors lie in the state, in the store, or both; and what is wrong with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chain.blobs import (
    BlobCorrupt,
    BlobMissing,
    BlobStore,
    load_stored_model,
    store_tensor,
)
from runtime.frame.ai_types import ModelInfo, TensorInfo, TensorType
from runtime.primitives import AccountId, Root
from runtime.tensor import Graph, InputSpec, TensorSpec, encode_graph, run_graph
from runtime.tensor.blob import blob_root, tensor_root
from runtime.tensor.ops import Addb, Matmul
from runtime.tensor.value import DType, IntArray, dump_array

SPECS = (
    TensorSpec("w", 40, 70, DType.I8, -63, 63),
    TensorSpec("b", 1, 70, DType.I32, -1000, 1000),
)
GRAPH = Graph(InputSpec(40, -63, 63), SPECS, (Matmul(0, 0), Addb(1, 1)))


class State:
    """Blobs of the state, by root."""

    def __init__(self) -> None:
        self.blobs: dict[Root, bytes] = {}

    def get_blob(self, root: Root) -> bytes | None:
        return self.blobs.get(root)


def draw() -> list[IntArray]:
    rng = np.random.default_rng(1)
    return [
        rng.integers(-63, 64, (40, 70), np.int8),
        rng.integers(-999, 1000, (1, 70)).astype(np.int32),
    ]


def describe(tensors: list[IntArray], *, on_chain: tuple[bool, bool]) -> ModelInfo:
    infos = tuple(
        TensorInfo(
            spec.name,
            spec.rows,
            spec.cols,
            TensorType(int(spec.dtype)),
            tensor_root(tensor, spec.dtype),
            blob_root(dump_array(tensor)) if is_here else None,
        )
        for spec, tensor, is_here in zip(SPECS, tensors, on_chain, strict=True)
    )
    return ModelInfo(3, AccountId.zero(), 1, encode_graph(GRAPH), infos, 2800, 9, is_active=True)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


@pytest.mark.parametrize(
    "on_chain", [(True, True), (False, False), (True, False), (False, True)], ids=str
)
def test_tensors_come_from_where_they_are(store: BlobStore, on_chain: tuple[bool, bool]) -> None:
    tensors, state = draw(), State()
    model = describe(tensors, on_chain=on_chain)
    for tensor, info, spec in zip(tensors, model.tensors, SPECS, strict=True):
        if info.blob is None:
            assert store_tensor(store, tensor, spec.dtype) == info.root
        else:
            state.blobs[info.blob] = dump_array(tensor)
    loaded = load_stored_model(model, state, store)
    assert all(map(np.array_equal, loaded.tensors.arrays, tensors))
    inputs = np.random.default_rng(2).integers(-63, 64, (5, 40), np.int8)
    expected = run_graph(GRAPH, tensors, inputs)
    assert np.array_equal(run_graph(loaded.checked.graph, loaded.tensors, inputs), expected)


@pytest.mark.parametrize("on_chain", [(True, True), (False, False)])
def test_what_is_nowhere_is_missing(store: BlobStore, on_chain: tuple[bool, bool]) -> None:
    model = describe(draw(), on_chain=on_chain)
    with pytest.raises(BlobMissing):
        load_stored_model(model, State(), store)


def test_a_root_of_another_shape_is_no_tensor(store: BlobStore) -> None:
    """The registry cannot see what is off the chain; whoever loads it does."""
    tensors = draw()
    model = describe(tensors, on_chain=(False, False))
    store_tensor(store, tensors[1], DType.I32)
    for other in (
        np.zeros((40, 100), np.int8),  # another number of strips
        np.zeros((70, 70), np.int8),  # another number of columns
        np.ones((40, 71), np.int8),  # as many strips, but one row beyond the shape
        np.ones((41, 70), np.int8),  # as many columns, but one beyond the shape
    ):
        root = store_tensor(store, other, DType.I8)
        wrong = replace(model, tensors=(replace(model.tensors[0], root=root), model.tensors[1]))
        with pytest.raises(BlobCorrupt, match="it is no tensor 'w' of 40 x 70"):
            load_stored_model(wrong, State(), store)
    short = store_tensor(store, np.zeros((1, 69), np.int32), DType.I32)
    store_tensor(store, tensors[0], DType.I8)
    wrong = replace(model, tensors=(model.tensors[0], replace(model.tensors[1], root=short)))
    with pytest.raises(BlobCorrupt, match="tensor 'b'"):
        load_stored_model(wrong, State(), store)


def test_weights_out_of_range_are_refused(store: BlobStore) -> None:
    tensors = draw()
    tensors[0][3, 4] = 64
    model = describe(tensors, on_chain=(False, False))
    for tensor, spec in zip(tensors, SPECS, strict=True):
        store_tensor(store, tensor, spec.dtype)
    with pytest.raises(BlobCorrupt, match=r"it is no tensor of model 3: .* within \[-63, 63\]"):
        load_stored_model(model, State(), store)
