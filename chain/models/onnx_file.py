"""ONNX files as nodes and arrays: what the format says, nothing of what it means.

Only what the importer needs is read: one graph, its float and integer tensors, the attributes of
its nodes. The numbers of fields are those of onnx.proto3.
"""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from chain.models.errors import BadFile, BadShape
from chain.models.protobuf import Message, parse_message

FILE_BYTES_MAX: Final = 2**30
Array: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.int64]
Attribute: TypeAlias = int | float | str | tuple[int, ...] | Array

_FLOAT, _INT, _TEXT, _TENSOR, _FLOATS, _INTS = 1, 2, 3, 4, 6, 7
"""Types of attributes."""

_TYPES: Final = {1: "<f4", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
"""Types of elements that are read."""

FLOAT_TYPES: Final = (1, 10, 11)


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNode:
    """One operator of a graph."""

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]

    def get_int(self, name: str, default: int) -> int:
        """An attribute that is an integer."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, int) else default

    def get_float(self, name: str, default: float) -> float:
        """An attribute that is a number."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, int | float) else default

    def get_ints(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """An attribute that is a list of integers."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, tuple) else default


@dataclass(frozen=True, slots=True)
class OnnxInput:
    """An input of the graph with its shape; None for a dimension that the file leaves open."""

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OnnxGraph:
    """The graph of a file."""

    opset: int
    nodes: tuple[OnnxNode, ...]
    constants: dict[str, Array]
    inputs: tuple[OnnxInput, ...]
    """Those that are no constants."""
    outputs: tuple[str, ...]


def load_onnx(path: Path) -> OnnxGraph:
    """The graph in a file. Raises `BadFile`, `BadShape`."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise BadFile(f"{path}: expected at most {FILE_BYTES_MAX} bytes, got {size}")
        data = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path}: it cannot be read: {error.strerror or error}") from error
    return parse_onnx(data)


def parse_onnx(data: bytes) -> OnnxGraph:
    """The graph of a model. Raises `BadFile`, `BadShape`."""
    model = parse_message(data)
    graphs = model.get_messages(7)
    if len(graphs) != 1:
        raise BadFile("expected an ONNX model, got a file without a graph")
    graph = graphs[0]
    opsets = {each.get_text(1): each.get_int(2) for each in model.get_messages(8)}
    opset = opsets.get("", opsets.get("ai.onnx", 0))
    if opset < 1:
        raise BadFile("expected the version of ONNX's operators, got none")
    if graph.fields.get(15):
        raise BadFile("expected plain tensors, got sparse ones")
    constants: dict[str, Array] = {}
    for tensor in graph.get_messages(5):
        name = tensor.get_text(8)
        constants[name] = _read_tensor(tensor, name)
    inputs = tuple(_read_input(each) for each in graph.get_messages(11))
    return OnnxGraph(
        opset,
        tuple(_read_node(node, index) for index, node in enumerate(graph.get_messages(1))),
        constants,
        tuple(each for each in inputs if each.name not in constants),
        tuple(each.get_text(1) for each in graph.get_messages(12)),
    )


def _read_node(node: Message, index: int) -> OnnxNode:
    domain, operator = node.get_text(7), node.get_text(4)
    if domain not in ("", "ai.onnx"):
        operator = f"{domain}.{operator}"
    name = node.get_text(3) or f"#{index}"
    attributes: dict[str, Attribute] = {}
    for each in node.get_messages(5):
        value = _read_attribute(each, name)
        if value is not None:
            attributes[each.get_text(1)] = value
    return OnnxNode(operator, name, node.get_texts(1), node.get_texts(2), attributes)


def _read_attribute(attribute: Message, node: str) -> Attribute | None:
    """None for kinds that no operator known here has."""
    match attribute.get_int(20):
        case kind if kind == _FLOAT:
            return (attribute.get_floats(2) or (0.0,))[-1]
        case kind if kind == _INT:
            return attribute.get_int(3)
        case kind if kind == _TEXT:
            return attribute.get_text(4)
        case kind if kind == _TENSOR:
            tensors = attribute.get_messages(5)
            return _read_tensor(tensors[-1], node) if tensors else None
        case kind if kind == _INTS:
            return attribute.get_ints(8)
        case _:
            return None


def _read_tensor(tensor: Message, name: str) -> Array:
    """Its content as float32 or int64, whatever it was written as."""
    shape, kind = tensor.get_ints(1), tensor.get_int(2)
    if tensor.get_int(14) or tensor.fields.get(13):
        raise BadFile(f"tensor {name!r}: expected its data in the file, got external data")
    if kind not in _TYPES:
        raise BadFile(f"tensor {name!r}: expected floats or integers, got data type {kind}")
    if any(side < 0 for side in shape):
        raise BadShape(f"tensor {name!r}: expected sides of at least 0, got {list(shape)}")
    stored = _read_numbers(tensor, kind)
    if stored.size != prod(shape):
        raise BadFile(f"tensor {name!r}: expected {prod(shape)} numbers, got {stored.size}")
    if kind not in FLOAT_TYPES:
        return stored.astype(np.int64).reshape(shape)
    with np.errstate(over="ignore"):  # beyond float32 it is infinite, which is refused later
        return stored.astype(np.float32).reshape(shape)


def _read_numbers(tensor: Message, kind: int) -> npt.NDArray[np.number]:
    dtype = np.dtype(_TYPES[kind])
    for number in (9, 10):  # raw data of any type, or doubles
        raw = b"".join(map(bytes, tensor.get_bytes(number)))
        if len(raw) % dtype.itemsize:
            raise BadFile(f"expected whole numbers of {dtype}, got {len(raw)} bytes")
        if raw:
            return np.frombuffer(raw, dtype)
    match dtype.name:
        case "float32":
            return np.array(tensor.get_floats(4), np.float32)
        case "int64":
            return np.array(tensor.get_ints(7), np.int64)
        case "int32":
            return np.array(tensor.get_ints(5), np.int64)
        case "float16":
            return np.array([each & 0xFFFF for each in tensor.get_ints(5)], "<u2").view("<f2")
        case _:
            return np.zeros(0, dtype)


def _read_input(value: Message) -> OnnxInput:
    name, shape = value.get_text(1), list[int | None]()
    for kind in value.get_messages(2):
        for tensor in kind.get_messages(1):
            for dimensions in tensor.get_messages(2):
                for dimension in dimensions.get_messages(1):
                    size = dimension.get_int(1)
                    shape.append(size if size > 0 else None)
    return OnnxInput(name, tuple(shape))
