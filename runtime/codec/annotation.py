"""The annotations that carry a codec: to the type checkers they are plain ints, bytes, tuples."""

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from runtime.frozen import frozen

T = TypeVar("T")
C = TypeVar("C", bound=type)


@frozen
class Uint:
    """An unsigned integer of `bits` bits, little endian."""

    bits: int


@frozen
class Sint:
    """A signed integer of `bits` bits, two's complement, little endian."""

    bits: int


@frozen
class CompactMark:
    """The integer is written in as few bytes as it needs."""


@frozen
class MaxLen:
    """At most this many items (bytes of a `bytes` or `str`): no collection is without a bound."""

    items_max: int

    def __post_init__(self) -> None:
        if self.items_max < 0:
            raise TypeError(f"a bound is not negative: MaxLen({self.items_max})")


@frozen
class Array:
    """Exactly this many items, written without a length."""

    length: int

    def __post_init__(self) -> None:
        if self.length < 0:
            raise TypeError(f"a length is not negative: Array({self.length})")


@frozen
class Name:
    """The name that metadata gives the type; a path with `::`, or its last segment alone."""

    name: str


@frozen
class Generic:
    """The generic parameters that metadata lists for an enum: `Generic(("T", Balance))`."""

    params: tuple[tuple[str, Any], ...]

    def __init__(self, *params: tuple[str, Any]) -> None:
        object.__setattr__(self, "params", params)


@frozen
class ComposedMark:
    """A type that only the composed runtime knows, by name: `RuntimeCall`, `RuntimeEvent`."""

    name: str


U8: TypeAlias = Annotated[int, Uint(8)]
U16: TypeAlias = Annotated[int, Uint(16)]
U32: TypeAlias = Annotated[int, Uint(32)]
U64: TypeAlias = Annotated[int, Uint(64)]
U128: TypeAlias = Annotated[int, Uint(128)]
U256: TypeAlias = Annotated[int, Uint(256)]
I8: TypeAlias = Annotated[int, Sint(8)]
I16: TypeAlias = Annotated[int, Sint(16)]
I32: TypeAlias = Annotated[int, Sint(32)]
I64: TypeAlias = Annotated[int, Sint(64)]
I128: TypeAlias = Annotated[int, Sint(128)]
Compact: TypeAlias = Annotated[T, CompactMark()]

# The largest body of one message; what is longer never reaches a decoder.
OPAQUE_BYTES_MAX = 16 * 1024 * 1024
Opaque: TypeAlias = Annotated[bytes, MaxLen(OPAQUE_BYTES_MAX)]
Text: TypeAlias = Annotated[str, MaxLen(OPAQUE_BYTES_MAX)]


def variant(index: int, *, name: str | None = None, unnamed: bool = False) -> Callable[[C], C]:
    """Makes a frozen dataclass a variant of an enum: the enum is a union of such classes.

    ``name`` is the variant's name in metadata where it differs from the class's; ``unnamed`` makes
    its fields a tuple's, as most variants of Substrate have them.
    """
    if not 0 <= index <= 255:
        raise TypeError(f"a variant's index is 0..255, not {index}")

    def mark(cls: C) -> C:
        cls.SCALE_INDEX = index  # type: ignore[attr-defined]
        cls.SCALE_NAME = name or cls.__name__  # type: ignore[attr-defined]
        cls.SCALE_UNNAMED = unnamed  # type: ignore[attr-defined]
        return cls

    return mark
