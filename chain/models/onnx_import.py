"""An ONNX graph as a network of layers: what each operator means."""

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType
from typing import Final

import numpy as np

from chain.models.errors import BadFile, BadShape, UnsupportedOperator
from chain.models.layers import (
    AddBias,
    Conv,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    LargestOf,
    MeanOf,
    Rectify,
    Shares,
    Sum,
)
from chain.models.onnx_file import FLOAT_TYPES, OnnxGraph, OnnxNode
from chain.models.onnx_reader import Activation, NodeReader, Reader, ensure_cols
from chain.models.onnx_shapes import (
    read_concat,
    read_flatten,
    read_gather,
    read_reshape,
    read_shape,
    read_squeeze,
    read_unsqueeze,
)
from chain.models.onnx_windows import ensure_plain_pool, read_window
from runtime.tensor.ops import Window


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
    reader = Reader(graph)
    for node in _select_nodes(graph, wanted):
        try:
            reader.read(node, _READERS)
        except UnsupportedOperator as error:
            others = [name for name in graph.outputs if name != wanted]
            if output is not None or not others:
                raise
            why = f"{error.why}; this is for output {wanted!r}, others are {', '.join(others)}"
            raise UnsupportedOperator(error.operator, error.node, why) from error
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


def _ensure_image(node: OnnxNode, value: Activation) -> None:
    if len(value.shape) != 3:
        raise BadShape(
            f"{node.operator} at node {node.name!r}: expected channels, height and width, "
            f"got {list(value.shape)}"
        )


# --- products


def _read_gemm(reader: Reader, node: OnnxNode) -> Activation:
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


def _read_matmul(reader: Reader, node: OnnxNode) -> Activation:
    return _multiply(reader, node, reader.get(node, 0), reader.get_weights(node, 1))


def _multiply(
    reader: Reader, node: OnnxNode, source: Activation, weights: FloatArray
) -> Activation:
    source = reader.to_outer(source)
    if weights.ndim != 2 or source.shape[-1] != len(weights):
        raise BadShape(
            f"{node.operator} at node {node.name!r}: expected weights of "
            f"[{source.shape[-1]}, n], got {list(weights.shape)}"
        )
    ensure_cols(weights.shape[1], f"node {node.name!r}")
    shape = (*source.shape[:-1], weights.shape[1])
    layer = Dense(source.value, np.ascontiguousarray(weights), prod(source.shape[:-1]))
    return Activation(reader.add(layer), shape)


def _read_conv(reader: Reader, node: OnnxNode) -> Activation:
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


def _read_add(reader: Reader, node: OnnxNode) -> Activation:
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
    reader: Reader, node: OnnxNode, source: Activation, constant: FloatArray
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


def _read_relu(reader: Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    return replace(source, value=reader.add(Rectify(source.value)))


def _read_curve(reader: Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    layer = Curve(source.value, node.operator.lower())
    return replace(source, value=reader.add(layer))


def _read_softmax(reader: Reader, node: OnnxNode) -> Activation:
    source = reader.to_outer(reader.get(node, 0))
    axis = node.get_int("axis", -1 if reader.opset >= 13 else 1)
    last = len(source.shape)  # the batch is dimension 0
    if axis not in (-1, last):
        raise UnsupportedOperator("Softmax", node.name, f"its axis {axis} is not the last")
    layer = Shares(source.value, prod(source.shape[:-1]))
    return replace(source, value=reader.add(layer))


# --- windows


def _read_pool(reader: Reader, node: OnnxNode) -> Activation:
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


def _read_global_pool(reader: Reader, node: OnnxNode) -> Activation:
    source = reader.get(node, 0)
    _ensure_image(node, source)
    source = reader.to_inner(source)
    image = source.image
    if max(image.height, image.width) > 255:
        raise BadShape(f"node {node.name!r}: expected sides of at most 255, got {source.shape}")
    pool = LargestOf if node.operator == "GlobalMaxPool" else MeanOf
    value = reader.add(pool(source.value, image, Window(image.height, image.width)))
    return Activation(value, (source.shape[0], 1, 1), is_inner=True)


def _read_same(reader: Reader, node: OnnxNode) -> Activation:
    return reader.get(node, 0)


def _read_cast(reader: Reader, node: OnnxNode) -> Activation:
    if node.get_int("to", 0) not in FLOAT_TYPES:
        raise UnsupportedOperator("Cast", node.name, "it makes other numbers than floats")
    return reader.get(node, 0)


def _read_constant(reader: Reader, node: OnnxNode) -> None:
    value = node.attributes.get("value")
    if not isinstance(value, np.ndarray):
        raise UnsupportedOperator("Constant", node.name, "it is no tensor")
    reader.constants[node.outputs[0]] = value


_READERS: Final[Mapping[str, NodeReader]] = MappingProxyType(
    {
        "Add": _read_add,
        "AveragePool": _read_pool,
        "Cast": _read_cast,
        "Concat": read_concat,
        "Constant": _read_constant,
        "Conv": _read_conv,
        "Dropout": _read_same,
        "Flatten": read_flatten,
        "Gather": read_gather,
        "Gelu": _read_curve,
        "Gemm": _read_gemm,
        "GlobalAveragePool": _read_global_pool,
        "GlobalMaxPool": _read_global_pool,
        "Identity": _read_same,
        "MatMul": _read_matmul,
        "MaxPool": _read_pool,
        "Relu": _read_relu,
        "Reshape": read_reshape,
        "Shape": read_shape,
        "Sigmoid": _read_curve,
        "Softmax": _read_softmax,
        "Squeeze": read_squeeze,
        "Tanh": _read_curve,
        "Unsqueeze": read_unsqueeze,
    }
)
