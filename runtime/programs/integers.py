"""Exact integer arithmetic on arrays, as Python's own integers have it."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from runtime.programs.program import ensure
from runtime.tensor.value import OPERAND, Int8Array, Interval

Int64Array: TypeAlias = npt.NDArray[np.int64]


def compute_isqrt(values: Int64Array) -> Int64Array:
    """The floor of the square root of each entry, from 0 to 2^62 - 1: one bit a step."""
    largest = int(values.max(initial=0))
    rest, root = values.copy(), np.zeros_like(values)
    for place in range((largest.bit_length() - 1) // 2 * 2, -1, -2):
        trial = root + (1 << place)
        is_set = rest >= trial
        np.subtract(rest, trial, out=rest, where=is_set)
        root >>= 1
        root[is_set] += 1 << place
    return root


def load_operands(data: bytes, rows: int, cols: int) -> Int8Array:
    """int8[rows, cols] in [-63, 63], read-only. Errors: `ProgramError`."""
    ensure(len(data) == rows * cols, f"{rows} x {cols} bytes", len(data))
    values = np.frombuffer(data, np.int8).reshape(rows, cols)
    found = Interval(int(values.min(initial=0)), int(values.max(initial=0)))
    ensure(found.is_within(OPERAND), f"entries in {OPERAND}", found)
    return values


def load_labels(data: bytes, rows: int, classes: int) -> Int64Array:
    """int64[rows], each below ``classes``. Errors: `ProgramError`."""
    ensure(len(data) == rows, f"{rows} labels", len(data))
    labels = np.frombuffer(data, np.uint8).astype(np.int64)
    highest = int(labels.max(initial=0))
    ensure(highest < classes, f"labels below {classes}", highest)
    return labels
