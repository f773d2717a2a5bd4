"""Nodes of an ONNX graph that only change shapes, or compute them."""

from math import prod

import numpy as np
import numpy.typing as npt

from chain.models.errors import BadShape, UnsupportedOperator
from chain.models.onnx_file import OnnxNode
from chain.models.onnx_reader import Activation, Reader


def read_flatten(reader: Reader, node: OnnxNode) -> Activation:
    """One row of all numbers."""
    if node.get_int("axis", 1) != 1:
        raise UnsupportedOperator("Flatten", node.name, "its axis is not 1")
    source = reader.to_outer(reader.get(node, 0))
    return Activation(source.value, (prod(source.shape),))


def read_reshape(reader: Reader, node: OnnxNode) -> Activation:
    """Other sides, the same numbers in the same order."""
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


def read_squeeze(reader: Reader, node: OnnxNode) -> Activation:
    """Drops sides of one."""
    axes = _get_axes(reader, node)
    source = reader.to_outer(reader.get(node, 0))
    count = len(source.shape) + 1  # the batch is dimension 0
    dropped = {axis % count for axis in axes}
    if 0 in dropped or any(source.shape[axis - 1] != 1 for axis in dropped) or not axes:
        raise UnsupportedOperator("Squeeze", node.name, f"its axes {list(axes)} are not all of 1")
    shape = [side for axis, side in enumerate(source.shape, 1) if axis not in dropped]
    return Activation(source.value, tuple(shape) or (1,))


# --- shapes that a graph computes: torch's view(x.size(0), -1) becomes Shape, Gather, Concat


def read_shape(reader: Reader, node: OnnxNode) -> None:
    """A value's shape; for the batch 0, which a Reshape understands as the same as before."""
    source = reader.get(node, 0)
    _set(reader, node, np.array((0, *source.shape), np.int64))


def read_gather(reader: Reader, node: OnnxNode) -> None:
    """Some entries of a constant list."""
    data, indices = _get_list(reader, node, 0), _get_integers(reader, node, 1)
    if node.get_int("axis", 0) != 0 or indices.size == 0:
        raise UnsupportedOperator("Gather", node.name, "it is not of a constant list")
    if indices.min() < -len(data) or indices.max() >= len(data):
        raise BadShape(f"Gather at node {node.name!r}: expected indices below {len(data)}")
    _set(reader, node, np.asarray(data[indices]))


def read_unsqueeze(reader: Reader, node: OnnxNode) -> None:
    """A constant number as a list of one."""
    numbers = _get_integers(reader, node, 0)
    if numbers.ndim:
        raise UnsupportedOperator("Unsqueeze", node.name, "it is not of a constant number")
    _set(reader, node, numbers.reshape(1))


def read_concat(reader: Reader, node: OnnxNode) -> None:
    """Constant lists one after the other."""
    parts = [_get_list(reader, node, index) for index in range(len(node.inputs))]
    _set(reader, node, np.concatenate(parts))


def _get_list(reader: Reader, node: OnnxNode, index: int) -> npt.NDArray[np.int64]:
    numbers = _get_integers(reader, node, index)
    if numbers.ndim != 1:
        raise UnsupportedOperator(node.operator, node.name, "it is not of constant lists")
    return numbers


def _get_integers(reader: Reader, node: OnnxNode, index: int) -> npt.NDArray[np.int64]:
    found = reader.find_constant(node, index)
    if found is None or found.dtype != np.int64:
        why = "its inputs are not constant integers"
        raise UnsupportedOperator(node.operator, node.name, why)
    return found.astype(np.int64, copy=False)


def _get_axes(reader: Reader, node: OnnxNode) -> tuple[int, ...]:
    """From an attribute in older versions, from an input in newer ones."""
    if len(node.inputs) < 2:
        return node.get_ints("axes", ())
    return tuple(int(axis) for axis in _get_integers(reader, node, 1).reshape(-1))


def _set(reader: Reader, node: OnnxNode, value: npt.NDArray[np.int64]) -> None:
    reader.constants[node.outputs[0]] = value
