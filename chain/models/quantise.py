"""From a network in floating point to an i8graph: scales from calibration, integers from there on.

A number is an integer times a scale. Products take operands in [-63, 63] and give accumulators,
whose scale may differ by column; a REQUANT brings them to the scale of the next product. Sums and
norms work on wide integers, some thousands of steps to either side, so that what a residual carries
from block to block is not rounded to operands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt, log
from typing import Final, assert_never

import numpy as np

from chain.models.calibrate import COLUMN_RATIO_MAX, Calibration, calibrate
from chain.models.draft import Draft, Scale, Stored
from chain.models.errors import BadNumbers, DoesNotFit
from chain.models.layers import (
    CURVES,
    AddBias,
    Conv,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    LargestOf,
    Layer,
    MeanOf,
    Normalise,
    Product,
    Rectify,
    Reorder,
    Shares,
    Sum,
)
from runtime.errors import CodecError
from runtime.tensor import CheckedGraph, GraphError, InputSpec, check_graph, ensure_tensors
from runtime.tensor import ops as i8
from runtime.tensor.graph import Graph
from runtime.tensor.value import OPERAND, OPERAND_MAX, DType, Int8Array, IntArray, ValueType

WIDE: Final = 2**14
"""The calibrated reach of a wide value; it is clamped at twice that."""

NORM_BITS: Final = 12
SHARES: Final = 4095
OCTAVE: Final = 16
"""Scores by which a SOFTMAX doubles a weight."""

SCORES_MAX: Final = 2**20
I8_MAX: Final = 127


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """A network in integers, and what its integers stand for."""

    checked: CheckedGraph
    tensors: tuple[IntArray, ...]
    input_scale: float
    """A number of the input is an int8 times this."""
    output_scale: float


def quantise(model: FloatModel, rows: FloatArray, *, per_channel: bool = False) -> Quantised:
    """The network in integers, calibrated by ``rows``, float32[rows, cols].

    Weights have one scale a tensor, or one a column. Raises `BadShape`, `BadNumbers`, `DoesNotFit`.
    """
    if not model.layers:
        raise DoesNotFit("expected a network of at least one layer, got none")
    _ensure_finite(model)
    compiler = _Compiler(model.cols, calibrate(model, rows), per_channel=per_channel)
    for layer in model.layers:
        compiler.add(layer)
    draft = compiler.draft
    output = compiler.get_output()
    graph = Graph(
        InputSpec(model.cols, -OPERAND_MAX, OPERAND_MAX), tuple(draft.specs), tuple(draft.ops)
    )
    tensors = tuple(draft.tensors)
    try:
        checked = check_graph(graph)
        ensure_tensors(graph, tensors)
    except (GraphError, CodecError) as error:
        raise DoesNotFit(f"the network does not fit an i8graph: {error}") from error
    input_scale = compiler.stored[0].get_scale()
    return Quantised(checked, tensors, input_scale, output.get_scale())


def quantise_rows(rows: FloatArray, scale: float) -> Int8Array:
    """Rows of numbers as a model's input, int8[rows, cols]; numbers out of reach are clipped."""
    nearest = np.rint(rows.astype(np.float64) / scale)
    return np.clip(nearest, -OPERAND_MAX, OPERAND_MAX).astype(np.int8)


def _ensure_finite(model: FloatModel) -> None:
    for index, layer in enumerate(model.layers):
        match layer:
            case Dense() | Conv():
                arrays: Sequence[FloatArray] = (layer.weights,)
            case AddBias():
                arrays = (layer.bias,)
            case Normalise():
                arrays = (layer.gain, layer.bias)
            case _:
                arrays = ()
        if not all(np.isfinite(array).all() for array in arrays):
            name = type(layer).__name__
            raise BadNumbers(f"layer {index} ({name}): expected finite weights, got others")


