"""An ONNX graph as a network of layers.

Shapes are followed without the batch, which is the first dimension. ONNX has images as (channels,
height, width) and layers have channels innermost, so an image is reordered before the first layer
that looks at its pixels and again where it becomes a plain row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType
from typing import Final

import numpy as np

from chain.models.errors import BadFile, BadNumbers, BadShape, UnsupportedOperator
from chain.models.layers import (
    AddBias,
    Conv,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    LargestOf,
    Layer,
    MeanOf,
    Rectify,
    Reorder,
    Shares,
    Sum,
)
from chain.models.onnx_file import FLOAT_TYPES, Array, OnnxGraph, OnnxNode
from chain.models.onnx_windows import ensure_plain_pool, read_window
from runtime.tensor import GraphError
from runtime.tensor.ops import Image, Window
from runtime.tensor.value import COLS_MAX


@dataclass(frozen=True, slots=True)
class Activation:
    """A value of the network: where it is, its shape in ONNX, and how it lies in a row."""

    value: int
    shape: tuple[int, ...]
    is_inner: bool = False
    """Whether its channels, the first dimension of the shape, are innermost in the row."""

    @property
    def image(self) -> Image:
        """The shape as layers see it; only of three dimensions."""
        channels, height, width = self.shape
        return Image(height, width, channels)


def import_onnx(graph: OnnxGraph, output: str | None = None) -> FloatModel:
    """The network that computes one output, the first unless another is named.

    Raises `UnsupportedOperator`, `BadShape`, `BadNumbers`, `BadFile`.
    """
    wanted = output or (graph.outputs[0] if graph.outputs else "")
    if wanted not in graph.outputs:
        raise BadFile(f"expected one of the outputs {', '.join(graph.outputs)}, got {wanted!r}")
    if len(graph.inputs) != 1:
        names = ", ".join(each.name for each in graph.inputs)
        raise BadFile(f"expected one input, got {len(graph.inputs)}: {names}")
    reader = _Reader(graph)
    for node in _select_nodes(graph, wanted):
        reader.read(node)
    found = reader.values.get(wanted)
    if found is None or not reader.layers:
        raise BadFile(f"expected nodes that compute {wanted!r}, got none")
    reader.to_outer(found)
    return FloatModel(reader.cols, tuple(reader.layers))


def _select_nodes(graph: OnnxGraph, output: str) -> list[OnnxNode]:
    """The nodes that the output needs, in their order."""
    needed, selected = {output}, list[OnnxNode]()
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            selected.append(node)
    return selected[::-1]


class _Reader:
    """Reads nodes one after the other, each into layers."""

    def __init__(self, graph: OnnxGraph) -> None:
        entry = graph.inputs[0]
        if len(entry.shape) < 2 or None in entry.shape[1:]:
            raise BadShape(
                f"input {entry.name!r}: expected a batch and then fixed sizes, "
                f"got {list(entry.shape)}"
            )
        shape = tuple(side for side in entry.shape[1:] if side is not None)
        self.cols = prod(shape)
        _ensure_cols(self.cols, f"input {entry.name!r}")
        self.opset = graph.opset
        self.layers: list[Layer] = []
        self.constants: dict[str, Array] = dict(graph.constants)
        self.values = {entry.name: Activation(0, shape)}

    def read(self, node: OnnxNode) -> None:
        """Adds a node's layers. Raises `UnsupportedOperator`, `BadShape`, `BadNumbers`."""
        read = _READERS.get(node.operator)
        if read is None:
            raise UnsupportedOperator(node.operator, node.name)
        try:
            result = read(self, node)
        except GraphError as error:
            raise BadShape(f"{node.operator} at node {node.name!r}: {error}") from error
        if result is not None:
            _ensure_cols(prod(result.shape), f"node {node.name!r}")
            self.values[node.outputs[0]] = result

    def add(self, layer: Layer) -> int:
        """Appends a layer and returns its value."""
        self.layers.append(layer)
        return len(self.layers)

    def get(self, node: OnnxNode, index: int) -> Activation:
        """An input that is computed."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        if name in self.values:
            return self.values[name]
        if name in self.constants:
            raise UnsupportedOperator(node.operator, node.name, f"input {name!r} is a constant")
        raise BadFile(f"node {node.name!r}: input {name!r} is computed nowhere before it")

    def find_constant(self, node: OnnxNode, index: int) -> Array | None:
        """An input that is constant; None if it is computed or left out."""
        return self.constants.get(node.inputs[index]) if index < len(node.inputs) else None

    def get_weights(self, node: OnnxNode, index: int) -> FloatArray:
        """An input of constant, finite floats."""
        found = self.find_constant(node, index)
        name = node.inputs[index] if index < len(node.inputs) else ""
        if found is None:
            why = f"input {name!r} is computed, only constant weights are read"
            raise UnsupportedOperator(node.operator, node.name, why)
        weights = found.astype(np.float32)
        if not np.isfinite(weights).all():
            raise BadNumbers(f"tensor {name!r}: expected finite numbers, got others")
        return weights

    def to_inner(self, value: Activation) -> Activation:
        """The same image with its channels innermost."""
        channels, height, width = value.shape
        if value.is_inner or channels == 1 or height * width == 1:
            return replace(value, is_inner=True)
        layer = Reorder(value.value, Image(channels, height, width), (1, 2, 0))
        return Activation(self.add(layer), value.shape, is_inner=True)

    def to_outer(self, value: Activation) -> Activation:
        """The same value laid out as ONNX does."""
        if not value.is_inner or value.shape[0] == 1 or prod(value.shape[1:]) == 1:
            return replace(value, is_inner=False)
        layer = Reorder(value.value, value.image, (2, 0, 1))
        return Activation(self.add(layer), value.shape)


def _ensure_cols(cols: int, where: str) -> None:
    if not 1 <= cols <= COLS_MAX:
        raise BadShape(f"{where}: expected 1 to {COLS_MAX} numbers a row, got {cols}")


def _ensure_image(node: OnnxNode, value: Activation) -> None:
    if len(value.shape) != 3:
        raise BadShape(
            f"{node.operator} at node {node.name!r}: expected channels, height and width, "
            f"got {list(value.shape)}"
        )


# --- products


def _read_gemm(reader: _Reader, node: OnnxNode) -> Activation:
    if node.get_int("transA", 0):
        raise UnsupportedOperator("Gemm", node.name, "its left side is transposed")
    weights = reader.get_weights(node, 1)
    if node.get_int("transB", 0):
        weights = weights.T
    weights = weights * np.float32(node.get_float("alpha", 1.0))
    product = _multiply(reader, node, reader.get(node, 0), weights)
    if len(node.inputs) < 3 or not node.inputs[2]:
        return product
    bias = reader.get_weights(node, 2) * np.float32(node.get_float("beta", 1.0))
    return _add_constant(reader, node, product, bias)


def _read_matmul(reader: _Reader, node: OnnxNode) -> Activation:
    return _multiply(reader, node, reader.get(node, 0), reader.get_weights(node, 1))


def _multiply(
    reader: _Reader, node: OnnxNode, source: Activation, weights: FloatArray
) -> Activation:
    source = reader.to_outer(source)
    if weights.ndim != 2 or source.shape[-1] != len(weights):
        raise BadShape(
            f"{node.operator} at node {node.name!r}: expected weights of "
            f"[{source.shape[-1]}, n], got {list(weights.shape)}"
        )
    _ensure_cols(weights.shape[1], f"node {node.name!r}")
    shape = (*source.shape[:-1], weights.shape[1])
    layer = Dense(source.value, np.ascontiguousarray(weights), prod(source.shape[:-1]))
    return Activation(reader.add(layer), shape)


def _read_conv(reader: _Reader, node: OnnxNode) -> Activation:
    source, weights = reader.get(node, 0), reader.get_weights(node, 1)
    _ensure_image(node, source)
    if node.get_int("group", 1) != 1:
        raise UnsupportedOperator("Conv", node.name, "it has groups of channels")
    if weights.ndim != 4 or weights.shape[1] != source.shape[0]:
        raise BadShape(
            f"Conv at node {node.name!r}: expected weights of [n, {source.shape[0]}, h, w], "
            f"got {list(weights.shape)}"
        )
    count, channels, height, width = weights.shape
    source = reader.to_inner(source)
    window, pads = read_window(node, source.image, (height, width))
    matrix = weights.transpose(2, 3, 1, 0).reshape(height * width * channels, count)
    layer = Conv(source.value, source.image, window, pads, np.ascontiguousarray(matrix))
    down, across = window.compute_views(
        source.image.height + 2 * pads[0], source.image.width + 2 * pads[1]
    )
    result = Activation(reader.add(layer), (count, down, across), is_inner=True)
    if len(node.inputs) < 3 or not node.inputs[2]:
        return result
    bias = reader.get_weights(node, 2).reshape(-1, 1, 1)
    return _add_constant(reader, node, result, bias)


# --- number by number


def _read_add(reader: _Reader, node: OnnxNode) -> Activation:
    for side in (0, 1):
        if reader.find_constant(node, side) is not None:
            source = reader.get(node, 1 - side)
            return _add_constant(reader, node, source, reader.get_weights(node, side))
    left, right = reader.get(node, 0), reader.get(node, 1)
    if left.shape != right.shape:
        raise BadShape(
            f"Add at node {node.name!r}: expected two equal shapes, "
            f"got {list(left.shape)} and {list(right.shape)}"
        )
    if left.is_inner != right.is_inner:
        left, right = reader.to_outer(left), reader.to_outer(right)
    return replace(left, value=reader.add(Sum(left.value, right.value)))


def _add_constant(
    reader: _Reader, node: OnnxNode, source: Activation, constant: FloatArray
) -> Activation:
    """A constant that depends on the last dimension, or on the channel of an image."""
    bias = constant.reshape(constant.shape[1:]) if constant.shape[:1] == (1,) else constant
    is_channels = bias.ndim == 3 and bias.shape[1:] == (1, 1)
    if is_channels and len(source.shape) == 3:
        source, flat = reader.to_inner(source), bias.reshape(-1)
    elif bias.size > 1:
        source, flat = reader.to_outer(source), bias.reshape(-1)[: bias.shape[bias.ndim - 1]]
    else:
        flat = bias.reshape(-1)
    count = source.shape[0] if source.is_inner else source.shape[-1]
    if flat.size != bias.size or flat.size not in (1, count):
        why = f"a constant of {list(constant.shape)} is added to {list(source.shape)}"
        raise UnsupportedOperator(node.operator, node.name, why)
    numbers = np.broadcast_to(flat, (count,)).astype(np.float32)
    return replace(source, value=reader.add(AddBias(source.value, numbers)))


def _read_relu(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    return replace(source, value=reader.add(Rectify(source.value)))


def _read_curve(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    layer = Curve(source.value, node.operator.lower())
    return replace(source, value=reader.add(layer))


def _read_softmax(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.to_outer(reader.get(node, 0))
    axis = node.get_int("axis", -1 if reader.opset >= 13 else 1)
    last = len(source.shape)  # the batch is dimension 0
    if axis not in (-1, last):
        raise UnsupportedOperator("Softmax", node.name, f"its axis {axis} is not the last")
    layer = Shares(source.value, prod(source.shape[:-1]))
    return replace(source, value=reader.add(layer))


# --- windows


def _read_pool(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    _ensure_image(node, source)
    source = reader.to_inner(source)
    kernel = node.get_ints("kernel_shape", ())
    ensure_plain_pool(node)
    window, _ = read_window(node, source.image, kernel)
    down, across = window.compute_views(source.image.height, source.image.width)
    pool = LargestOf if node.operator == "MaxPool" else MeanOf
    value = reader.add(pool(source.value, source.image, window))
    return Activation(value, (source.shape[0], down, across), is_inner=True)


def _read_global_pool(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    _ensure_image(node, source)
    source = reader.to_inner(source)
    image = source.image
    if max(image.height, image.width) > 255:
        raise BadShape(f"node {node.name!r}: expected sides of at most 255, got {source.shape}")
    pool = LargestOf if node.operator == "GlobalMaxPool" else MeanOf
    value = reader.add(pool(source.value, image, Window(image.height, image.width)))
    return Activation(value, (source.shape[0], 1, 1), is_inner=True)


# --- shapes


def _read_flatten(reader: _Reader, node: OnnxNode) -> Activation:
    if node.get_int("axis", 1) != 1:
        raise UnsupportedOperator("Flatten", node.name, "its axis is not 1")
    source = reader.to_outer(reader.get(node, 0))
    return Activation(source.value, (prod(source.shape),))


def _read_reshape(reader: _Reader, node: OnnxNode) -> Activation:
    source = reader.to_outer(reader.get(node, 0))
    wanted = reader.find_constant(node, 1)
    if wanted is None or wanted.ndim != 1 or len(wanted) < 2:
        raise UnsupportedOperator("Reshape", node.name, "its shape is not constant, batch first")
    batch, *sides = (int(side) for side in wanted)
    if 0 in sides or sides.count(-1) + (batch == -1) > 1 or batch < -1 or min(sides) < -1:
        raise UnsupportedOperator("Reshape", node.name, f"its shape is {[batch, *sides]}")
    size, known = prod(source.shape), prod(side for side in sides if side != -1)
    shape = tuple(size // known if side == -1 else side for side in sides)
    if prod(shape) != size:
        raise BadShape(f"Reshape at node {node.name!r}: expected {size} numbers a row, got {sides}")
    return Activation(source.value, shape)


def _read_same(reader: _Reader, node: OnnxNode) -> Activation:
    return reader.get(node, 0)


def _read_cast(reader: _Reader, node: OnnxNode) -> Activation:
    if node.get_int("to", 0) not in FLOAT_TYPES:
        raise UnsupportedOperator("Cast", node.name, "it makes other numbers than floats")
    return reader.get(node, 0)


def _read_constant(reader: _Reader, node: OnnxNode) -> None:
    value = node.attributes.get("value")
    if not isinstance(value, np.ndarray):
        raise UnsupportedOperator("Constant", node.name, "it is no tensor")
    reader.constants[node.outputs[0]] = value


_READERS: Final[Mapping[str, Callable[[_Reader, OnnxNode], Activation | None]]] = MappingProxyType(
    {
        "Add": _read_add,
        "AveragePool": _read_pool,
        "Cast": _read_cast,
        "Constant": _read_constant,
        "Conv": _read_conv,
        "Dropout": _read_same,
        "Flatten": _read_flatten,
        "Gelu": _read_curve,
        "Gemm": _read_gemm,
        "GlobalAveragePool": _read_global_pool,
        "GlobalMaxPool": _read_global_pool,
        "Identity": _read_same,
        "MatMul": _read_matmul,
        "MaxPool": _read_pool,
        "Relu": _read_relu,
        "Reshape": _read_reshape,
        "Sigmoid": _read_curve,
        "Softmax": _read_softmax,
        "Tanh": _read_curve,
    }
)
