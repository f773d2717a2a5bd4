"""The codec of one type: three functions' worth of behaviour, and what metadata says of it."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Generic, TypeVar

from runtime.codec.typeinfo import TypeNode
from runtime.errors import CodecError
from runtime.frozen import frozen

T = TypeVar("T")
New = Callable[..., Any]
"""Makes the decoded value of its fields."""


@frozen
class Codec(Generic[T]):
    """Encodes and decodes values of one type."""

    encode: Callable[[T], bytes]
    """The value's SCALE bytes; `CodecError` if it is outside the type."""

    decode_from: Callable[[bytes, int], tuple[T, int]]
    """The value at an offset, and the offset behind it; `CodecError` if there is none."""

    node: TypeNode
    type_name: str
    """How metadata's fields name the type, for example `Balance`."""

    fixed_size: int | None = None
    """The size of every value in bytes, where it is one."""

    inline: "Inline | Row | None" = field(default=None, compare=False)
    """How generated code does the same without a call, where it can."""

    def decode(self, data: bytes) -> T:
        """The value of the whole input; `CodecError` if bytes remain."""
        value, offset = self.decode_from(data, 0)
        if offset != len(data):
            raise CodecError(
                f"{self.type_name}: {len(data) - offset} bytes remain after offset {offset}",
            )
        return value


def truncated(what: str, data: bytes, offset: int, size: int) -> CodecError:
    """The error for input that ends early."""
    return CodecError(
        f"{what}: expected {size} bytes at offset {offset}, got {max(0, len(data) - offset)}",
    )


AnyCodec = Codec[Any]
Fields = tuple[tuple[str, AnyCodec], ...]


@frozen
class Row:
    """A struct is its fields, and so is its code."""

    fields: Fields
    new: New


@frozen
class Inline:
    """Expressions for a value called ``{v}``, good for every value of the type.

    For others they raise `OverflowError` or `LookupError`, or do not fulfil `ensure`.
    """

    write: str
    """Its bytes."""

    ensure: str = ""
    """What is true of the value, or nothing."""

    read: str = ""
    """The value in `data` from ``{at}`` to ``{end}``, where the type has a fixed size."""

    known: tuple[tuple[str, Any], ...] = ()
    """What other names in braces stand for."""
