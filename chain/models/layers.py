"""A network in floating point: layers on rows, laid out as i8graph lays them out.

A value is float32[rows, cols]. An image is a row of (height, width, channels), channels innermost;
a sequence is a row of positions one after the other. Value 0 is the input, value i + 1 the result
of layer i.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import erf
from types import MappingProxyType
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from runtime.tensor.ops import Im2col, Image, PoolMax, Transpose, Window
from runtime.tensor.value import Arrays, IntArray

FloatArray: TypeAlias = npt.NDArray[np.float32]
Values: TypeAlias = Sequence[FloatArray]


def _gelu(x: float) -> float:
    return x * (1 + erf(x / 2**0.5)) / 2


def _tanh(x: float) -> float:
    return float(np.tanh(x))


def _sigmoid(x: float) -> float:
    return 1 / (1 + float(np.exp(-x))) if x > -80 else 0.0


CURVES: Final[Mapping[str, Callable[[float], float]]] = MappingProxyType(
    {"gelu": _gelu, "tanh": _tanh, "sigmoid": _sigmoid}
)
"""Functions of one number, which become tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """x · weights[k, n] at each position."""

    source: int
    weights: FloatArray
    positions: int = 1

    def run(self, values: Values) -> FloatArray:
        """The products, side by side."""
        x = values[self.source]
        return (x.reshape(-1, len(self.weights)) @ self.weights).reshape(len(x), -1)


@dataclass(frozen=True, slots=True, eq=False)
class Conv:
    """A convolution: each window, as (y, x, channel), times weights[k, n]."""

    source: int
    image: Image
    window: Window
    pads: tuple[int, int]
    """Zeros above and below, and on the left and right."""
    weights: FloatArray

    @property
    def positions(self) -> int:
        """How many windows there are."""
        (pad_y, pad_x), image = self.pads, self.image
        views = self.window.compute_views(image.height + 2 * pad_y, image.width + 2 * pad_x)
        return views[0] * views[1]

    def run(self, values: Values) -> FloatArray:
        """As Dense, after the windows are laid out."""
        x = values[self.source]
        rows = _move(Im2col(0, self.image, self.window, *self.pads), x)
        return (rows.reshape(-1, len(self.weights)) @ self.weights).reshape(len(x), -1)


@dataclass(frozen=True, slots=True, eq=False)
class AddBias:
    """x + bias[n] at each position."""

    source: int
    bias: FloatArray

    def run(self, values: Values) -> FloatArray:
        """The sums."""
        x = values[self.source]
        return (x.reshape(len(x), -1, len(self.bias)) + self.bias).reshape(x.shape)


@dataclass(frozen=True, slots=True)
class Rectify:
    """max(x, 0)."""

    source: int

    def run(self, values: Values) -> FloatArray:
        """The larger of each number and zero."""
        return np.maximum(values[self.source], 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """One of `CURVES` of each number."""

    source: int
    name: str

    def run(self, values: Values) -> FloatArray:
        """Number by number."""
        curve = np.vectorize(CURVES[self.name], otypes=[np.float32])
        return cast("FloatArray", curve(values[self.source]))  # vectorize is typed as Any


@dataclass(frozen=True, slots=True)
class Sum:
    """left + right."""

    left: int
    right: int

    def run(self, values: Values) -> FloatArray:
        """The sums."""
        return values[self.left] + values[self.right]


@dataclass(frozen=True, slots=True)
class LargestOf:
    """The largest number of each window, by channel."""

    source: int
    image: Image
    window: Window

    def run(self, values: Values) -> FloatArray:
        """As the op does."""
        return _move(PoolMax(0, self.image, self.window), values[self.source])


@dataclass(frozen=True, slots=True)
class MeanOf:
    """The mean of each window, by channel."""

    source: int
    image: Image
    window: Window

    def run(self, values: Values) -> FloatArray:
        """The means."""
        x, image = values[self.source], self.image
        images = x.reshape(-1, image.height, image.width, image.channels)
        views = cast("FloatArray", self.window.get_views(cast("IntArray", images)))  # only moves
        means: FloatArray = views.mean(axis=(4, 5), dtype=np.float32)
        return means.reshape(len(x), -1)


@dataclass(frozen=True, slots=True)
class Reorder:
    """A row read as an image, with its axes in another order."""

    source: int
    image: Image
    order: tuple[int, int, int]

    def run(self, values: Values) -> FloatArray:
        """Moves only."""
        return _move(Transpose(0, self.image, *self.order), values[self.source])


@dataclass(frozen=True, slots=True)
class Product:
    """factor · left[rows, inner] · right[inner, n] for each group."""

    left: int
    right: int
    groups: int
    rows: int
    inner: int
    factor: float = 1.0

    def run(self, values: Values) -> FloatArray:
        """The products, side by side."""
        samples = len(values[self.left])
        left = values[self.left].reshape(samples, self.groups, self.rows, self.inner)
        right = values[self.right].reshape(samples, self.groups, self.inner, -1)
        return (left @ right * np.float32(self.factor)).reshape(samples, -1)


@dataclass(frozen=True, slots=True)
class Shares:
    """Softmax at each position."""

    source: int
    positions: int = 1

    def run(self, values: Values) -> FloatArray:
        """Shares that sum to one."""
        x = values[self.source]
        scores = x.reshape(len(x), self.positions, -1)
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares: FloatArray = weights / weights.sum(axis=2, keepdims=True)
        return shares.reshape(x.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Normalise:
    """Layer norm at each position: standard scores, times gain[n], plus bias[n]."""

    source: int
    positions: int
    gain: FloatArray
    bias: FloatArray
    epsilon: float = 1e-12

    def run(self, values: Values) -> FloatArray:
        """The scores."""
        x = values[self.source]
        parts = x.reshape(len(x), self.positions, -1)
        centred = parts - parts.mean(axis=2, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=2, keepdims=True) + np.float32(self.epsilon))
        scores: FloatArray = centred / deviation * self.gain + self.bias
        return scores.reshape(x.shape)


Layer: TypeAlias = (
    Dense
    | Conv
    | AddBias
    | Rectify
    | Curve
    | Sum
    | LargestOf
    | MeanOf
    | Reorder
    | Product
    | Shares
    | Normalise
)


@dataclass(frozen=True, slots=True, eq=False)
class FloatModel:
    """A network: rows of so many columns through its layers."""

    cols: int
    layers: tuple[Layer, ...]

    def run(self, rows: FloatArray) -> list[FloatArray]:
        """Every value: the input, then each layer's result."""
        values = [rows]
        for layer in self.layers:
            values.append(layer.run(values))
        return values


def _move(op: Im2col | PoolMax | Transpose, x: FloatArray) -> FloatArray:
    # These ops only move and compare numbers, so they do the same to floats.
    moved = op.run(Arrays([cast("IntArray", x)], ()))
    return cast("FloatArray", moved)
