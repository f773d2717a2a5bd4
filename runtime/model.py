"""A registered model as arrays: its graph, checked, and the tensors that lie in the state."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from runtime.frame.ai_types import ModelInfo
from runtime.primitives import Root
from runtime.tensor.check import CheckedGraph, load_graph
from runtime.tensor.value import DType, Int8Array, IntArray, load_array

OP_CELLS = 1_500
"""What checking and calling one op costs, in integers that an op reads or writes."""


class Blobs(Protocol):
    """Where the bytes behind a root come from."""

    def get_blob(self, root: Root) -> bytes | None:
        """The bytes, None where they are not there."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A version of a model, ready to run."""

    checked: CheckedGraph
    tensors: tuple[IntArray, ...]

    @property
    def tensor_bytes(self) -> int:
        """The bytes of all its tensors."""
        return sum(each.nbytes for each in self.tensors)


def load_model(model: ModelInfo, blobs: Blobs) -> LoadedModel | None:
    """Graph and tensors; None where a tensor's bytes are not to be had.

    What the registry accepted, decodes and passes the check.
    """
    tensors: list[IntArray] = []
    for info in model.tensors:
        data = None if info.blob is None else blobs.get_blob(info.blob)
        if data is None:
            return None
        tensors.append(load_array(data, DType(int(info.dtype)), info.rows, info.cols))
    return LoadedModel(load_graph(model.graph), tuple(tensors))


def count_cells(checked: CheckedGraph, rows: int) -> int:
    """What running so many rows takes beside the MACs: integers read or written, ops included."""
    graph = checked.graph
    tensors = sum(tensor.rows * tensor.cols for tensor in graph.tensors)
    return checked.work * rows + tensors + OP_CELLS * len(graph.ops)


def load_rows(data: bytes, cols: int, first: int, count: int) -> Int8Array:
    """Rows of a blob of int8 rows, read-only; the caller knows that they lie within it."""
    part = data[first * cols : (first + count) * cols]
    return np.frombuffer(part, np.int8).reshape(count, cols)
