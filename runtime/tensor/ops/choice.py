"""Ops that turn a row of scores into shares or a class."""

import numpy as np

from runtime.codec import variant
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.ops.matmul import ValueId
from runtime.tensor.value import Arrays, DType, IntArray, Interval, Types, ValueType

EXP2 = (
    32768, 31378, 30048, 28774, 27554, 26386, 25267, 24196,
    23170, 22188, 21247, 20346, 19483, 18657, 17866, 17109,
)  # fmt: skip
"""floor(2^15 / 2^(i / 16)): the weight of a score i sixteenths of an octave below the best."""

ISOFTMAX_COLS_MAX = 2**16 - 1
"""So many weights of at most 2^15 sum to less than 2^31."""


@variant(15, name="ISOFTMAX")
@frozen
class Isoftmax:
    """Each score's share of its row, 0 to 255, a score of 16 more being worth twice as much.

    With d = max(row) - x, the weight of x is EXP2[d mod 16] >> (d div 16) and its share
    floor(255 · weight / sum of the row's weights).
    """

    source: ValueId

    def infer(self, types: Types) -> ValueType:
        """U8; the spread of the scores must fit i32."""
        source = types.get_value(self.source)
        most = ISOFTMAX_COLS_MAX
        ensure(source.cols <= most, f"at most {most} columns", source.cols)
        spread = source.bounds.high - source.bounds.low
        ensure(spread < 2**31, "a spread below 2^31", spread)
        return ValueType(DType.U8, source.cols, Interval(0, 255))

    def run(self, arrays: Arrays) -> IntArray:
        """The shares; a weight shifted by 16 or more is zero."""
        scores = arrays.values[self.source].astype(np.int32, copy=False)
        best: IntArray = scores.max(axis=1, keepdims=True)
        below = best - scores
        weights = np.array(EXP2, np.int32)[below & 15] >> np.minimum(below >> 4, 16)
        sums: IntArray = weights.sum(axis=1, keepdims=True, dtype=np.int32)
        shares: IntArray = weights * np.int32(255) // sums
        return shares.astype(np.uint8)


@variant(16, name="ARGMAX")
@frozen
class Argmax:
    """The column of the row's largest integer; the lowest such column wins a tie."""

    source: ValueId

    def infer(self, types: Types) -> ValueType:
        """One column of I32."""
        source = types.get_value(self.source)
        return ValueType(DType.I32, 1, Interval(0, source.cols - 1), work=source.cols)

    def run(self, arrays: Arrays) -> IntArray:
        """The first maximum."""
        columns: IntArray = arrays.values[self.source].argmax(axis=1, keepdims=True)
        return columns.astype(np.int32)
