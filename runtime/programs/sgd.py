"""int-sgd-v1: a linear model or a perceptron trained in integers, by one-against-all hinges.

Weights have `FRACTION_BITS` beneath the point; their whole parts are the operands of a product. A
constant input of 63 beside each row, and beside each hidden row, carries the biases. The page
`docs/spec/programs.md` says the same in formulas.
"""

from typing import ClassVar

import numpy as np

from runtime.codec import U8, U16, U32, Compact
from runtime.crypto.hashing import shake_256
from runtime.frame.ai_types import BLOB_BYTES_MAX
from runtime.frozen import frozen
from runtime.primitives import Hash, Root
from runtime.programs.integers import Int64Array, load_labels, load_operands
from runtime.programs.program import Cost, Inputs, ensure
from runtime.tensor.product import compute_products
from runtime.tensor.value import OPERAND_MAX, Int8Array

FRACTION_BITS = 10
WEIGHT_LOW = -OPERAND_MAX << FRACTION_BITS
WEIGHT_HIGH = ((OPERAND_MAX + 1) << FRACTION_BITS) - 1
"""Between these two the whole part of a weight is an operand."""

COLS_MAX, HIDDEN_MAX, CLASSES_MAX, BATCH_MAX, STEPS_MAX = 1_024, 256, 64, 256, 1 << 20
RATE_MAX, SHIFT_MAX = 16, 31
MARGIN_MAX = 1 << 30
BACK_BITS = 2
"""By so many bits an error of the hidden layer is divided before it is clipped."""

WEIGHT_BYTES, MISS_BYTES, INDEX_BYTES = 4, 2, 4
MISS_TYPE = "<u2"

STEP_CELLS, WEIGHT_CELLS, BATCH_CELLS = 9_000, 2, 2
"""What a step costs whatever its size, for each weight, and for each integer of its batch."""


@frozen
class Weights:
    """What is trained, `FRACTION_BITS` beneath the point; the last row of each is the biases."""

    first: Int64Array
    """int64[cols + 1, hidden], or [cols + 1, classes] in a linear model."""

    second: Int64Array | None
    """int64[hidden + 1, classes]; None in a linear model."""


