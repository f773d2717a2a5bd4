"""Ops on each integer by itself."""

import numpy as np

from runtime.codec import U8, variant
from runtime.frozen import frozen, replace
from runtime.tensor.errors import ensure
from runtime.tensor.ops.matmul import TensorId, ValueId
from runtime.tensor.value import OPERAND_MAX, Arrays, DType, IntArray, Interval, Types, ValueType

LUT_LENGTH = 256


@variant(2, name="RELU")
@frozen
class Relu:
    """max(x, 0)."""

    source: ValueId

    def infer(self, types: Types) -> ValueType:
        """The source's dtype, never negative."""
        source = types.get_value(self.source)
        return replace(source, bounds=source.bounds.clamp(0, max(source.bounds.high, 0)), work=0)

    def run(self, arrays: Arrays) -> IntArray:
        """The larger of each integer and zero."""
        return np.maximum(arrays.values[self.source], 0)


@variant(3, name="CLIP8")
@frozen
class Clip8:
    """x clamped to [-63, 63], as i8: ready to be an operand."""

    source: ValueId

    def infer(self, types: Types) -> ValueType:
        """I8, whatever the source is."""
        source = types.get_value(self.source)
        return ValueType(DType.I8, source.cols, source.bounds.clamp(-OPERAND_MAX, OPERAND_MAX))

    def run(self, arrays: Arrays) -> IntArray:
        """The clamped integers; an unsigned source needs room for the lower limit."""
        source = arrays.values[self.source].astype(np.int32, copy=False)
        # not by `clip`: it costs more to call than a few rows cost to clamp
        return np.minimum(np.maximum(source, -OPERAND_MAX), OPERAND_MAX).astype(np.int8)


@variant(4, name="SHR")
@frozen
class Shr:
    """floor(x / 2^bits): an arithmetic shift, so -1 stays -1."""

    source: ValueId
    bits: U8

    def infer(self, types: Types) -> ValueType:
        """The source's dtype; a shift keeps order."""
        source = types.get_value(self.source)
        ensure(self.bits <= 31, "a shift of 0 to 31 bits", self.bits)
        bounds = Interval(source.bounds.low >> self.bits, source.bounds.high >> self.bits)
        return replace(source, bounds=bounds, work=0)

    def run(self, arrays: Arrays) -> IntArray:
        """The shift in 32 bits: C leaves shifts by the width of a narrow type undefined."""
        source = arrays.values[self.source]
        shifted = source.astype(np.int32, copy=False) >> self.bits
        return shifted.astype(source.dtype, copy=False)


@variant(5, name="ADD")
@frozen
class Add:
    """left + right, as i32."""

    left: ValueId
    right: ValueId

    def infer(self, types: Types) -> ValueType:
        """I32 of the common width."""
        left, right = types.get_value(self.left), types.get_value(self.right)
        ensure(left.cols == right.cols, f"{left.cols} columns on both sides", right.cols)
        return ValueType(DType.I32, left.cols, left.bounds + right.bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """The sum in i32."""
        left, right = arrays.values[self.left], arrays.values[self.right]
        return np.add(left, right, dtype=np.int32)


@variant(6, name="MUL8")
@frozen
class Mul8:
    """left · right of two i8 values, as i32."""

    left: ValueId
    right: ValueId

    def infer(self, types: Types) -> ValueType:
        """I32 of the common width."""
        left = types.get_value(self.left, DType.I8)
        right = types.get_value(self.right, DType.I8)
        ensure(left.cols == right.cols, f"{left.cols} columns on both sides", right.cols)
        return ValueType(DType.I32, left.cols, left.bounds * right.bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """The product in i32."""
        left, right = arrays.values[self.left], arrays.values[self.right]
        return np.multiply(left, right, dtype=np.int32)


@variant(7, name="LUT")
@frozen
class Lut:
    """table[x + 128] of a table of 256 i8 entries: any function of one i8."""

    source: ValueId
    tensor: TensorId

    def infer(self, types: Types) -> ValueType:
        """I8 within the table's declared range."""
        source = types.get_value(self.source, DType.I8)
        table = types.get_tensor(self.tensor, DType.I8)
        shape = (table.rows, table.cols)
        ensure(shape == (1, LUT_LENGTH), f"a table of (1, {LUT_LENGTH})", shape)
        return ValueType(DType.I8, source.cols, table.bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """The looked-up entries."""
        index = arrays.values[self.source].astype(np.int32) + 128
        return arrays.tensors[self.tensor].reshape(-1)[index]
