"""Types made up by Hypothesis: an annotation, its values, and their bytes by the rules of SCALE.

The bytes come from the definition, one short function a kind, not from the code under test.
"""

from collections.abc import Callable
from dataclasses import dataclass, make_dataclass
from enum import IntEnum
from typing import Annotated, Any, Optional, Union

from hypothesis import strategies as st

from runtime.codec import (
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
    Array,
    Compact,
    FixedBytes,
    MaxLen,
    variant,
)

ITEMS_MAX = 4

# Types are put together at run time, of which the type checker need not know.
ANNOTATED: Any = Annotated
COMPACT: Any = Compact
OPTIONAL: Any = Optional
TUPLE: Any = tuple
UNION: Any = Union


class Key(FixedBytes):
    LENGTH = 5


class Colour(IntEnum):
    RED = 0
    GREEN = 7
    BLUE = 255


@dataclass(frozen=True, slots=True, repr=False)
class Kind:
    """One type."""

    annotation: Any
    values: st.SearchStrategy[Any]
    encode: Callable[[Any], bytes]
    is_option: bool = False
    is_empty: bool = False
    """Whether its values take no bytes."""

    def __repr__(self) -> str:
        return f"Kind({self.annotation})"


def write_compact(value: int) -> bytes:
    """The shortest of the four modes that holds the number."""
    for mode, size in ((0, 1), (1, 2), (2, 4)):
        if value < 1 << (8 * size - 2):
            return (value * 4 + mode).to_bytes(size, "little")
    size = next(size for size in range(4, 68) if value < 1 << (8 * size))
    return bytes([(size - 4) * 4 + 3]) + value.to_bytes(size, "little")


def _integers() -> list[Kind]:
    kinds: list[Kind] = []
    unsigned = ((U8, 8), (U16, 16), (U32, 32), (U64, 64), (U128, 128), (U256, 256))
    for annotation, bits in unsigned:
        values = st.integers(0, (1 << bits) - 1) | st.integers(0, 1 << min(bits - 1, 16))
        kinds.append(Kind(annotation, values, _write_integer(bits)))
        kinds.append(Kind(COMPACT[annotation], values, write_compact))
    for annotation, bits in ((I8, 8), (I16, 16), (I32, 32), (I64, 64), (I128, 128)):
        values = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        kinds.append(Kind(annotation, values, _write_integer(bits)))
    return kinds


def _write_integer(bits: int) -> Callable[[int], bytes]:
    def write(value: int) -> bytes:
        return bytes((value % (1 << bits)) >> (8 * at) & 0xFF for at in range(bits // 8))

    return write


def _write_bytes(value: bytes) -> bytes:
    return write_compact(len(value)) + value


def _write_text(value: str) -> bytes:
    return _write_bytes(value.encode())


def _write_byte(value: int) -> bytes:
    return bytes([value])


LEAVES = (
    *_integers(),
    Kind(bool, st.booleans(), _write_byte),
    Kind(Annotated[bytes, MaxLen(70)], st.binary(max_size=70), _write_bytes),
    Kind(Annotated[str, MaxLen(70)], st.text(max_size=17), _write_text),
    Kind(Annotated[bytes, Array(3)], st.binary(min_size=3, max_size=3), bytes),
    Kind(Key, st.binary(min_size=5, max_size=5).map(Key), bytes),
    Kind(Colour, st.sampled_from(Colour), _write_byte),
    Kind(tuple[()], st.just(()), lambda _: b"", is_empty=True),
)


def make_option(item: Kind) -> Kind:
    def write(value: object) -> bytes:
        return b"\0" if value is None else b"\1" + item.encode(value)

    return Kind(OPTIONAL[item.annotation], st.none() | item.values, write, is_option=True)


def make_vector(item: Kind) -> Kind:
    annotation = ANNOTATED[TUPLE[item.annotation, ...], MaxLen(ITEMS_MAX)]
    values = st.lists(item.values, max_size=ITEMS_MAX).map(tuple)
    return Kind(annotation, values, lambda value: write_compact(len(value)) + _join(item, value))


def make_array(item: Kind) -> Kind:
    annotation = ANNOTATED[TUPLE[item.annotation, ...], Array(2)]
    values = st.tuples(item.values, item.values)
    return Kind(annotation, values, lambda value: _join(item, value), is_empty=item.is_empty)


def _join(item: Kind, values: tuple[Any, ...]) -> bytes:
    return b"".join(item.encode(each) for each in values)


def make_tuple(items: list[Kind]) -> Kind:
    annotation = TUPLE[tuple(item.annotation for item in items)]
    values = st.tuples(*(item.values for item in items))
    return Kind(annotation, values, _concatenate(items), is_empty=_are_empty(items))


def make_struct(items: list[Kind]) -> Kind:
    cls = _make_class("Struct", items)
    write = _concatenate(items)
    return Kind(
        cls,
        st.builds(cls, *(item.values for item in items)),
        lambda value: write(_get_fields(value)),
        is_empty=_are_empty(items),
    )


def make_union(variants: dict[int, list[Kind]]) -> Kind:
    classes = {
        index: variant(index)(_make_class(f"Variant{index}", items))
        for index, items in variants.items()
    }
    writers = {index: _concatenate(items) for index, items in variants.items()}

    def write(value: Any) -> bytes:
        index = value.SCALE_INDEX
        return bytes([index]) + writers[index](_get_fields(value))

    values = st.one_of(
        *(
            st.builds(classes[index], *(item.values for item in items))
            for index, items in variants.items()
        )
    )
    return Kind(UNION[tuple(classes.values())], values, write)


def _make_class(name: str, items: list[Kind]) -> Any:
    fields = [(f"f{at}", item.annotation) for at, item in enumerate(items)]
    return make_dataclass(name, fields, frozen=True, slots=True)


def _get_fields(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__dataclass_fields__)


def _concatenate(items: list[Kind]) -> Callable[[tuple[Any, ...]], bytes]:
    def write(value: tuple[Any, ...]) -> bytes:
        return b"".join(item.encode(part) for item, part in zip(items, value, strict=True))

    return write


def _are_empty(items: list[Kind]) -> bool:
    return all(item.is_empty for item in items)


def _extend(kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    several = st.lists(kinds, max_size=5)
    return st.one_of(
        kinds.filter(lambda kind: not kind.is_option).map(make_option),
        kinds.filter(lambda kind: not kind.is_empty).map(make_vector),
        kinds.map(make_array),
        several.map(make_tuple),
        several.map(make_struct),
        st.dictionaries(
            st.integers(0, 255), st.lists(kinds, max_size=3), min_size=2, max_size=4
        ).map(make_union),
    )


@st.composite
def _leaves(draw: st.DrawFn) -> Kind:
    return LEAVES[draw(st.integers(0, len(LEAVES) - 1))]


KINDS = st.recursive(_leaves(), _extend, max_leaves=8)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Kind, Any]:
    """A type and one of its values."""
    kind = draw(KINDS)
    return kind, draw(kind.values)
