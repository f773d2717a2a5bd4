"""Ops of attention: the product of two values, softmax and normalisation at each position."""

from math import isqrt

import numpy as np

from runtime.codec import U8, U16, variant
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.ops.choice import EXP2, ISOFTMAX_COLS_MAX
from runtime.tensor.ops.matmul import Count, ValueId
from runtime.tensor.product import compute_products
from runtime.tensor.value import (
    INNER_MAX,
    OPERAND,
    Arrays,
    DType,
    IntArray,
    Interval,
    Types,
    ValueType,
)

MACS_PER_CELL = 64
"""Multiply-accumulates of a BMM that cost no more than one integer read or written."""

GROUP_CELLS = 16
"""What calling one of a BMM's small products costs, in such integers."""

SHARES_MAX = 2**15
WORDS = 2**63
"""What 64 bits hold beside the sign."""


@variant(19, name="BMM")
@frozen
class Bmm:
    """Products of two computed values: left[rows, inner] · right[inner, n] for each group.

    Its operands have the range of a MATMUL's, but none is a tensor: the Task lane does not mine it
    and its multiply-accumulates are not counted as MACs.
    """

    left: ValueId
    right: ValueId
    groups: Count
    rows: Count
    inner: Count

    def infer(self, types: Types) -> ValueType:
        """Groups times rows times n accumulators, each the sum of `inner` products."""
        left = types.get_value(self.left, DType.I8)
        right = types.get_value(self.right, DType.I8)
        sizes = (self.groups, self.rows, self.inner)
        ensure(min(sizes) >= 1, "groups, rows and an inner dimension of at least 1", sizes)
        ensure(self.inner <= INNER_MAX, f"an inner dimension of at most {INNER_MAX}", self.inner)
        shape = f"{self.groups} x {self.rows} x {self.inner} columns on the left"
        ensure(left.cols == self.groups * self.rows * self.inner, shape, left.cols)
        whole = self.groups * self.inner
        ensure(right.cols % whole == 0, f"a multiple of {whole} columns on the right", right.cols)
        for side in (left, right):
            ensure(side.bounds.is_within(OPERAND), f"operands within {OPERAND}", side.bounds)
        cols = self.groups * self.rows * (right.cols // whole)
        macs = cols * self.inner
        work = left.cols + right.cols + macs // MACS_PER_CELL + GROUP_CELLS * self.groups
        bounds = (left.bounds * right.bounds).compute_sum(self.inner)
        return ValueType(DType.I32, cols, bounds, work=max(work, cols))

    def run(self, arrays: Arrays) -> IntArray:
        """One product for each sample and group."""
        samples = arrays.values[self.left].shape[0]
        left = arrays.values[self.left].reshape(samples, self.groups, self.rows, self.inner)
        right = arrays.values[self.right].reshape(samples, self.groups, self.inner, -1)
        narrow = (side.astype(np.int8, copy=False) for side in (left, right))
        return compute_products(*narrow).reshape(samples, -1)


@variant(20, name="SOFTMAX")
@frozen
class Softmax:
    """Each score's share of its position, 0 to `shares`, rounded half up.

    Weights are those of ISOFTMAX: a score of 16 more is worth twice as much.
    """

    source: ValueId
    positions: Count
    shares: U16

    def infer(self, types: Types) -> ValueType:
        """I32; the spread of the scores must fit i32."""
        source = types.get_value(self.source)
        width = _compute_width(source.cols, self.positions)
        most = ISOFTMAX_COLS_MAX
        ensure(width <= most, f"at most {most} columns a position", width)
        ensure(1 <= self.shares <= SHARES_MAX, f"1 to {SHARES_MAX} shares", self.shares)
        spread = source.bounds.high - source.bounds.low
        ensure(spread < 2**31, "a spread below 2^31", spread)
        work = source.cols + self.positions
        return ValueType(DType.I32, source.cols, Interval(0, self.shares), work=work)

    def run(self, arrays: Arrays) -> IntArray:
        """The shares, in i32: shares · weight and half the sum stay below 2^30 each."""
        source = arrays.values[self.source].astype(np.int32, copy=False)
        scores = source.reshape(source.shape[0], self.positions, -1)
        best: IntArray = scores.max(axis=2, keepdims=True)
        below = best - scores
        weights = np.array(EXP2, np.int32)[below & 15] >> np.minimum(below >> 4, 16)
        sums: IntArray = weights.sum(axis=2, keepdims=True, dtype=np.int32)
        shares: IntArray = (weights * np.int32(self.shares) + (sums >> 1)) // sums
        return shares.reshape(source.shape)


@variant(21, name="NORM")
@frozen
class Norm:
    """Each position's columns less their mean, over their standard deviation, times 2^bits.

    With d = n · x - sum of x and s = floor(sqrt(floor(sum of d² / n))), an entry is
    floor(2^bits · d / max(s, 1)).
    """

    source: ValueId
    positions: Count
    bits: U8

    def infer(self, types: Types) -> ValueType:
        """I32; d < sqrt(n) · (s + 1), so no entry exceeds 2 · sqrt(n) · 2^bits."""
        source = types.get_value(self.source)
        width = _compute_width(source.cols, self.positions)
        largest = width * (source.bounds.high - source.bounds.low)
        ensure(self.bits <= 30, "a shift of 0 to 30 bits", self.bits)
        ensure(width * largest**2 < WORDS, "squares whose sum is below 2^63", width * largest**2)
        ensure(largest << self.bits < WORDS, "entries below 2^63", largest << self.bits)
        bound = min(2 * (isqrt(width - 1) + 1), largest) << self.bits
        work = 2 * source.cols + 4 * self.positions
        return ValueType(DType.I32, source.cols, Interval(-bound, bound), work=work)

    def run(self, arrays: Arrays) -> IntArray:
        """The entries, in 64 bits."""
        source = arrays.values[self.source]
        x = source.reshape(source.shape[0], self.positions, -1).astype(np.int64)
        width = x.shape[2]
        d = x * width - x.sum(axis=2, keepdims=True)
        squares: IntArray = (d * d).sum(axis=2, keepdims=True) // width
        roots = [max(isqrt(square), 1) for square in squares.ravel().tolist()]
        entries: IntArray = (d << self.bits) // np.array(roots, np.int64).reshape(squares.shape)
        return entries.astype(np.int32).reshape(source.shape)


def _compute_width(cols: int, positions: int) -> int:
    ensure(positions >= 1, "at least one position", positions)
    ensure(cols % positions == 0, f"a multiple of {positions} columns", cols)
    return cols // positions
