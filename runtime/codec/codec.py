"""The codec of one type: three functions' worth of behaviour, and what metadata says of it."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from runtime.codec.typeinfo import TypeNode
from runtime.errors import CodecError
from runtime.frozen import frozen

T = TypeVar("T")


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