class _Compiler:
    """Turns layers into ops, one after the other."""

    def __init__(self, cols: int, known: Calibration, *, per_channel: bool) -> None:
        self.draft = Draft(ValueType(DType.I8, cols, OPERAND))
        self.known = known
        self.reaches = known.reaches
        self.per_channel = per_channel
        self.stored = [Stored(0, known.reaches[0].clip / OPERAND_MAX)]
        """What each value of the network became."""
        self._operands: dict[int, Stored] = {}
        self._divided: dict[tuple[int, int], Stored] = {}

    def add(self, layer: Layer) -> None:
        """Appends the ops of a layer, whose value is the next."""
        self.stored.append(self._compile(layer))

    def get_output(self) -> Stored:
        """The last value, all its columns on one scale."""
        last = self.stored[-1]
        is_last = last.value == len(self.draft.ops) > 0
        if is_last and isinstance(last.scale, float):
            return last
        return self._get_wide(len(self.stored) - 1)

    def _compile(self, layer: Layer) -> Stored:
        match layer:
            case Dense() | Conv():
                return self._multiply(layer)
            case Product():
                return self._multiply_values(layer)
            case AddBias():
                return self._add_bias(layer)
            case Sum():
                return self._sum(layer)
            case Curve():
                return self._look_up(layer)
            case Shares():
                return self._share(layer)
            case Normalise():
                return self._normalise(layer)
            case Rectify() | LargestOf() | MeanOf() | Reorder():
                return self._select(layer)
            case _:
                assert_never(layer)

    def _select(self, layer: Rectify | LargestOf | MeanOf | Reorder) -> Stored:
        """Layers that move, compare or pool numbers."""
        match layer:
            case Rectify():
                source = self.stored[layer.source]
                return self._follow(source, i8.Relu(source.value))
            case LargestOf():
                source = self.stored[layer.source]
                if layer.image.channels % np.size(source.scale):
                    source = self._get_operand(layer.source)  # a window would mix scales
                return self._follow(source, i8.PoolMax(source.value, layer.image, layer.window))
            case MeanOf():
                source = self._get_operand(layer.source)
                value = self.draft.emit(i8.PoolSum(source.value, layer.image, layer.window))
                return Stored(value, source.get_scale() / layer.window.area)
            case Reorder():
                source = self._get_operand(layer.source)
                op = i8.Transpose(source.value, layer.image, *layer.order)
                return self._follow(source, op)

    def _follow(self, source: Stored, op: i8.Op) -> Stored:
        return Stored(self.draft.emit(op), source.scale)

    def _get_operand(self, value: int) -> Stored:
        """A value of the network in [-63, 63], ready for a product."""
        stored = self.stored[value]
        if self.draft.is_operand(stored):
            return stored
        if value not in self._operands:
            scale = self.reaches[value].clip / OPERAND_MAX
            self._operands[value] = self.draft.requant(stored, scale, OPERAND_MAX)
        return self._operands[value]

    def _get_wide(self, value: int, reach: float = 0.0, limit: int = 2 * WIDE) -> Stored:
        """A value of the network with room for sums; half of ``limit`` stands for its reach."""
        scale = max(reach, self.reaches[value].largest) / (limit // 2)
        return self.draft.requant(self.stored[value], scale, limit)

    def _multiply(self, layer: Dense | Conv) -> Stored:
        weights = layer.weights
        if isinstance(layer, Conv):
            source = self._get_operand(layer.source)
            op = i8.Im2col(source.value, layer.image, layer.window, *layer.pads)
            value, step = self.draft.emit(op), source.get_scale()
        elif self.per_channel and not self.draft.is_operand(self.stored[layer.source]):
            # Columns that reach far are divided before the product, their weights multiplied.
            key = (layer.source, len(weights))
            value = self._get_divided(key)
            step = self.known.divided[key].clip / OPERAND_MAX
            weights = weights * self.known.factors[key][:, None]
        else:
            source = self._get_operand(layer.source)
            value, step = source.value, source.get_scale()
        scale = _compute_scale(weights, per_channel=self.per_channel)
        tensor = self.draft.add_weights(np.rint(weights / scale).astype(np.int8))
        return Stored(self.draft.emit(i8.Matmul(value, tensor, layer.positions)), step * scale)

    def _get_divided(self, key: tuple[int, int]) -> int:
        """The operand of dense layers of a width, each column on a scale of its own."""
        if key not in self._divided:
            step = self.known.divided[key].clip / OPERAND_MAX
            scale = self.known.factors[key].astype(np.float64) * step
            self._divided[key] = self.draft.requant(self.stored[key[0]], scale, OPERAND_MAX)
        return self._divided[key].value

    def _multiply_values(self, layer: Product) -> Stored:
        left, right = self._get_operand(layer.left), self._get_operand(layer.right)
        bmm = i8.Bmm(left.value, right.value, layer.groups, layer.rows, layer.inner)
        scale = left.get_scale() * right.get_scale() * layer.factor
        return Stored(self.draft.emit(bmm), scale)

    def _add_bias(self, layer: AddBias) -> Stored:
        source = self.stored[layer.source]
        if self.draft.types[source.value].dtype is not DType.I32:
            source = self._get_wide(layer.source, float(np.abs(layer.bias).max()))
        return self.draft.add_bias(source, layer.bias)

    def _sum(self, layer: Sum) -> Stored:
        value = len(self.stored)
        reach = max(self.reaches[each].largest for each in (layer.left, layer.right, value))
        left, right = self._get_wide(layer.left, reach), self._get_wide(layer.right, reach)
        op = i8.Add(left.value, right.value)
        return self._follow(left, op)

    def _look_up(self, layer: Curve) -> Stored:
        source = self.stored[layer.source]
        if self.draft.types[source.value].dtype is not DType.I8:
            scale = self.reaches[layer.source].largest / I8_MAX
            source = self.draft.requant(source, scale, I8_MAX)
        target = self.reaches[len(self.stored)].clip / OPERAND_MAX
        curve = CURVES[layer.name]
        steps = source.get_scale()
        exact = np.array([curve(steps * x) for x in range(-128, 128)]) / target
        table = np.clip(np.rint(exact), -OPERAND_MAX, OPERAND_MAX).astype(np.int8)
        tensor = self.draft.add_numbers("t", table.reshape(1, -1))
        return Stored(self.draft.emit(i8.Lut(source.value, tensor)), target)

    def _share(self, layer: Shares) -> Stored:
        source = self.stored[layer.source]
        scores = self.draft.requant(source, log(2) / OCTAVE, SCORES_MAX)
        softmax = i8.Softmax(scores.value, layer.positions, SHARES)
        return Stored(self.draft.emit(softmax), 1 / SHARES)

    def _normalise(self, layer: Normalise) -> Stored:
        # The sum of the squares in a NORM stays below 2^63: n · (n · spread)^2.
        width = len(layer.gain)
        limit = min(2 * WIDE, isqrt(2**62 // width**3) // 2)
        source = self._get_wide(layer.source, limit=limit)
        norm = i8.Norm(source.value, layer.positions, NORM_BITS)
        scores = Stored(self.draft.emit(norm), layer.gain / np.float64(2**NORM_BITS))
        scale = self.reaches[len(self.stored)].largest / WIDE
        return self.draft.add_bias(self.draft.requant(scores, scale, 2 * WIDE), layer.bias)


def _compute_scale(weights: FloatArray, *, per_channel: bool) -> float | Scale:
    """What one step of the integer weights is worth.

    A column that hardly weighs anything gets coarser steps, or its bias would be too many of them.
    """
    largest = np.abs(weights.astype(np.float64)).max(axis=0)
    overall = float(largest.max()) or 1.0
    if not per_channel:
        return overall / OPERAND_MAX
    by_column: Scale = np.maximum(largest, overall / COLUMN_RATIO_MAX) / OPERAND_MAX
    return by_column
