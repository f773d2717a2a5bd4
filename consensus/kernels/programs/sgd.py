"""int-sgd-v1 step by step: the twin of `runtime.programs.sgd`, whose rules it follows.

Every number is an int64 and every sum is far below 2^63, so no order of adding matters.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from runtime.programs.integers import Int64Array
from runtime.programs.sgd import BACK_BITS, FRACTION_BITS, WEIGHT_HIGH, WEIGHT_LOW
from runtime.tensor.value import OPERAND_MAX, Int8Array

Int32Array: TypeAlias = npt.NDArray[np.int32]


class Rule(NamedTuple):
    """The parameters that a step reads."""

    margin: int
    shift: int
    rate: int
    hidden_rate: int


@njit(nogil=True, cache=True)
def train_linear(
    rule: Rule,
    weights: Int64Array,
    x: Int8Array,
    labels: Int64Array,
    chosen: Int64Array,
    misses: Int64Array,
) -> None:
    """Moves int64[cols + 1, classes] by the batches int64[steps, batch]; notes each one's misses.

    ``x`` is int8[rows, cols + 1], its last column the constant.
    """
    batch = chosen.shape[1]
    operand = np.empty(weights.shape, np.int32)
    scores = np.empty((batch, weights.shape[1]), np.int32)
    errors = np.empty(scores.shape, np.int32)
    gradient = np.empty(weights.shape, np.int32)
    left = np.empty((batch, x.shape[1]), np.int32)
    for step in range(len(chosen)):
        _gather(x, chosen[step], left)
        _to_operand(weights, operand)
        _multiply(left, operand, scores)
        misses[step] = _find_errors(scores, labels, chosen[step], rule.margin, errors)
        _multiply_back(left, errors, gradient)
        _move(weights, gradient, rule.rate, batch)


@njit(nogil=True, cache=True)
def train_perceptron(
    rule: Rule,
    first: Int64Array,
    second: Int64Array,
    x: Int8Array,
    labels: Int64Array,
    chosen: Int64Array,
    misses: Int64Array,
) -> None:
    """The same for int64[cols + 1, hidden] and int64[hidden + 1, classes]."""
    batch, width, classes = chosen.shape[1], first.shape[1], second.shape[1]
    operand, operand_second = np.empty(first.shape, np.int32), np.empty(second.shape, np.int32)
    left = np.empty((batch, x.shape[1]), np.int32)
    sums, back = np.empty((batch, width), np.int32), np.empty((batch, width), np.int32)
    hidden = np.full((batch, width + 1), OPERAND_MAX, np.int32)
    scores, errors = np.empty((batch, classes), np.int32), np.empty((batch, classes), np.int32)
    gradient, gradient_second = np.empty(first.shape, np.int32), np.empty(second.shape, np.int32)
    for step in range(len(chosen)):
        _gather(x, chosen[step], left)
        _to_operand(first, operand)
        _to_operand(second, operand_second)
        _multiply(left, operand, sums)
        for row in range(batch):
            for unit in range(width):
                sums[row, unit] >>= rule.shift
                hidden[row, unit] = min(max(sums[row, unit], 0), OPERAND_MAX)
        _multiply(hidden, operand_second, scores)
        misses[step] = _find_errors(scores, labels, chosen[step], rule.margin, errors)
        _find_back_errors(errors, operand_second, sums, back)
        _multiply_back(left, back, gradient)
        _multiply_back(hidden, errors, gradient_second)
        _move(first, gradient, rule.hidden_rate, batch)
        _move(second, gradient_second, rule.rate, batch)


@njit(nogil=True, cache=True)
def _gather(x: Int8Array, chosen: Int64Array, left: Int32Array) -> None:
    for row in range(len(chosen)):
        for column in range(x.shape[1]):
            left[row, column] = x[chosen[row], column]


@njit(nogil=True, cache=True)
def _to_operand(weights: Int64Array, operand: Int32Array) -> None:
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            operand[row, column] = weights[row, column] >> FRACTION_BITS


@njit(nogil=True, cache=True)
def _multiply(left: Int32Array, right: Int32Array, product: Int32Array) -> None:
    """Left . right, in the order that lets the innermost loop run over a row."""
    for row in range(left.shape[0]):
        product[row] = 0
        for inner in range(left.shape[1]):
            factor = left[row, inner]
            if factor != 0:
                for column in range(right.shape[1]):
                    product[row, column] += factor * right[inner, column]


@njit(nogil=True, cache=True)
def _multiply_back(left: Int32Array, errors: Int32Array, gradient: Int32Array) -> None:
    """The left side's transpose . errors."""
    gradient[:] = 0
    for row in range(left.shape[0]):
        for inner in range(left.shape[1]):
            factor = left[row, inner]
            if factor != 0:
                for column in range(errors.shape[1]):
                    gradient[inner, column] += factor * errors[row, column]


@njit(nogil=True, cache=True)
def _find_errors(
    scores: Int32Array, labels: Int64Array, chosen: Int64Array, margin: int, errors: Int32Array
) -> int:
    """The sign in which each score errs; returns how many rows have another highest score."""
    missed = 0
    for row in range(scores.shape[0]):
        label, best = labels[chosen[row]], 0
        for column in range(scores.shape[1]):
            wanted = 1 if column == label else -1
            errors[row, column] = -wanted if wanted * scores[row, column] < margin else 0
            if scores[row, column] > scores[row, best]:
                best = column
        missed += best != label
    return missed


@njit(nogil=True, cache=True)
def _find_back_errors(
    errors: Int32Array, second: Int32Array, sums: Int32Array, back: Int32Array
) -> None:
    """What each hidden unit that was neither shut nor full should have been less."""
    for row in range(back.shape[0]):
        for unit in range(back.shape[1]):
            back[row, unit] = 0
            if 0 < sums[row, unit] < OPERAND_MAX:
                total = 0
                for column in range(errors.shape[1]):
                    total += errors[row, column] * second[unit, column]
                back[row, unit] = min(max(total >> BACK_BITS, -OPERAND_MAX), OPERAND_MAX)


@njit(nogil=True, cache=True)
def _move(weights: Int64Array, gradient: Int32Array, rate: int, batch: int) -> None:
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            step = (int(gradient[row, column]) << rate) // batch
            moved = weights[row, column] - step
            weights[row, column] = min(max(moved, WEIGHT_LOW), WEIGHT_HIGH)
