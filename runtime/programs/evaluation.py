"""eval-v1: how often a model tells the labels of rows; a slot is a shard of them."""

from enum import IntEnum, nonmember
from typing import ClassVar

import numpy as np

from runtime.codec import U8, U32, Compact
from runtime.frozen import frozen
from runtime.model import LoadedModel, count_cells, load_rows
from runtime.primitives import Root
from runtime.programs.integers import Int64Array, load_labels, load_operands
from runtime.programs.program import Cost, Inputs, ensure
from runtime.tensor.interpreter import GraphRun
from runtime.tensor.value import IntArray, find_range

CLASSES_MAX = 64
COUNT_BYTES, COUNT_TYPE = 4, "<u4"


class Metric(IntEnum):
    """What is counted."""

    SCALE_PATH = nonmember("soberana_programs::evaluation::Metric")

    ACCURACY = 0
    """Rows told right, and all rows."""

    CONFUSION = 1
    """For each label and each answer, the rows that have both."""


@frozen
class Evaluation:
    """A model's answers held against labels."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::evaluation::Evaluation"

    rows: Root
    """The blob of the rows, as the model reads them: int8, row after row."""

    labels: Root
    """The blob of their labels, a byte each."""

    count: Compact[U32]
    """How many rows there are."""

    count_per_slot: Compact[U32]
    """The last slot may have fewer."""

    classes: U8
    metric: Metric

    @property
    def is_chain(self) -> bool:
        """Shards are independent."""
        return False

    def count_slots(self) -> int:
        """How many shards the rows make."""
        return -(-self.count // self.count_per_slot) if self.count_per_slot > 0 else 0

    def get_roots(self) -> tuple[Root, ...]:
        """Rows and labels."""
        return self.rows, self.labels

    def get_output_bytes(self, slot: int) -> int:
        """The same for every shard."""
        del slot
        return COUNT_BYTES * (2 if self.metric is Metric.ACCURACY else self.classes**2)

    def plan(self, inputs: Inputs) -> Cost:
        """The cost of a full shard."""
        model = _get_model(inputs)
        ensure(1 <= self.classes <= CLASSES_MAX, f"1 to {CLASSES_MAX} classes", self.classes)
        ensure(self.count >= 1, "at least one row", self.count)
        ensure(self.count_per_slot >= 1, "at least one row a slot", self.count_per_slot)
        rows, labels = inputs.blobs
        source, cols = model.checked.graph.input, model.checked.output.cols
        values = load_operands(rows, self.count, source.cols)
        found = find_range(values)
        ensure(found.is_within(source.bounds), f"entries in {source.bounds}", found)
        load_labels(labels, self.count, self.classes)
        ensure(cols in (1, self.classes), f"a class or {self.classes} scores", f"{cols} columns")
        shard = min(self.count_per_slot, self.count)
        cells = count_cells(model.checked, shard) + shard + self.classes**2
        return Cost(model.checked.macs * shard, cells, self.get_output_bytes(0))

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """The counts as uint32, little endian."""
        output, labels = self.run_model(slot, inputs)
        return self._count(_choose(output), labels).astype(COUNT_TYPE).tobytes()

    def run_model(self, slot: int, inputs: Inputs) -> tuple[IntArray, Int64Array]:
        """What the model says of each row of a shard, [rows, 1 or classes], and their labels."""
        model = _get_model(inputs)
        rows, labels = inputs.blobs
        first = slot * self.count_per_slot
        count = min(self.count_per_slot, self.count - first)
        x = load_rows(rows, model.checked.graph.input.cols, first, count)
        run = GraphRun(model.checked, model.tensors, x)
        while run.pending is not None:
            run.compute_next()
        return run.output, load_labels(labels, self.count, self.classes)[first : first + count]

    def load_counts(self, output: bytes) -> Int64Array:
        """The counts of a shard: [right, all], or int64[classes, classes] by label and answer."""
        counts = np.frombuffer(output, COUNT_TYPE).astype(np.int64)
        if self.metric is Metric.ACCURACY:
            return counts
        return counts.reshape(self.classes, self.classes)

    def _count(self, answers: Int64Array, y: Int64Array) -> Int64Array:
        if self.metric is Metric.ACCURACY:
            return np.array([(answers == y).sum(), len(y)], np.int64)
        # An answer that is no class, which only a model of one column gives, is in no cell.
        is_class = (answers >= 0) & (answers < self.classes)
        cells = y[is_class] * self.classes + answers[is_class]
        return np.bincount(cells, minlength=self.classes**2)


def _get_model(inputs: Inputs) -> LoadedModel:
    ensure(inputs.model is not None, "a model", "none")
    assert inputs.model is not None, "just checked; qed"
    return inputs.model


def _choose(output: IntArray) -> Int64Array:
    """The answer of each row: its only column, or the column of its highest score."""
    if output.shape[1] == 1:
        return output[:, 0].astype(np.int64)
    answers: Int64Array = output.argmax(axis=1)
    return answers
