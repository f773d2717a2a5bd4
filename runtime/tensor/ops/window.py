"""Ops on windows of an image: a row read as (height, width, channels), channels innermost."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from runtime.codec import U8, U16, variant
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.ops.matmul import ValueId
from runtime.tensor.value import COLS_MAX, Arrays, DType, IntArray, Interval, Types, ValueType


@frozen
class Image:
    """The shape of one row."""

    height: U16
    width: U16
    channels: U16

    @property
    def size(self) -> int:
        """Integers in one image."""
        return self.height * self.width * self.channels

    def ensure_fits(self, cols: int) -> None:
        """Raises `GraphError` unless a row of so many columns is one image."""
        shape = f"{self.height} x {self.width} x {self.channels}"
        ensure(self.size == cols, f"an image of {cols} integers", shape)


@frozen
class Window:
    """What is seen at once, and how far apart two views are."""

    height: U8
    width: U8
    stride_y: U8 = 1
    stride_x: U8 = 1

    @property
    def area(self) -> int:
        """Pixels in one window."""
        return self.height * self.width

    def compute_views(self, height: int, width: int) -> tuple[int, int]:
        """How many windows fit, downwards and across; `GraphError` if none does."""
        parts = (self.height, self.width, self.stride_y, self.stride_x)
        ensure(min(parts) >= 1, "a window and strides of at least 1", parts)
        ensure(
            self.height <= height and self.width <= width,
            f"a window within {height} x {width}",
            f"{self.height} x {self.width}",
        )
        down = (height - self.height) // self.stride_y + 1
        return down, (width - self.width) // self.stride_x + 1

    def get_views(self, images: IntArray) -> IntArray:
        """[rows, down, across, channels, window height, window width] of [rows, h, w, c]."""
        views = sliding_window_view(images, (self.height, self.width), axis=(1, 2))  # no copy
        return views[:, :: self.stride_y, :: self.stride_x]


def _get_images(arrays: Arrays, source: int, image: Image) -> IntArray:
    return arrays.values[source].reshape(-1, image.height, image.width, image.channels)


@variant(8, name="IM2COL")
@frozen
class Im2col:
    """Each window laid out as a row of (y, x, channel): a convolution is IM2COL and MATMUL."""

    source: ValueId
    image: Image
    window: Window
    pad_y: U8 = 0
    """Rows of zeros above and below the image."""
    pad_x: U8 = 0
    """Columns of zeros on the left and right."""

    def infer(self, types: Types) -> ValueType:
        """Windows times area times channels, of the source's dtype."""
        source = types.get_value(self.source)
        self.image.ensure_fits(source.cols)
        down, across = self.window.compute_views(
            self.image.height + 2 * self.pad_y,
            self.image.width + 2 * self.pad_x,
        )
        pads, window = (self.pad_y, self.pad_x), (self.window.height, self.window.width)
        ensure(pads[0] < window[0] and pads[1] < window[1], f"padding below {window}", pads)
        cols = down * across * self.window.area * self.image.channels
        bounds = source.bounds
        if any(pads):
            bounds = bounds.compute_hull(Interval(0, 0))
        return ValueType(source.dtype, cols, bounds)

    def run(self, arrays: Arrays) -> IntArray:
        """Copies only."""
        images = _get_images(arrays, self.source, self.image)
        pads = ((0, 0), (self.pad_y, self.pad_y), (self.pad_x, self.pad_x), (0, 0))
        views = self.window.get_views(np.pad(images, pads))
        return views.transpose(0, 1, 2, 4, 5, 3).reshape(images.shape[0], -1)


def _infer_pool(types: Types, source: int, image: Image, window: Window) -> tuple[ValueType, int]:
    value = types.get_value(source)
    image.ensure_fits(value.cols)
    down, across = window.compute_views(image.height, image.width)
    cols = down * across * image.channels
    work = cols * window.area
    ensure(work <= COLS_MAX, f"at most {COLS_MAX} integers in all windows", work)
    return value, cols


@variant(9, name="POOLMAX")
@frozen
class PoolMax:
    """The largest integer of each window, channel by channel."""

    source: ValueId
    image: Image
    window: Window

    def infer(self, types: Types) -> ValueType:
        """The source's dtype and bounds."""
        source, cols = _infer_pool(types, self.source, self.image, self.window)
        return ValueType(source.dtype, cols, source.bounds, work=cols * self.window.area)

    def run(self, arrays: Arrays) -> IntArray:
        """The maximum over each window."""
        images = _get_images(arrays, self.source, self.image)
        largest: IntArray = self.window.get_views(images).max(axis=(4, 5))
        return largest.reshape(images.shape[0], -1)


@variant(10, name="POOLSUM")
@frozen
class PoolSum:
    """The sum of each window, channel by channel, as i32; SHR after it makes an average."""

    source: ValueId
    image: Image
    window: Window

    def infer(self, types: Types) -> ValueType:
        """I32."""
        source, cols = _infer_pool(types, self.source, self.image, self.window)
        bounds = source.bounds.compute_sum(self.window.area)
        return ValueType(DType.I32, cols, bounds, work=cols * self.window.area)

    def run(self, arrays: Arrays) -> IntArray:
        """The sum over each window, in i32."""
        images = _get_images(arrays, self.source, self.image)
        sums: IntArray = self.window.get_views(images).sum(axis=(4, 5), dtype=np.int32)
        return sums.reshape(images.shape[0], -1)
