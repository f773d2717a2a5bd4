"""Ops that bring integers from one scale to another: multiply, shift, round, clamp."""

import numpy as np

from runtime.codec import I32, U8, variant
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.ops.matmul import Count, TensorId, ValueId
from runtime.tensor.value import Arrays, DType, IntArray, Interval, Types, ValueType

REQUANT_BITS_MAX = 62


def _infer(source: ValueType, factors: Interval, bits: int, clamp: Interval) -> ValueType:
    """I8 where the clamp fits it, I32 otherwise."""
    ensure(bits <= REQUANT_BITS_MAX, f"a shift of 0 to {REQUANT_BITS_MAX} bits", bits)
    ensure(clamp.low <= clamp.high, "clamp bounds in order", clamp)
    product, offset = source.bounds * factors, 1 << bits >> 1
    bounds = Interval((product.low + offset) >> bits, (product.high + offset) >> bits)
    dtype = DType.I8 if clamp.is_within(DType.I8.bounds) else DType.I32
    return ValueType(dtype, source.cols, bounds.clamp(clamp.low, clamp.high))


def _run(source: IntArray, factors: IntArray | np.int64, bits: int, clamp: Interval) -> IntArray:
    # |x * m| is at most 2^62 and half of 2^bits at most 2^61: their sum fits 64 bits.
    product = source.astype(np.int64) * factors
    product += 1 << bits >> 1
    product >>= bits
    narrow = np.int8 if clamp.is_within(DType.I8.bounds) else np.int32
    clamped: IntArray = np.clip(product, clamp.low, clamp.high).astype(narrow)
    return clamped


@variant(17, name="REQUANT")
@frozen
class Requant:
    """x · multiplier / 2^bits, rounded half up, clamped to [low, high]."""

    source: ValueId
    multiplier: I32
    bits: U8
    low: I32
    high: I32

    def infer(self, types: Types) -> ValueType:
        """The clamped range; the product is computed in 64 bits."""
        factors = Interval(self.multiplier, self.multiplier)
        source = types.get_value(self.source)
        return _infer(source, factors, self.bits, Interval(self.low, self.high))

    def run(self, arrays: Arrays) -> IntArray:
        """One multiplier for all."""
        factor, clamp = np.int64(self.multiplier), Interval(self.low, self.high)
        return _run(arrays.values[self.source], factor, self.bits, clamp)


@variant(18, name="REQUANTB")
@frozen
class Requantb:
    """REQUANT with a multiplier of its own for each column of each position."""

    source: ValueId
    tensor: TensorId
    positions: Count
    bits: U8
    low: I32
    high: I32

    def infer(self, types: Types) -> ValueType:
        """The source's shape."""
        source = types.get_value(self.source)
        factors = types.get_tensor(self.tensor, DType.I32)
        ensure(self.positions >= 1, "at least one position", self.positions)
        ensure(factors.rows == 1, "multipliers in one row", f"{factors.rows} rows")
        ensure(
            source.cols == self.positions * factors.cols,
            f"{self.positions} x {factors.cols} columns",
            source.cols,
        )
        return _infer(source, factors.bounds, self.bits, Interval(self.low, self.high))

    def run(self, arrays: Arrays) -> IntArray:
        """The tensor's only row multiplies each position."""
        source, factors = arrays.values[self.source], arrays.tensors[self.tensor]
        by_position = source.reshape(source.shape[0], self.positions, -1)
        scaled = _run(by_position, factors, self.bits, Interval(self.low, self.high))
        return scaled.reshape(source.shape)
