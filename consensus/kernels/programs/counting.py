"""What stats-v1 and eval-v1 count: the twins of `runtime.programs.statistics` and `evaluation`."""

import numpy as np
import numpy.typing as npt
from numba import njit

from runtime.programs.integers import Int64Array
from runtime.tensor.value import Int8Array, IntArray


@njit(nogil=True, cache=True)
def add_up_groups(
    rows: Int8Array, group: int, low: int, columns: npt.NDArray[np.int64], sums: Int64Array
) -> None:
    """Adds each row to its group in int64[groups, 1 + columns]: one, and its columns."""
    for row in range(rows.shape[0]):
        place = int(rows[row, group]) - low
        if 0 <= place < sums.shape[0]:
            sums[place, 0] += 1
            for index in range(len(columns)):
                sums[place, index + 1] += rows[row, columns[index]]


@njit(nogil=True, cache=True)
def count_answers(output: IntArray, labels: Int64Array, cells: Int64Array) -> int:
    """Counts each row in int64[classes, classes] by label and answer; returns how many are right.

    The answer is the only column, or the column of the highest score, the lowest of equals.
    """
    right = 0
    for row in range(output.shape[0]):
        answer = int(output[row, 0])
        if output.shape[1] > 1:
            answer = 0
            for column in range(1, output.shape[1]):
                if output[row, column] > output[row, answer]:
                    answer = column
        right += answer == labels[row]
        if 0 <= answer < cells.shape[1]:
            cells[labels[row], answer] += 1
    return right