@frozen
class Sgd:
    """Steps of gradient descent over rows with labels; a slot is a segment of steps."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::sgd::Sgd"

    rows: Root
    """The blob of the rows: int8 in [-63, 63], row after row."""

    labels: Root
    """The blob of their labels, a byte each."""

    count: Compact[U32]
    """How many rows there are."""

    cols: Compact[U32]
    hidden: U16
    """The width of the hidden layer; 0 for a linear model."""

    classes: U8
    batch: U16
    margin: Compact[U32]
    """A score that is right by so much teaches nothing."""

    shift: U8
    """By so many bits a hidden sum is divided before it is clipped to [0, 63]."""

    rate: U8
    hidden_rate: U8
    """A gradient counts two to this power, in units of the lowest bit of a weight."""

    seed: Hash
    steps: Compact[U32]
    steps_per_slot: Compact[U32]
    """The last slot may have fewer."""

    @property
    def is_chain(self) -> bool:
        """Every segment goes on with the weights of the one before."""
        return True

    def count_slots(self) -> int:
        """How many segments the steps make."""
        return -(-self.steps // self.steps_per_slot) if self.steps_per_slot > 0 else 0

    def count_steps(self, slot: int) -> int:
        """How many steps a segment has."""
        return min(self.steps_per_slot, self.steps - slot * self.steps_per_slot)

    def get_roots(self) -> tuple[Root, ...]:
        """Rows and labels."""
        return self.rows, self.labels

    @property
    def weights_count(self) -> int:
        """How many weights are trained."""
        if self.hidden == 0:
            return (self.cols + 1) * self.classes
        return (self.cols + 1) * self.hidden + (self.hidden + 1) * self.classes

    def get_output_bytes(self, slot: int) -> int:
        """Weights, and a number for each step."""
        return self.weights_count * WEIGHT_BYTES + self.count_steps(slot) * MISS_BYTES

    def plan(self, inputs: Inputs) -> Cost:
        """The cost of a full segment."""
        _ensure_parameters(self)
        rows, labels = inputs.blobs
        load_operands(rows, self.count, self.cols)
        load_labels(labels, self.count, self.classes)
        steps = self.count_steps(0)
        passes = 2 if self.hidden == 0 else 3
        width = self.cols + self.hidden + self.classes
        cells = self.weights_count * WEIGHT_CELLS + self.batch * width * BATCH_CELLS + STEP_CELLS
        return Cost(
            steps * passes * self.batch * self.weights_count,
            steps * cells,
            self.get_output_bytes(0),
        )

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """The weights after the segment, and for each of its steps how many of its batch it missed.

        Weights as int32, then misses as uint16, little endian.
        """
        rows, labels = inputs.blobs
        x = append_one(load_operands(rows, self.count, self.cols))
        y = load_labels(labels, self.count, self.classes)
        weights = self.draw_weights() if slot == 0 else self.load_weights(inputs.before)
        first = slot * self.steps_per_slot
        misses: list[int] = []
        for step in range(first, first + self.count_steps(slot)):
            chosen = self.draw_batch(step)
            weights, missed = _descend(self, weights, x[chosen], y[chosen])
            misses.append(missed)
        return dump_weights(weights) + np.array(misses, MISS_TYPE).tobytes()

    # --- what a segment begins with

    def draw_batch(self, step: int) -> Int64Array:
        """The rows of a step's batch: SHAKE256(seed || step), four bytes each, modulo the count."""
        stream = shake_256(self.seed + step.to_bytes(4, "little"), self.batch * INDEX_BYTES)
        return np.frombuffer(stream, "<u4").astype(np.int64) % self.count

    def draw_weights(self) -> Weights:
        """The first weights: zeros in a linear model, else whole numbers in [-31, 31]."""
        if self.hidden == 0:
            return self._shape(np.zeros(self.weights_count, np.int64))
        stream = shake_256(self.seed + b"weights", self.weights_count)
        drawn = np.frombuffer(stream, np.uint8).astype(np.int64) % OPERAND_MAX - OPERAND_MAX // 2
        return self._shape(drawn << FRACTION_BITS)

    def load_weights(self, output: bytes) -> Weights:
        """The weights in the output of a segment. Errors: `ProgramError`."""
        size = self.weights_count * WEIGHT_BYTES
        ensure(len(output) >= size, f"{size} bytes of weights", len(output))
        flat = np.frombuffer(output[:size], "<i4").astype(np.int64)
        is_within = flat.min() >= WEIGHT_LOW and flat.max() <= WEIGHT_HIGH
        ensure(bool(is_within), f"weights in [{WEIGHT_LOW}, {WEIGHT_HIGH}]", "others")
        return self._shape(flat)

    def load_misses(self, output: bytes) -> tuple[int, ...]:
        """For each step of a segment, how many rows of its batch were told wrong."""
        tail = output[self.weights_count * WEIGHT_BYTES :]
        return tuple(int(missed) for missed in np.frombuffer(tail, MISS_TYPE))

    def _shape(self, flat: Int64Array) -> Weights:
        cols = self.cols + 1
        if self.hidden == 0:
            return Weights(flat.reshape(cols, self.classes), None)
        middle = cols * self.hidden
        first, second = flat[:middle], flat[middle:]
        return Weights(
            first.reshape(cols, self.hidden), second.reshape(self.hidden + 1, self.classes)
        )


def to_operand(weights: Int64Array) -> Int8Array:
    """The whole parts: what the model multiplies by, and what is exported."""
    return (weights >> FRACTION_BITS).astype(np.int8)


