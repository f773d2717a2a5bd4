"""Byte strings of a fixed length, distinct types to the checkers."""

from typing import ClassVar, Self

from runtime.errors import CodecError


class FixedBytes(bytes):
    """A byte string of exactly `LENGTH` bytes: `class Hash(FixedBytes): LENGTH = 32`."""

    LENGTH: ClassVar[int]
    SCALE_PATH: ClassVar[str] = ""
    """The type's path in metadata; empty for a plain `[u8; LENGTH]`."""

    __slots__ = ()

    def __new__(cls, data: bytes) -> Self:
        """The bytes as this type; `CodecError` for another length."""
        if len(data) != cls.LENGTH:
            raise CodecError(
                f"{cls.__name__}: expected {cls.LENGTH} bytes, got {len(data)}",
            )
        return super().__new__(cls, data)

    @classmethod
    def zero(cls) -> Self:
        """A value of zero bytes only."""
        return cls(bytes(cls.LENGTH))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(0x{self.hex()})"

    __str__ = __repr__
