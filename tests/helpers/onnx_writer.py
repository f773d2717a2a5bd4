"""Writes ONNX files: just enough of the format to say what an exporter, or an attacker, says."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32] | npt.NDArray[np.int64]
Attribute = int | float | str | Sequence[int] | Array


def put_varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def put_int(number: int, value: int) -> bytes:
    return put_varint(number << 3) + put_varint(value)


def put_bytes(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return put_varint(number << 3 | 2) + put_varint(len(data)) + data


def make_tensor(name: str, array: Array, extra: bytes = b"") -> bytes:
    kind = 1 if array.dtype == np.float32 else 7
    dims = b"".join(put_int(1, side) for side in array.shape)
    raw = put_bytes(9, np.ascontiguousarray(array).tobytes())
    return dims + put_int(2, kind) + put_bytes(8, name) + raw + extra


def make_attribute(name: str, value: Attribute) -> bytes:
    head = put_bytes(1, name)
    if isinstance(value, np.ndarray):
        return head + put_bytes(5, make_tensor("", value)) + put_int(20, 4)
    if isinstance(value, float):
        return head + put_varint(2 << 3 | 5) + struct.pack("<f", value) + put_int(20, 1)
    if isinstance(value, int):
        return head + put_int(3, value) + put_int(20, 2)
    if isinstance(value, str):
        return head + put_bytes(4, value) + put_int(20, 3)
    return head + b"".join(put_int(8, int(each)) for each in value) + put_int(20, 7)


@dataclass
class OnnxWriter:
    """A model in the making; `node` gives the name of its output."""

    shape: Sequence[int | str]
    opset: int = 17
    nodes: list[bytes] = field(default_factory=list)
    tensors: list[bytes] = field(default_factory=list)

    def tensor(self, array: Array, extra: bytes = b"") -> str:
        name = f"t{len(self.tensors)}"
        self.tensors.append(make_tensor(name, array, extra))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """``kind`` is an operator, or a domain, a colon and an operator."""
        domain, _, operator = kind.rpartition(":")
        output = f"v{len(self.nodes)}"
        parts = [put_bytes(1, name) for name in inputs]
        parts += [put_bytes(2, output), put_bytes(3, f"{operator.lower()}_{len(self.nodes)}")]
        parts += [put_bytes(4, operator), put_bytes(7, domain)]
        parts += [put_bytes(5, make_attribute(name, value)) for name, value in attributes.items()]
        self.nodes.append(b"".join(parts))
        return output

    def dump(self, *outputs: str) -> bytes:
        graph = b"".join(put_bytes(1, node) for node in self.nodes) + put_bytes(2, "graph")
        graph += b"".join(put_bytes(5, tensor) for tensor in self.tensors)
        graph += put_bytes(11, _make_value("x", self.shape))
        last = outputs or (f"v{len(self.nodes) - 1}",)
        graph += b"".join(put_bytes(12, _make_value(name, ("batch", "n"))) for name in last)
        opset = put_bytes(1, "") + put_int(2, self.opset)
        return put_int(1, 8) + put_bytes(7, graph) + put_bytes(8, opset)


def _make_value(name: str, shape: Sequence[int | str]) -> bytes:
    dimensions = (
        put_bytes(2, side) if isinstance(side, str) else put_int(1, side) for side in shape
    )
    shape_bytes = b"".join(put_bytes(1, dimension) for dimension in dimensions)
    tensor = put_int(1, 1) + put_bytes(2, shape_bytes)
    return put_bytes(1, name) + put_bytes(2, put_bytes(1, tensor))
