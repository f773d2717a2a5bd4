"""Protocol Buffers as they are on the wire, as far as a reader of a few messages needs them.

Numbers stay as they are encoded; the caller knows what its fields mean. Nothing is believed: every
length is checked against the bytes that are there. Source: protobuf.dev, "Encoding".
"""

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

from chain.models.errors import BadFile

VARINT_BYTES_MAX: Final = 10
Field: TypeAlias = int | memoryview

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message by number, each in the order in which it came."""

    fields: dict[int, list[Field]]

    def get_bytes(self, number: int) -> list[memoryview]:
        """Every value of a field of bytes, text or messages."""
        return [_ensure_bytes(value) for value in self.fields.get(number, ())]

    def get_messages(self, number: int) -> list["Message"]:
        """Every value of a field of messages."""
        return [parse_message(data) for data in self.get_bytes(number)]

    def get_text(self, number: int) -> str:
        """The last value of a field of text, empty where there is none."""
        values = self.get_bytes(number)
        try:
            return str(values[-1], "utf-8") if values else ""
        except UnicodeDecodeError as error:
            raise BadFile(f"expected text in UTF-8 in field {number}, got other bytes") from error

    def get_texts(self, number: int) -> tuple[str, ...]:
        """Every value of a field of text."""
        return tuple(
            Message({number: [value]}).get_text(number) for value in self.get_bytes(number)
        )

    def get_int(self, number: int, default: int = 0) -> int:
        """The last value of a field of signed integers."""
        values = self.get_ints(number)
        return values[-1] if values else default

    def get_ints(self, number: int) -> tuple[int, ...]:
        """Every value of a field of signed integers, packed or not."""
        found: list[int] = []
        for value in self.fields.get(number, ()):
            if isinstance(value, int):
                found.append(_to_signed(value))
                continue
            position = 0
            while position < len(value):
                each, position = _read_varint(value, position)
                found.append(_to_signed(each))
        return tuple(found)

    def get_floats(self, number: int) -> tuple[float, ...]:
        """Every value of a field of 32-bit floats, packed or not."""
        found: list[float] = []
        for value in self.fields.get(number, ()):
            data = value.to_bytes(4, "little") if isinstance(value, int) else bytes(value)
            if len(data) % 4:
                raise BadFile(f"expected whole floats in field {number}, got {len(data)} bytes")
            found += struct.unpack(f"<{len(data) // 4}f", data)
        return tuple(found)


def parse_message(data: bytes | memoryview) -> Message:
    """The fields of a message; `BadFile` if the bytes are none."""
    view, position = memoryview(data), 0
    fields: dict[int, list[Field]] = {}
    while position < len(view):
        tag, position = _read_varint(view, position)
        number, kind = tag >> 3, tag & 7
        value: Field
        if kind == _VARINT:
            value, position = _read_varint(view, position)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
            value = int.from_bytes(_take(view, position, size), "little")
            position += size
        elif kind == _BYTES:
            size, position = _read_varint(view, position)
            value = _take(view, position, size)
            position += size
        else:
            raise BadFile(f"expected a protobuf field, got wire type {kind} at byte {position}")
        if number == 0:
            raise BadFile(f"expected a protobuf field, got number 0 at byte {position}")
        fields.setdefault(number, []).append(value)
    return Message(fields)


def _read_varint(view: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(VARINT_BYTES_MAX):
        if position + shift >= len(view):
            raise BadFile(f"expected more bytes, the message ends at byte {len(view)}")
        byte = view[position + shift]
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value & (2**64 - 1), position + shift + 1
    raise BadFile(f"expected a number of at most {VARINT_BYTES_MAX} bytes at byte {position}")


def _take(view: memoryview, position: int, size: int) -> memoryview:
    if size > len(view) - position:
        raise BadFile(f"expected {size} bytes at byte {position}, got {len(view) - position}")
    return view[position : position + size]


def _to_signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _ensure_bytes(value: Field) -> memoryview:
    if isinstance(value, int):
        raise BadFile(f"expected a field of bytes, got the number {value}")
    return value