def _ensure_parameters(task: Sgd) -> None:
    ensure(1 <= task.cols <= COLS_MAX, f"1 to {COLS_MAX} columns", task.cols)
    ensure(task.hidden <= HIDDEN_MAX, f"at most {HIDDEN_MAX} hidden", task.hidden)
    ensure(2 <= task.classes <= CLASSES_MAX, f"2 to {CLASSES_MAX} classes", task.classes)
    ensure(1 <= task.batch <= BATCH_MAX, f"a batch of 1 to {BATCH_MAX}", task.batch)
    ensure(task.margin <= MARGIN_MAX, f"a margin of at most {MARGIN_MAX}", task.margin)
    ensure(task.shift <= SHIFT_MAX, f"a shift of at most {SHIFT_MAX}", task.shift)
    rate = max(task.rate, task.hidden_rate)
    ensure(rate <= RATE_MAX, f"rates of at most {RATE_MAX}", rate)
    ensure(1 <= task.steps <= STEPS_MAX, f"1 to {STEPS_MAX} steps", task.steps)
    ensure(task.steps_per_slot >= 1, "at least one step a slot", task.steps_per_slot)
    ensure(task.count >= 1, "at least one row", task.count)
    size = task.weights_count * WEIGHT_BYTES
    ensure(size <= BLOB_BYTES_MAX, f"weights of at most {BLOB_BYTES_MAX} bytes", size)


def append_one(x: Int8Array) -> Int8Array:
    """The rows with the constant 63 behind each."""
    return np.pad(x, ((0, 0), (0, 1)), constant_values=OPERAND_MAX)


def _descend(task: Sgd, weights: Weights, x: Int8Array, y: Int64Array) -> tuple[Weights, int]:
    """One step; with it, how many rows of the batch the weights told wrong before it."""
    first = to_operand(weights.first)
    if weights.second is None:
        scores = compute_products(x, first).astype(np.int64)
        errors = _compute_errors(scores, y, task.margin)
        linear = Weights(_move(weights.first, x, errors, task.rate, task.batch), None)
        return linear, _count_misses(scores, y)
    sums = compute_products(x, first) >> task.shift
    hidden = append_one(np.clip(sums, 0, OPERAND_MAX).astype(np.int8))
    second = to_operand(weights.second)
    scores = compute_products(hidden, second).astype(np.int64)
    errors = _compute_errors(scores, y, task.margin)
    back = compute_products(errors, np.ascontiguousarray(second[:-1].T)) >> BACK_BITS
    is_live = (sums > 0) & (sums < OPERAND_MAX)
    back_errors = np.where(is_live, np.clip(back, -OPERAND_MAX, OPERAND_MAX), 0).astype(np.int8)
    moved = Weights(
        _move(weights.first, x, back_errors, task.hidden_rate, task.batch),
        _move(weights.second, hidden, errors, task.rate, task.batch),
    )
    return moved, _count_misses(scores, y)


def _compute_errors(scores: Int64Array, y: Int64Array, margin: int) -> Int8Array:
    """For each score that is not right by the margin, the sign in which it errs; else 0."""
    wanted = np.full_like(scores, -1)
    np.put_along_axis(wanted, y.reshape(-1, 1), 1, axis=1)
    return np.where(wanted * scores < margin, -wanted, 0).astype(np.int8)


def _move(
    weights: Int64Array, x: Int8Array, errors: Int8Array, rate: int, batch: int
) -> Int64Array:
    gradient = compute_products(np.ascontiguousarray(x.T), errors).astype(np.int64)
    moved: Int64Array = weights - (gradient << rate) // batch
    return np.clip(moved, WEIGHT_LOW, WEIGHT_HIGH)


def _count_misses(scores: Int64Array, y: Int64Array) -> int:
    """Rows whose highest score, the lowest class of equals, is not their label's."""
    return int((scores.argmax(axis=1) != y).sum())


def dump_weights(weights: Weights) -> bytes:
    """Weights as an output has them: int32, little endian."""
    parts = [weights.first] if weights.second is None else [weights.first, weights.second]
    return b"".join(part.astype("<i4").tobytes() for part in parts)
