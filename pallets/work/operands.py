"""The operand that a block stacked from slots' rows, computed again from the state.

Nothing is believed: the rows of a slot at a layer are those that its model's graph makes of the
slot's inputs, run up to that layer.
"""

from dataclasses import dataclass

import numpy as np

from pallets.work.declarations import (
    OperandMismatch,
    RefNotOpen,
    ReplayTooLarge,
    ShapeMismatch,
    StaleModel,
    TensorMismatch,
)
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import ModelInfo, SlotWork
from runtime.model import LoadedModel, count_cells, load_model, load_rows
from runtime.tensor import GraphRun
from runtime.tensor.check import MatmulShape
from runtime.tensor.commitment import COLUMN_MULTIPLE, STRIP_ROWS, matrix_root
from runtime.tensor.value import Int8Array
from runtime.work_summary import RowRef, WorkSummary

REPLAY_MACS_MAX = 50_000_000
"""The most multiply-accumulates spent on running slots up to the layers that were mined."""

CELLS_MAX = 1 << 22
"""The most integers read or written while doing so."""

MODELS_MAX = 8
"""Versions of models that one stack may come from."""

OPERAND_BYTES_MAX = 1 << 22
"""The largest stacked operand."""

STALE_BLOCKS = 1_000
"""Products of a model count for so long after it was retired, or has expired."""


def is_stale(model: ModelInfo, number: int) -> bool:
    """Whether products of a model do not count in this block any more."""
    return model.expires_at + STALE_BLOCKS <= number


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """A version of a model, as the registry has it and ready to run."""

    info: ModelInfo
    loaded: LoadedModel


class OperandStack:
    """The rows that a block's summary refers to, gathered slot by slot in its order."""

    def __init__(self, records: Records, summary: WorkSummary, number: int) -> None:
        self._records = records
        self._number = number
        self._summary = summary
        self._sources: dict[tuple[int, int], _Source] = {}
        self._parts: list[Int8Array] = []
        self.macs = 0
        """Multiply-accumulates spent so far on layers before those that were mined."""

        self.cells = 0
        """Integers read or written so far."""

        self.blobs = 0
        """Tensors and inputs read so far."""

        self.blob_bytes = 0
        """Their bytes."""

    def ensure_size(self) -> None:
        """`ShapeMismatch` unless the rows, padded, are m; `ReplayTooLarge` beyond the limit."""
        rows = sum(ref.count for ref in self._summary.rows)
        if rows == 0 or self._summary.m != _pad(rows, STRIP_ROWS):
            raise ShapeMismatch(f"{rows} rows make no operand of {self._summary.m}")
        if self._summary.m * self._summary.k > OPERAND_BYTES_MAX:
            raise ReplayTooLarge(f"an operand has at most {OPERAND_BYTES_MAX} bytes")

    def add(self, ref: RowRef, work: SlotWork) -> int:
        """Adds one slot's rows; returns the multiply-accumulates they are worth, unpadded.

        Errors: `RefNotOpen`, `ShapeMismatch`, `TensorMismatch`, `ReplayTooLarge`, `StaleModel`.
        """
        source = self._get_source(work)
        inputs = self._records.get_blob(work.inputs)
        if source is None or inputs is None:
            raise RefNotOpen("model or inputs are not in the state")
        if is_stale(source.info, self._number):
            raise StaleModel(f"the model's time ended at block {source.info.expires_at}")
        matmuls = source.loaded.checked.matmuls
        if ref.layer >= len(matmuls):
            raise ShapeMismatch(f"the model has {len(matmuls)} products, not {ref.layer + 1}")
        shape = matmuls[ref.layer]
        if source.info.tensors[shape.tensor].root != self._summary.root_b:
            raise TensorMismatch
        self._ensure_shape(ref, shape, work.rows)
        self.macs += sum(each.macs for each in matmuls[: ref.layer]) * work.rows
        self.cells += count_cells(source.loaded.checked, work.rows)
        if self.macs > REPLAY_MACS_MAX or self.cells > CELLS_MAX:
            raise ReplayTooLarge(f"{self.macs} MACs and {self.cells} other integers")
        self._count_blobs(1, len(inputs))
        cols = source.loaded.checked.graph.input.cols
        rows = load_rows(inputs, cols, work.row_first, work.rows)
        self._parts.append(_run_to(source.loaded, rows, ref.layer))
        return shape.macs * work.rows

    def ensure_root(self) -> None:
        """`OperandMismatch` unless the rows are what the block's operand A commits to."""
        if matrix_root(np.concatenate(self._parts)) != self._summary.root_a:
            raise OperandMismatch

    def _get_source(self, work: SlotWork) -> _Source | None:
        key = (work.model, work.version)
        if key not in self._sources:
            if len(self._sources) == MODELS_MAX:
                raise ReplayTooLarge(f"at most {MODELS_MAX} models")
            info = self._records.get_model(*key)
            loaded = None if info is None else load_model(info, self._records)
            if info is None or loaded is None:
                return None
            self._count_blobs(len(loaded.tensors), loaded.tensor_bytes)
            self._sources[key] = _Source(info, loaded)
        return self._sources[key]

    def _count_blobs(self, count: int, size_bytes: int) -> None:
        self.blobs += count
        self.blob_bytes += size_bytes

    def _ensure_shape(self, ref: RowRef, shape: MatmulShape, rows: int) -> None:
        expected = (
            rows * shape.positions,
            _pad(shape.n, STRIP_ROWS),
            _pad(shape.k, COLUMN_MULTIPLE),
        )
        got = (ref.count, self._summary.n, self._summary.k)
        if got != expected:
            raise ShapeMismatch(f"expected rows, n and k {expected}, got {got}")


def _pad(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _run_to(model: LoadedModel, rows: Int8Array, layer: int) -> Int8Array:
    """Operand A of a MATMUL, by its number: int8[rows * positions, k]."""
    run = GraphRun(model.checked, model.tensors, rows)
    for _ in range(layer):
        run.compute_next()
    assert run.pending is not None, "the graph has more products than that; qed"
    return run.pending.a
