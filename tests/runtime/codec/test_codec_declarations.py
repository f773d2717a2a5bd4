"""Types that have no codec are refused when their codec is asked for: at import."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any, Optional

import pytest

from runtime.codec import I8, U8, U32, Array, Compact, FixedBytes, MaxLen, Name, codec_of, variant
from runtime.codec.annotation import ComposedMark
from runtime.codec.typeinfo import Composite, Variant


@dataclass(slots=True)
class Thawed:
    x: U8


@dataclass(frozen=True, slots=True)
class Floating:
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    x: U8


@dataclass(frozen=True, slots=True)
class Computed:
    x: U8
    y: U8 = field(init=False, default=0)


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@variant(1)
@dataclass(frozen=True, slots=True)
class One:
    pass


@variant(1)
@dataclass(frozen=True, slots=True)
class AlsoOne:
    pass


@variant(0, name="Second")
@dataclass(frozen=True, slots=True)
class Two:
    pass


@variant(2, name="One")
@dataclass(frozen=True, slots=True)
class NamedOne:
    pass


class Large(IntEnum):
    A = 256


class Negative(IntEnum):
    A = -1


class Twice(IntEnum):
    A = 0
    B = 0


class Shapeless(FixedBytes):
    pass


class Plain:
    pass


NESTED: Any = Optional
WITHOUT_CODEC: list[tuple[Any, str]] = [
    (float, "float has no codec"),
    (int, "int has no codec: give it a size or a bound"),
    (bytes, "bytes has no codec"),
    (str, "str has no codec"),
    (type(None), "NoneType has no codec"),
    (Plain, "Plain has no codec"),
    (Any, "has no codec"),
    (list[U8], "has no codec"),
    (dict[U8, U8], "has no codec"),
    (tuple[U8, ...], "is unbounded"),
    (Annotated[tuple[tuple[U8, ...], ...], MaxLen(2)], "is unbounded"),
    (tuple[U8, float], "float has no codec"),
    (float | None, "float has no codec"),
    (Annotated[int, MaxLen(2)], "expected bytes, str or tuple"),
    (Annotated[tuple[U8, U8], MaxLen(2)], "expected bytes, str or tuple"),
    (Annotated[list[U8], MaxLen(2)], "expected bytes, str or tuple"),
    (Annotated[str, Array(2)], "expected bytes, str or tuple"),
    (Annotated[tuple[tuple[()], ...], MaxLen(2)], "take no bytes"),
    (Annotated[tuple[Empty, ...], MaxLen(2)], "take no bytes"),
    (Annotated[tuple[Annotated[bytes, Array(0)], ...], MaxLen(2)], "take no bytes"),
    (NESTED[Annotated[NESTED[U8], Name("Inner")]], "which of the two is absent"),
    (Compact[int], "int has no codec"),
    (Compact[I8], "Compact holds unsigned integers, not i8"),
    (Compact[bool], "Compact holds unsigned integers, not bool"),
    (Compact[Annotated[bytes, MaxLen(1)]], "Compact holds unsigned integers"),
    (Thawed, "Thawed must be frozen"),
    (Floating, "float has no codec"),
    (ByName, "ByName.x must be an argument by position"),
    (Computed, "Computed.y must be an argument by position"),
    (One | AlsoOne, "index 1 is taken twice, again by AlsoOne"),
    (One | NamedOne, "two variants are named One"),
    (One | Empty, "Empty has no @variant"),
    (Large, "A = 256 is not a byte"),
    (Negative, "A = -1 is not a byte"),
    (Twice, "index 0 is taken twice, again by B"),
    (Shapeless, "Shapeless: fixed bytes have a LENGTH"),
]


@pytest.mark.parametrize("annotation, why", WITHOUT_CODEC)
def test_a_type_without_codec(annotation: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        codec_of(annotation)


@pytest.mark.parametrize("index", [-1, 256])
def test_the_index_of_a_variant_is_a_byte(index: int) -> None:
    with pytest.raises(TypeError, match=rf"0\.\.255, not {index}"):
        variant(index)


@pytest.mark.parametrize("mark", [MaxLen, Array])
def test_no_bound_is_negative(mark: type[MaxLen | Array]) -> None:
    with pytest.raises(TypeError, match=rf"not negative: {mark.__name__}\(-1\)"):
        mark(-1)


def test_a_composed_type_is_known_by_name_alone() -> None:
    call: Any = Annotated[Plain, ComposedMark("RuntimeCall")]
    codec = codec_of(call)
    with pytest.raises(TypeError, match="RuntimeCall has a codec in a composed runtime only"):
        codec.encode(Plain())
    with pytest.raises(TypeError, match="RuntimeCall has a codec in a composed runtime only"):
        codec.decode(b"\0")


def test_an_option_keeps_its_path() -> None:
    option = codec_of(Annotated[U8 | None, Name("Maybe")])
    assert isinstance(option.node, Variant)
    assert (option.node.path, option.type_name) == (("Option",), "Maybe")


def test_names_are_for_metadata() -> None:
    renamed = codec_of(Annotated[Empty, Name("a::b::Other")])
    assert isinstance(renamed.node, Composite)
    assert (renamed.node.path, renamed.type_name) == (("a", "b", "Other"), "Other")
    short = codec_of(Annotated[Empty, Name("Other")])
    assert isinstance(short.node, Composite)
    assert short.node.path[-1] == "Other"
    assert len(short.node.path) > 1
    assert codec_of(Compact[Annotated[U32, Name("Nonce")]]).type_name == "Compact<Nonce>"
    union = codec_of(Annotated[One | Two, Name("x::Y")])
    assert isinstance(union.node, Variant)
    assert union.node.path == ("x", "Y")
    assert [each.name for each in union.node.variants] == ["Second", "One"]
