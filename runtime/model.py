"""A registered model as arrays: its graph, checked, and the tensors that lie in the state."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from runtime.frame.ai_types import ModelInfo
from runtime.primitives import Root
from runtime.tensor.check import CheckedGraph, CheckedTensors, check_tensors, load_graph
from runtime.tensor.value import Int8Array, IntArray, load_array

OP_CELLS = 1_500
"""What checking and calling one op costs, in integers that an op reads or writes."""


REMEMBERED = 16
"""Loaded models that are kept at hand, at most: each comes of up to 2 MiB."""


class Blobs(Protocol):
    """Where the bytes behind a root come from."""

    def get_blob(self, root: Root) -> bytes | None:
        """The bytes, None where they are not there."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A version of a model, ready to run."""

    checked: CheckedGraph
    tensors: CheckedTensors

    @property
    def tensor_bytes(self) -> int:
        """The bytes of all its tensors."""
        return sum(each.nbytes for each in self.tensors.arrays)


def load_model(model: ModelInfo, blobs: Blobs) -> LoadedModel | None:
    """Graph and tensors; None where a tensor's bytes are not to be had.

    What the registry accepted, decodes and passes the check.
    """
    tensors: list[bytes] = []
    for info in model.tensors:
        data = None if info.blob is None else blobs.get_blob(info.blob)
        if data is None:
            return None
        tensors.append(data)
    return load_bytes(model.graph, tuple(tensors))


@lru_cache(maxsize=REMEMBERED)
def load_bytes(graph: bytes, tensors: tuple[bytes, ...]) -> LoadedModel:
    """The model of some bytes, checked; the ones used last are remembered."""
    checked = load_graph(graph)
    arrays = tuple(
        load_array(data, spec.dtype, spec.rows, spec.cols)
        for data, spec in zip(tensors, checked.graph.tensors, strict=True)
    )
    return check_model(checked, arrays)


def check_model(checked: CheckedGraph, tensors: tuple[IntArray, ...]) -> LoadedModel:
    """A graph with its tensors; `GraphError` unless they are as it declares them."""
    return LoadedModel(checked, check_tensors(checked.graph, tensors))


def count_cells(checked: CheckedGraph, rows: int) -> int:
    """What running so many rows takes beside the MACs: integers read or written, ops included."""
    return checked.work * rows + checked.entries + OP_CELLS * len(checked.graph.ops)


def load_rows(data: bytes, cols: int, first: int, count: int) -> Int8Array:
    """Rows of a blob of int8 rows, read-only; the caller knows that they lie within it."""
    part = data[first * cols : (first + count) * cols]
    return np.frombuffer(part, np.int8).reshape(count, cols)
