"""Ops that only move integers."""

import numpy as np

from runtime.codec import U8, U32, Compact, variant
from runtime.frozen import frozen, replace
from runtime.tensor.errors import ensure
from runtime.tensor.ops.matmul import TensorId, ValueId
from runtime.tensor.ops.window import Image
from runtime.tensor.value import Arrays, DType, IntArray, Interval, Types, ValueType


@variant(11, name="GATHER")
@frozen
class Gather:
    """For each integer of a row, that row of a tensor: an embedding."""

    source: ValueId
    tensor: TensorId

    def infer(self, types: Types) -> ValueType:
        """As many columns as both together; no index may leave the tensor."""
        source = types.get_value(self.source)
        table = types.get_tensor(self.tensor, DType.I8, DType.I32)
        indices = Interval(0, table.rows - 1)
        ensure(source.bounds.is_within(indices), f"indices within {indices}", source.bounds)
        return ValueType(table.dtype, source.cols * table.cols, table.bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """The rows side by side."""
        source = arrays.values[self.source]
        return arrays.tensors[self.tensor][source].reshape(source.shape[0], -1)


@variant(12, name="CONCAT")
@frozen
class Concat:
    """The columns of left, then those of right."""

    left: ValueId
    right: ValueId

    def infer(self, types: Types) -> ValueType:
        """Both sides share one dtype."""
        left = types.get_value(self.left)
        right = types.get_value(self.right, left.dtype)
        bounds = left.bounds.compute_hull(right.bounds)
        return ValueType(left.dtype, left.cols + right.cols, bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """Both sides of each row."""
        return np.hstack((arrays.values[self.left], arrays.values[self.right]))


@variant(13, name="TRANSPOSE")
@frozen
class Transpose:
    """A row read as an image, with its axes in another order."""

    source: ValueId
    image: Image
    first: U8
    """Which axis of the image (0 height, 1 width, 2 channels) becomes the outermost."""
    second: U8
    third: U8

    def infer(self, types: Types) -> ValueType:
        """The source's type."""
        source = types.get_value(self.source)
        self.image.ensure_fits(source.cols)
        axes = (self.first, self.second, self.third)
        ensure(sorted(axes) == [0, 1, 2], "an order of the axes 0, 1, 2", axes)
        return replace(source, work=0)

    def run(self, arrays: Arrays) -> IntArray:
        """Copies only."""
        source = arrays.values[self.source]
        image = self.image
        images = source.reshape(-1, image.height, image.width, image.channels)
        order = (0, 1 + self.first, 1 + self.second, 1 + self.third)
        return images.transpose(order).reshape(source.shape)


@variant(14, name="SLICE")
@frozen
class Slice:
    """The columns from start up to stop, which is not included."""

    source: ValueId
    start: Compact[U32]
    stop: Compact[U32]

    def infer(self, types: Types) -> ValueType:
        """At least one column."""
        source = types.get_value(self.source)
        ensure(
            self.start < self.stop <= source.cols,
            f"columns within 0..{source.cols}",
            f"{self.start}..{self.stop}",
        )
        return replace(source, cols=self.stop - self.start, work=0)

    def run(self, arrays: Arrays) -> IntArray:
        """A view of those columns."""
        return arrays.values[self.source][:, self.start : self.stop]
