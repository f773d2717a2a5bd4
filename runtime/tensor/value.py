"""What a graph computes with: dtypes, intervals, declared tensors, and arrays that hold them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from runtime.codec import I32, U32, Compact, MaxLen
from runtime.frozen import frozen
from runtime.tensor.errors import GraphError, ensure

IntArray: TypeAlias = npt.NDArray[np.integer]
Int8Array: TypeAlias = npt.NDArray[np.int8]
Int32Array: TypeAlias = npt.NDArray[np.int32]

OPERAND_MAX = 63
"""Operands of a MATMUL lie in [-63, 63], the range whose noised form still fits int8."""
INNER_MAX = 2**18
"""The longest inner dimension of a MATMUL.

An accumulator stays below 63 * 63 * 2^18 < 2^30, so it fits i32, and two of them differ by less
than the prime 2^31 - 1 of the Freivalds check, which could not tell them apart otherwise.
"""
COLS_MAX = 2**20
"""The most integers in one row of a value, and the most rows or columns of a tensor."""


@frozen
class Interval:
    """All integers from `low` to `high`, both included."""

    low: int
    high: int

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Interval") -> "Interval":
        corners = [x * y for x in (self.low, self.high) for y in (other.low, other.high)]
        return Interval(min(corners), max(corners))

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"

    def is_within(self, outer: "Interval") -> bool:
        """Whether every integer of this interval is one of the outer's."""
        return outer.low <= self.low and self.high <= outer.high

    def compute_sum(self, count: int) -> "Interval":
        """Where the sum of `count` integers of this interval lies."""
        return Interval(self.low * count, self.high * count)

    def compute_hull(self, other: "Interval") -> "Interval":
        """The least interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def clamp(self, least: int, most: int) -> "Interval":
        """Where the integers lie once they are clamped."""
        return Interval(min(max(self.low, least), most), min(max(self.high, least), most))


OPERAND = Interval(-OPERAND_MAX, OPERAND_MAX)


class DType(IntEnum):
    """The integer types of values; a tensor is I8 or I32, U8 is only ever a result."""

    I8 = 0
    I32 = 1
    U8 = 2

    @property
    def array_dtype(self) -> np.dtype[np.integer]:
        """The type of array elements; arrays are little endian wherever they become bytes."""
        return _ARRAY_DTYPES[self]

    @property
    def bounds(self) -> Interval:
        """All values of the type."""
        return _BOUNDS[self]


_ARRAY_DTYPES = (np.dtype("<i1"), np.dtype("<i4"), np.dtype("<u1"))
_BOUNDS = (Interval(-128, 127), Interval(-(2**31), 2**31 - 1), Interval(0, 255))


@frozen
class ValueType:
    """What the check knows of a value: for each row, `cols` integers of `dtype` in `bounds`."""

    dtype: DType
    cols: int
    bounds: Interval
    work: int = 0
    """Integers read to make one row of it, where they are more than its columns."""


@frozen
class TensorSpec:
    """A constant of the graph, by shape and range; its content is committed by root elsewhere."""

    name: Annotated[str, MaxLen(32)]
    rows: Compact[U32]
    cols: Compact[U32]
    dtype: DType
    low: I32
    """No entry is smaller; the interval analysis relies on it."""
    high: I32
    """No entry is larger."""

    @property
    def bounds(self) -> Interval:
        """The declared range of the entries."""
        return Interval(self.low, self.high)


class Tensors(Protocol):
    """The arrays of a graph's tensors by index: a list, or a mapping from int."""

    def __getitem__(self, index: int, /) -> IntArray: ...


@frozen
class Types:
    """What an op may ask about while it is checked: the values before it and the tensors."""

    values: Sequence[ValueType]
    tensors: Sequence[TensorSpec]

    def get_value(self, index: int, *dtypes: DType) -> ValueType:
        """The type of an earlier value, which must be of one of the dtypes, if any are given."""
        ensure(index < len(self.values), f"a value below {len(self.values)}", f"value {index}")
        value = self.values[index]
        names = " or ".join(dtype.name for dtype in dtypes)
        ensure(not dtypes or value.dtype in dtypes, f"value {index} of {names}", value.dtype.name)
        return value

    def get_tensor(self, index: int, *dtypes: DType) -> TensorSpec:
        """A declared tensor, which must be of one of the dtypes."""
        ensure(index < len(self.tensors), f"a tensor below {len(self.tensors)}", f"tensor {index}")
        tensor = self.tensors[index]
        names = " or ".join(dtype.name for dtype in dtypes)
        ensure(tensor.dtype in dtypes, f"tensor {index} of {names}", tensor.dtype.name)
        return tensor


@frozen
class Arrays:
    """What an op reads while it runs: the values before it, each [rows, cols], and the tensors."""

    values: Sequence[IntArray]
    tensors: Tensors


def ensure_array(
    array: IntArray,
    dtype: DType,
    shape: tuple[int, int],
    bounds: Interval,
    what: str,
) -> None:
    """Raises `GraphError` unless the array has this dtype and shape and stays in the bounds."""
    if array.dtype != dtype.array_dtype or array.shape != shape:
        expected = f"{what} {dtype.name}[{shape[0]}, {shape[1]}]"
        raise GraphError(expected, f"{array.dtype}{list(array.shape)}")
    if array.size:
        found = find_range(array)
        if not found.is_within(bounds):
            raise GraphError(f"{what} within {bounds}", found)


def find_range(array: IntArray) -> Interval:
    """The least interval that holds all entries of an array that has any."""
    # Not by `min` and `max`: for a few rows they cost three times as much to call.
    flat = array.ravel(order="K")  # as it lies in memory, wherever that is without gaps
    return Interval(int(flat.item(flat.argmin())), int(flat.item(flat.argmax())))


def dump_array(array: IntArray) -> bytes:
    """The entries row by row, each little endian."""
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def load_array(data: bytes, dtype: DType, rows: int, cols: int) -> IntArray:
    """The read-only array that `dump_array` wrote; `GraphError` if the size does not fit."""
    size_bytes = rows * cols * dtype.array_dtype.itemsize
    if len(data) != size_bytes:
        raise GraphError(f"{size_bytes} bytes of {dtype.name}[{rows}, {cols}]", len(data))
    return np.frombuffer(data, dtype.array_dtype).reshape(rows, cols)
