"""A decoder of metadata V14, V15 and V16 written from the format alone, and of values by it.

Nothing of the node's code is used, so that a mistake there is not repeated here. What it gives is
plain: dicts, lists, ints, bytes.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

PRIMITIVES = (
    *("bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256"),
    *("i8", "i16", "i32", "i64", "i128", "i256"),
)
HASHERS = 7


class Reader:
    """Bytes and a place in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        assert self.at + size <= len(self.data), f"{size} bytes at {self.at} of {len(self.data)}"
        self.at += size
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def flag(self) -> bool:
        value = self.byte()
        assert value in (0, 1), f"{value} at {self.at - 1}"
        return value == 1

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def compact(self) -> int:
        first = self.byte()
        size = {0: 0, 1: 1, 2: 3}.get(first & 3)
        if size is None:
            return int.from_bytes(self.take((first >> 2) + 4), "little")
        return int.from_bytes(bytes([first]) + self.take(size), "little") >> 2

    def raw(self) -> bytes:
        return self.take(self.compact())

    def text(self) -> str:
        return self.raw().decode()

    def texts(self) -> list[str]:
        return self.vector(self.text)

    def vector(self, item: Callable[[], T]) -> list[T]:
        return [item() for _ in range(self.compact())]

    def option(self, item: Callable[[], T]) -> T | None:
        return item() if self.flag() else None


