"""stats-v1: counts and sums of groups of rows, and nothing of a group that is too small."""

from typing import Annotated, ClassVar

import numpy as np

from runtime.codec import I8, U16, U32, Compact, MaxLen
from runtime.frozen import frozen
from runtime.primitives import Root
from runtime.programs.integers import Int64Array
from runtime.programs.program import Cost, Inputs, ensure

GROUP_ROWS_MIN = 5
"""The least that a group's smallest size may be set to."""

COLUMNS_MAX = 16
OUTPUT_BYTES_MAX = 4_096
NUMBER_BYTES = 8


@frozen
class Statistics:
    """Aggregates by group; one slot."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::statistics::Statistics"

    rows: Root
    """The blob of the rows: int8, row after row."""

    count: Compact[U32]
    cols: Compact[U32]
    group: U16
    """The column by which rows are grouped."""

    low: I8
    high: I8
    """A row whose group is not between these, both included, is left out."""

    columns: Annotated[tuple[U16, ...], MaxLen(COLUMNS_MAX)]
    """The columns that are summed."""

    group_rows_min: Compact[U32]
    """Of a group with fewer rows nothing is said, not even how many."""

    @property
    def is_chain(self) -> bool:
        """There is one slot."""
        return False

    @property
    def groups(self) -> int:
        """How many groups there may be."""
        return self.high - self.low + 1

    def count_slots(self) -> int:
        """One."""
        return 1

    def get_roots(self) -> tuple[Root, ...]:
        """The rows."""
        return (self.rows,)

    def get_output_bytes(self, slot: int) -> int:
        """So many numbers for each group."""
        del slot  # there is one
        return self.groups * (1 + len(self.columns)) * NUMBER_BYTES

    def plan(self, inputs: Inputs) -> Cost:
        """The cost of it all."""
        (rows,) = inputs.blobs
        ensure(self.count >= 1, "at least one row", self.count)
        ensure(self.cols >= 1, "at least one column", self.cols)
        ensure(len(rows) == self.count * self.cols, f"{self.count} x {self.cols}", len(rows))
        ensure(self.low <= self.high, "a group at least", f"{self.low} to {self.high}")
        named = (self.group, *self.columns)
        ensure(max(named) < self.cols, f"columns below {self.cols}", max(named))
        ensure(bool(self.columns), "a column to sum", "none")
        is_private = self.group_rows_min >= GROUP_ROWS_MIN
        ensure(is_private, f"groups of at least {GROUP_ROWS_MIN} rows", self.group_rows_min)
        size = self.get_output_bytes(0)
        ensure(size <= OUTPUT_BYTES_MAX, f"at most {OUTPUT_BYTES_MAX} bytes", size)
        return Cost(0, self.count * (self.cols + 2 * len(named)) + size, size)

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """For each group its rows and the sum of each column, zeros for one too small."""
        del slot  # there is one
        (data,) = inputs.blobs
        rows = np.frombuffer(data, np.int8).reshape(self.count, self.cols).astype(np.int64)
        groups = rows[:, self.group] - self.low
        is_counted = (groups >= 0) & (groups < self.groups)
        chosen = rows[is_counted][:, list(self.columns)]
        parts = np.concatenate([np.ones((len(chosen), 1), np.int64), chosen], axis=1)
        sums = np.zeros((self.groups, parts.shape[1]), np.int64)
        np.add.at(sums, groups[is_counted], parts)
        return self.dump_sums(sums)

    def dump_sums(self, sums: Int64Array) -> bytes:
        """The output of int64[groups, 1 + columns], in which groups that are too small are blanked.

        int64, little endian: the groups from `low` to `high`, one after the other.
        """
        sums[sums[:, 0] < self.group_rows_min] = 0
        return sums.astype("<i8").tobytes()

    def load_sums(self, output: bytes) -> Int64Array:
        """int64[groups, 1 + columns]: rows, then sums."""
        return np.frombuffer(output, "<i8").astype(np.int64).reshape(self.groups, -1)
