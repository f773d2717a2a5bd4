"""The product with a tensor, and the bias that follows it."""

from typing import TypeAlias

import numpy as np

from runtime.codec import U32, Compact, variant
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.value import (
    INNER_MAX,
    OPERAND,
    Arrays,
    DType,
    Int8Array,
    IntArray,
    Types,
    ValueType,
)

ValueId: TypeAlias = Compact[U32]
TensorId: TypeAlias = Compact[U32]
Count: TypeAlias = Compact[U32]


@variant(0, name="MATMUL")
@frozen
class Matmul:
    """i8[k] · i8[k, n] at each position of a row: the only op that counts MACs.

    It has no ``run``: the interpreter stops here, so that the product may come from elsewhere.
    """

    source: ValueId
    tensor: TensorId
    positions: Count = 1
    """How many products one row takes part in: 1 for a dense layer, the pixels after IM2COL."""

    def infer(self, types: Types) -> ValueType:
        """Positions times n accumulators, each the sum of k products."""
        source = types.get_value(self.source, DType.I8)
        tensor = types.get_tensor(self.tensor, DType.I8)
        inner = tensor.rows
        ensure(self.positions >= 1, "at least one position", self.positions)
        ensure(inner <= INNER_MAX, f"an inner dimension of at most {INNER_MAX}", inner)
        ensure(
            source.cols == self.positions * inner,
            f"{self.positions} x {inner} columns",
            source.cols,
        )
        ensure(source.bounds.is_within(OPERAND), f"operands within {OPERAND}", source.bounds)
        ensure(tensor.bounds.is_within(OPERAND), f"weights within {OPERAND}", tensor.bounds)
        bounds = (source.bounds * tensor.bounds).compute_sum(inner)
        return ValueType(DType.I32, self.positions * tensor.cols, bounds, work=source.cols)

    def get_operand(self, arrays: Arrays) -> Int8Array:
        """The left operand, int8[rows * positions, k]."""
        source = arrays.values[self.source]
        inner = arrays.tensors[self.tensor].shape[0]
        return source.reshape(-1, inner).astype(np.int8, copy=False)


@variant(1, name="ADDB")
@frozen
class Addb:
    """Adds an i32 bias to each column of each position."""

    source: ValueId
    tensor: TensorId
    positions: Count = 1

    def infer(self, types: Types) -> ValueType:
        """The source's shape."""
        source = types.get_value(self.source, DType.I32)
        bias = types.get_tensor(self.tensor, DType.I32)
        ensure(self.positions >= 1, "at least one position", self.positions)
        ensure(bias.rows == 1, "a bias of one row", f"{bias.rows} rows")
        ensure(
            source.cols == self.positions * bias.cols,
            f"{self.positions} x {bias.cols} columns",
            source.cols,
        )
        return ValueType(DType.I32, source.cols, source.bounds + bias.bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """The sum; the check has shown that it fits i32."""
        source, bias = arrays.values[self.source], arrays.tensors[self.tensor]
        if self.positions == 1:
            return source + bias
        rows = source.shape[0]
        return (source.reshape(rows, self.positions, -1) + bias).reshape(source.shape)
