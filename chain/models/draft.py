"""An i8graph in the making: ops and tensors, with the type and the scale of every value."""

from dataclasses import dataclass
from math import ceil, lcm, log2
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from chain.models.errors import DoesNotFit
from runtime.tensor import DType, GraphError, TensorSpec
from runtime.tensor.ops import Addb, Op, Requant, Requantb
from runtime.tensor.value import OPERAND, Int8Array, Int32Array, IntArray, Types, ValueType

Scale: TypeAlias = npt.NDArray[np.float64]
"""What one step of each column of a position is worth."""

MULTIPLIER_BITS: Final = 30
BITS_MAX: Final = 62


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A value of the graph and what its integers stand for."""

    value: int
    scale: float | Scale

    def get_scale(self) -> float:
        """The one scale of all columns."""
        assert isinstance(self.scale, float), "only accumulators have scales by column; qed"
        return self.scale


class Draft:
    """Ops are appended one by one; each is checked at once."""

    def __init__(self, source: ValueType) -> None:
        self.ops: list[Op] = []
        self.specs: list[TensorSpec] = []
        self.tensors: list[IntArray] = []
        self.types = [source]

    def is_operand(self, stored: Stored) -> bool:
        """Whether a product can take the value as it is."""
        known = self.types[stored.value]
        return known.dtype is DType.I8 and known.bounds.is_within(OPERAND)

    def emit(self, op: Op) -> int:
        """Appends an op and returns its value; `DoesNotFit` if it breaks a rule of i8graph."""
        try:
            value = op.infer(Types(self.types, self.specs))
        except GraphError as error:
            at = error.at(len(self.ops), type(op).__name__)
            raise DoesNotFit(f"the network does not fit an i8graph: {at}") from error
        self.ops.append(op)
        self.types.append(value)
        return len(self.ops)

    def add_weights(self, weights: Int8Array) -> int:
        """A tensor of operands."""
        return self._add("w", weights, DType.I8, OPERAND.low, OPERAND.high)

    def add_numbers(self, kind: str, numbers: IntArray) -> int:
        """A tensor whose range is that of its entries."""
        dtype = DType.I8 if numbers.dtype == np.int8 else DType.I32
        return self._add(kind, numbers, dtype, int(numbers.min()), int(numbers.max()))

    def add_bias(self, source: Stored, bias: npt.NDArray[np.floating]) -> Stored:
        """An accumulator plus a bias for each column of each position."""
        bias, scale = _spread(bias.astype(np.float64), source.scale)
        numbers = _to_i32(np.rint(bias / scale), "a bias")
        tensor = self.add_numbers("b", numbers)
        positions = self.types[source.value].cols // numbers.size
        return Stored(self.emit(Addb(source.value, tensor, positions)), source.scale)

    def requant(self, source: Stored, scale: float | Scale, limit: int) -> Stored:
        """The value on another scale, clamped to ``limit`` on both sides."""
        found, wanted = _spread(source.scale, scale)
        ratio = found / wanted
        largest = float(np.abs(ratio).max())
        bits = BITS_MAX if largest == 0 else MULTIPLIER_BITS - ceil(log2(largest))
        if bits < 0:
            raise DoesNotFit(f"expected scales less far apart, got a ratio of {largest:.3g}")
        bits = min(bits, BITS_MAX)
        multipliers = _to_i32(np.rint(ratio * 2.0**bits), "a multiplier")
        value = source.value
        if multipliers.size == 1:
            op: Op = Requant(value, int(multipliers[0, 0]), bits, -limit, limit)
        else:
            tensor = self.add_numbers("m", multipliers)
            positions = self.types[value].cols // multipliers.size
            op = Requantb(value, tensor, positions, bits, -limit, limit)
        return Stored(self.emit(op), scale)

    def _add(self, kind: str, numbers: IntArray, dtype: DType, low: int, high: int) -> int:
        rows, cols = numbers.shape
        name = f"{kind}{len(self.specs)}"
        self.specs.append(TensorSpec(name, rows, cols, dtype, low, high))
        self.tensors.append(numbers)
        return len(self.specs) - 1


def _spread(left: float | Scale, right: float | Scale) -> tuple[Scale, Scale]:
    """Both over as many columns, after which both begin again."""
    sides = np.atleast_1d(left), np.atleast_1d(right)
    width = lcm(*map(len, sides))
    one, other = (np.tile(side, width // len(side)) for side in sides)
    return one, other


def _to_i32(numbers: npt.NDArray[np.float64], what: str) -> Int32Array:
    """One row of i32; `DoesNotFit` if a number is beyond it."""
    largest = float(np.abs(numbers).max())
    if not largest < 2**31:
        raise DoesNotFit(f"expected {what} within i32, got {largest:.3g} steps")
    return numbers.astype(np.int32).reshape(1, -1)
