"""What reading an ONNX graph node by node needs: values so far, constants, and layers.

Shapes are followed without the batch, which is the first dimension. ONNX has images as (channels,
height, width) and layers have channels innermost, so an image is reordered before the first layer
that looks at its pixels and again where it becomes a plain row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

import numpy as np

from chain.models.errors import BadFile, BadNumbers, BadShape, UnsupportedOperator
from chain.models.layers import FloatArray, Layer, Reorder
from chain.models.onnx_file import Array, OnnxGraph, OnnxNode
from runtime.tensor import GraphError
from runtime.tensor.ops import Image
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


class Reader:
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
        ensure_cols(self.cols, f"input {entry.name!r}")
        self.opset = graph.opset
        self.layers: list[Layer] = []
        self.constants: dict[str, Array] = dict(graph.constants)
        self.values = {entry.name: Activation(0, shape)}

    def read(self, node: OnnxNode, readers: "NodeReaders") -> None:
        """Adds a node's layers. Raises `UnsupportedOperator`, `BadShape`, `BadNumbers`."""
        read = readers.get(node.operator)
        if read is None:
            raise UnsupportedOperator(node.operator, node.name)
        try:
            result = read(self, node)
        except GraphError as error:
            raise BadShape(f"{node.operator} at node {node.name!r}: {error}") from error
        if result is not None:
            ensure_cols(prod(result.shape), f"node {node.name!r}")
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


def ensure_cols(cols: int, where: str) -> None:
    """`BadShape` unless a row of so many numbers can be."""
    if not 1 <= cols <= COLS_MAX:
        raise BadShape(f"{where}: expected 1 to {COLS_MAX} numbers a row, got {cols}")


NodeReader: TypeAlias = Callable[[Reader, OnnxNode], Activation | None]
NodeReaders: TypeAlias = Mapping[str, NodeReader]
"""For each operator what reads its nodes; None for a node that makes a constant."""