class MetadataReader(Reader):
    """The parts of one version."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        assert self.take(4) == b"meta"
        self.version = self.byte()
        self.used: set[int] = set()
        """Every number of a type that is mentioned."""

    def read(self) -> dict[str, Any]:
        whole = {14: self.v14, 15: self.v15, 16: self.v16}[self.version]()
        assert self.at == len(self.data), f"{len(self.data) - self.at} bytes remain"
        return {**whole, "used": self.used}

    def type_id(self) -> int:
        number = self.compact()
        self.used.add(number)
        return number

    def v14(self) -> dict[str, Any]:
        return {
            "types": self.vector(self.portable),
            "pallets": self.vector(self.pallet),
            "extrinsic": {
                "type": self.type_id(),
                "version": self.byte(),
                "extensions": self.vector(self.extension),
            },
            "runtime": self.type_id(),
        }

    def v15(self) -> dict[str, Any]:
        return {
            "types": self.vector(self.portable),
            "pallets": self.vector(self.pallet_v15),
            "extrinsic": {
                "version": self.byte(),
                **{part: self.type_id() for part in ("address", "call", "signature", "extra")},
                "extensions": self.vector(self.extension),
            },
            "runtime": self.type_id(),
            "apis": self.vector(self.api),
            "outer": {part: self.type_id() for part in ("call", "event", "error")},
            "custom": self.empty(),
        }

    def v16(self) -> dict[str, Any]:
        return {
            "types": self.vector(self.portable),
            "pallets": self.vector(self.pallet_v16),
            "extrinsic": {
                "versions": self.vector(self.byte),
                **{part: self.type_id() for part in ("address", "call", "signature")},
                "by_version": self.vector(lambda: (self.byte(), self.vector(self.compact))),
                "extensions": self.vector(self.extension),
            },
            "apis": self.vector(self.api_v16),
            "outer": {part: self.type_id() for part in ("call", "event", "error")},
            "custom": self.empty(),
        }

    def empty(self) -> tuple[()]:
        """A list or map that this chain never fills."""
        assert self.compact() == 0, f"expected nothing at {self.at}"
        return ()

    def current(self) -> None:
        """The mark of what is not deprecated."""
        assert self.byte() == 0, f"deprecated at {self.at}"

    # --- types

    def portable(self) -> dict[str, Any]:
        return {
            "id": self.compact(),
            "path": self.texts(),
            "params": self.vector(lambda: (self.text(), self.option(self.type_id))),
            "def": self.definition(),
            "docs": self.texts(),
        }

    def definition(self) -> tuple[str, Any]:
        match self.byte():
            case 0:
                return "composite", self.vector(self.field)
            case 1:
                return "variant", self.vector(self.variant)
            case 2:
                return "sequence", self.type_id()
            case 3:
                return "array", (self.u32(), self.type_id())
            case 4:
                return "tuple", self.vector(self.type_id)
            case 5:
                return "primitive", PRIMITIVES[self.byte()]
            case 6:
                return "compact", self.type_id()
            case other:
                raise AssertionError(f"no kind of type {other} at {self.at}")

    def field(self) -> dict[str, Any]:
        return {
            "name": self.option(self.text),
            "type": self.type_id(),
            "type_name": self.option(self.text),
            "docs": self.texts(),
        }

    def variant(self) -> dict[str, Any]:
        return {
            "name": self.text(),
            "fields": self.vector(self.field),
            "index": self.byte(),
            "docs": self.texts(),
        }

    # --- pallets

    def pallet(self) -> dict[str, Any]:
        return {
            "name": self.text(),
            "storage": self.option(lambda: (self.text(), self.vector(self.entry))),
            "calls": self.option(self.type_id),
            "event": self.option(self.type_id),
            "constants": self.vector(self.constant),
            "error": self.option(self.type_id),
            "index": self.byte(),
        }

    def pallet_v15(self) -> dict[str, Any]:
        return {**self.pallet(), "docs": self.texts()}

    def pallet_v16(self) -> dict[str, Any]:
        pallet: dict[str, Any] = {
            "name": self.text(),
            "storage": self.option(
                lambda: (self.text(), self.vector(lambda: self.deprecable(self.entry)))
            ),
            "calls": self.option(self.enum),
            "event": self.option(self.enum),
            "constants": self.vector(lambda: self.deprecable(self.constant)),
            "error": self.option(self.enum),
        }
        self.empty()  # associated types
        self.empty()  # view functions
        pallet["index"] = self.byte()
        pallet["docs"] = self.texts()
        self.current()
        return pallet

    def deprecable(self, item: Callable[[], T]) -> T:
        value = item()
        self.current()
        return value

    def enum(self) -> int:
        number = self.type_id()
        self.empty()  # deprecated variants
        return number

    def entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": self.text(), "is_default": self.flag()}
        if self.flag():
            entry["hashers"] = self.vector(self.byte)
            assert max(entry["hashers"]) < HASHERS
            entry["key"] = self.type_id()
        entry["value"] = self.type_id()
        entry["default"] = self.raw()
        entry["docs"] = self.texts()
        return entry

    def constant(self) -> dict[str, Any]:
        return {
            "name": self.text(),
            "type": self.type_id(),
            "value": self.raw(),
            "docs": self.texts(),
        }

    # --- extensions and runtime APIs

    def extension(self) -> dict[str, Any]:
        return {"name": self.text(), "type": self.type_id(), "additional": self.type_id()}

    def api(self) -> dict[str, Any]:
        return {
            "name": self.text(),
            "methods": self.vector(self.method),
            "docs": self.texts(),
        }

    def api_v16(self) -> dict[str, Any]:
        api: dict[str, Any] = {
            "name": self.text(),
            "methods": self.vector(lambda: self.deprecable(self.method)),
            "docs": self.texts(),
            "version": self.compact(),
        }
        self.current()
        return api

    def method(self) -> dict[str, Any]:
        return {
            "name": self.text(),
            "inputs": self.vector(lambda: (self.text(), self.type_id())),
            "output": self.type_id(),
            "docs": self.texts(),
        }


def read_metadata(data: bytes) -> dict[str, Any]:
    """The whole of it; AssertionError for anything but well-formed metadata."""
    return MetadataReader(data).read()


def read_value(types: list[dict[str, Any]], number: int, data: bytes) -> Any:
    """The value of a type that the bytes are; AssertionError if they are none."""
    reader = Reader(data)
    value = _read(types, number, reader)
    assert reader.at == len(data), f"type {number}: {len(data) - reader.at} bytes remain"
    return value


def _read(types: list[dict[str, Any]], number: int, reader: Reader) -> Any:
    kind, detail = types[number]["def"]
    match kind:
        case "primitive":
            return _read_primitive(detail, reader)
        case "compact":
            return reader.compact()
        case "sequence":
            return reader.vector(lambda: _read(types, detail, reader))
        case "array":
            return [_read(types, detail[1], reader) for _ in range(detail[0])]
        case "tuple":
            return [_read(types, each, reader) for each in detail]
        case "composite":
            return _read_fields(types, detail, reader)
        case _:
            index = reader.byte()
            chosen = next(each for each in detail if each["index"] == index)
            return {chosen["name"]: _read_fields(types, chosen["fields"], reader)}


def _read_fields(types: list[dict[str, Any]], fields: list[dict[str, Any]], reader: Reader) -> Any:
    values = [(field["name"], _read(types, field["type"], reader)) for field in fields]
    return dict(values) if values and values[0][0] else [value for _, value in values]


def _read_primitive(name: str, reader: Reader) -> Any:
    if name == "bool":
        return reader.flag()
    if name == "str":
        return reader.text()
    size = int(name[1:]) // 8
    return int.from_bytes(reader.take(size), "little", signed=name.startswith("i"))
