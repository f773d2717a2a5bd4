"""Row batching: the products that several slots wait for on one tensor become one.

Rows of many slots and jobs are stacked, so that small requests fill the tiles they pay for and
still mine. Whatever model a slot runs and however far it is, only the tensor must be the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from chain.authorship.work import TaskProduct
from pallets.runtime import Runtime
from pallets.work.operands import CELLS_MAX, MODELS_MAX, OPERAND_BYTES_MAX, REPLAY_MACS_MAX
from runtime.frame.ai_types import ModelInfo, SlotId, SlotWork, VerifierId
from runtime.model import LoadedModel, count_cells, load_model, load_rows
from runtime.primitives import Root
from runtime.tensor.commitment import COLUMN_MULTIPLE, STRIP_ROWS
from runtime.tensor.interpreter import GraphRun, Operands
from runtime.tensor.value import Int8Array, Int32Array
from runtime.work_summary import REFS_MAX, RowRef


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """A locked slot with everything needed to run it."""

    slot: SlotId
    version: tuple[int, int]
    """The model's record and version."""

    info: ModelInfo
    model: LoadedModel
    rows: Int8Array
    verifier: VerifierId


def load_assignment(runtime: Runtime, slot: SlotId, work: SlotWork) -> Assignment | None:
    """What a slot needs, from the state; None where a part of it is not there."""
    records, version = runtime.registry.records, (work.model, work.version)
    info, inputs = records.get_model(*version), records.get_blob(work.inputs)
    model = None if info is None else load_model(info, records)
    if info is None or model is None or inputs is None:
        return None
    rows = load_rows(inputs, model.checked.graph.input.cols, work.row_first, work.rows)
    verifier = runtime.market.job[slot.job].verifier
    return Assignment(slot, version, info, model, rows, verifier)


@dataclass(slots=True, eq=False)
class SlotRun:
    """One slot's run through its model, from product to product."""

    assignment: Assignment
    run: GraphRun
    products: list[Int32Array] = field(default_factory=list[Int32Array])

    @classmethod
    def begin(cls, assignment: Assignment) -> "SlotRun":
        """The run up to its first product. Errors: GraphError."""
        model = assignment.model
        return cls(assignment, GraphRun(model.checked, model.tensors, assignment.rows))

    @property
    def is_finished(self) -> bool:
        """Whether it has its output."""
        return self.run.pending is None

    @property
    def layer(self) -> int:
        """The number of the product that it waits for."""
        return len(self.products)

    def get_pending(self) -> Operands:
        """The operands of that product; only of a run that is not finished."""
        assert self.run.pending is not None, "asked of unfinished runs only; qed"
        return self.run.pending

    def get_tensor_root(self) -> Root:
        """The commitment of the tensor that it waits to be multiplied with."""
        return self.assignment.info.tensors[self.get_pending().tensor].root

    def get_replay_macs(self) -> int:
        """What the chain spends on checking where its rows come from."""
        macs = sum(each.macs for each in self.assignment.model.checked.matmuls[: self.layer])
        return macs * len(self.assignment.rows)

    def get_replay_cells(self) -> int:
        """The same, in integers that are read or written."""
        return count_cells(self.assignment.model.checked, len(self.assignment.rows))

    def resume(self, product: Int32Array) -> None:
        """Goes on with its product."""
        self.products.append(product)
        self.run.resume(product)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Runs that wait for products with one tensor, in the order of their rows."""

    runs: tuple[SlotRun, ...]

    def make_task(self) -> TaskProduct:
        """The stacked product with the map of its rows."""
        pending = [each.get_pending() for each in self.runs]
        rows = tuple(
            RowRef(each.assignment.slot.job, each.assignment.slot.slot, each.layer, len(waits.a))
            for each, waits in zip(self.runs, pending, strict=True)
        )
        a = np.ascontiguousarray(np.concatenate([each.a for each in pending]), np.int8)
        return TaskProduct(a, np.ascontiguousarray(pending[0].b.T, np.int8), rows)

    def resume(self, product: Int32Array) -> None:
        """Gives every run its rows of the product."""
        first = 0
        for each in self.runs:
            count = len(each.get_pending().a)
            each.resume(np.ascontiguousarray(product[first : first + count]))
            first += count


@dataclass(frozen=True, slots=True)
class Room:
    """What a block's stack may still take; see `pallets.work.operands`."""

    refs: int = REFS_MAX
    operand_bytes: int = OPERAND_BYTES_MAX
    macs: int = REPLAY_MACS_MAX
    cells: int = CELLS_MAX

    def without(self, run: SlotRun) -> "Room":
        """What is left beside a run, whose rows count as if padded by themselves."""
        rows, k = run.get_pending().a.shape
        return Room(
            self.refs - 1,
            self.operand_bytes - _pad(rows, STRIP_ROWS) * _pad(k, COLUMN_MULTIPLE),
            self.macs - run.get_replay_macs(),
            self.cells - run.get_replay_cells(),
        )

    @property
    def is_enough(self) -> bool:
        """Whether nothing is exceeded."""
        return min(self.refs, self.operand_bytes, self.macs, self.cells) >= 0


BLOCK_ROOM: Final = Room()


def choose_batch(waiting: Sequence[SlotRun], room: Room = BLOCK_ROOM) -> Batch:
    """The first run that waits, with all others on its tensor, as far as a block may hold them."""
    first = waiting[0]
    root = first.get_tensor_root()
    taken, versions = [first], {first.assignment.version}
    room = room.without(first)
    for each in waiting[1:]:
        version, rest = each.assignment.version, room.without(each)
        has_model = version in versions or len(versions) < MODELS_MAX
        if each.get_tensor_root() == root and has_model and rest.is_enough:
            taken.append(each)
            versions.add(version)
            room = rest
    return Batch(tuple(taken))


def _pad(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple
