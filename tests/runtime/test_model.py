"""Registered models as arrays."""

from dataclasses import replace

import numpy as np
import pytest

from runtime.frame.ai_types import ModelInfo
from runtime.model import load_bytes, load_model, load_rows
from runtime.primitives import Root
from runtime.tensor import GraphError
from runtime.tensor.blob import blob_root
from tests.helpers.ledger import account
from tests.pallets.registry.stage import make_weights

WEIGHTS = make_weights()
INFO = ModelInfo(
    0, account(1), 1, WEIGHTS.body.graph, WEIGHTS.body.tensors, WEIGHTS.body.macs_per_row, 9, True
)


class Blobs:
    """Blobs of a model, some of which may be missing."""

    def __init__(self, *missing: int) -> None:
        kept = [blob for index, blob in enumerate(WEIGHTS.blobs) if index not in missing]
        self.content = {blob_root(blob): blob for blob in kept}

    def get_blob(self, root: Root) -> bytes | None:
        return self.content.get(root)


def test_a_model_is_loaded_as_it_was_registered() -> None:
    loaded = load_model(INFO, Blobs())
    assert loaded is not None
    assert loaded.checked.macs == INFO.macs_per_row
    for array, info, blob in zip(loaded.tensors.arrays, INFO.tensors, WEIGHTS.blobs, strict=True):
        assert array.shape == (info.rows, info.cols)
        assert array.tobytes() == blob


def test_a_model_is_loaded_once_and_another_is_another() -> None:
    loaded, other = load_model(INFO, Blobs()), make_weights(seed=9)
    assert loaded is load_model(replace(INFO, id=7, version=3), Blobs())
    for graph, tensors in (
        (WEIGHTS.body.graph, other.blobs),
        (WEIGHTS.body.graph, (other.blobs[0], *WEIGHTS.blobs[1:])),
    ):
        changed = load_bytes(graph, tuple(tensors))
        assert [each.tobytes() for each in changed.tensors.arrays] == list(tensors)


def test_tensors_that_the_graph_does_not_allow_are_no_model() -> None:
    first, *others = WEIGHTS.blobs
    for wrong in (b"\x7f" * len(first), first + b"\0"):
        with pytest.raises(GraphError):
            load_bytes(WEIGHTS.body.graph, (wrong, *others))


def test_a_model_without_all_its_bytes_is_none() -> None:
    for index in range(len(WEIGHTS.blobs)):
        assert load_model(INFO, Blobs(index)) is None
    elsewhere = tuple(replace(info, blob=None) for info in INFO.tensors)
    assert load_model(replace(INFO, tensors=elsewhere), Blobs()) is None


def test_rows_are_cut_out_of_a_blob() -> None:
    rows = load_rows(bytes(range(12)), 3, 1, 2)
    assert rows.dtype == np.int8
    assert rows.tolist() == [[3, 4, 5], [6, 7, 8]]
    assert not rows.flags.writeable
