"""Each kind of codec: golden bytes, and what it says to bytes and values that do not fit."""

import tracemalloc
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, TypeAlias

import pytest

from runtime.codec import (
    I8,
    I32,
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
    codec_of,
    encode,
    variant,
)
from runtime.errors import CodecError
from runtime.primitives import AccountId


class Tag(FixedBytes):
    LENGTH = 3


class Mood(IntEnum):
    CALM = 0
    LOUD = 200


@dataclass(frozen=True, slots=True)
class Point:
    x: U8
    y: I32
    name: Annotated[str, MaxLen(8)]
    z: U16


@variant(0)
@dataclass(frozen=True, slots=True)
class Nothing:
    """No data."""


@variant(9)
@dataclass(frozen=True, slots=True)
class Move:
    """To a point."""

    to: Point


Action: TypeAlias = Nothing | Move
POINT = Point(1, -2, "é", 3)

GOLDEN: list[tuple[Any, Any, str]] = [
    (U8, 255, "ff"),
    (U16, 258, "0201"),
    (U32, 16_777_215, "ffffff00"),
    (U64, 1 << 63, "0000000000000080"),
    (U128, 1, "01" + "00" * 15),
    (U256, 1 << 255, "00" * 31 + "80"),
    (I8, -128, "80"),
    (I32, -1, "ffffffff"),
    (I128, -2, "fe" + "ff" * 15),
    (bool, False, "00"),
    (bool, True, "01"),
    (Annotated[bytes, MaxLen(4)], b"", "00"),
    (Annotated[bytes, MaxLen(4)], b"\x01\x02", "080102"),
    (Annotated[bytes, MaxLen(80)], b"a" * 64, "0101" + "61" * 64),
    (Annotated[str, MaxLen(9)], "Hamlet", "1848616d6c6574"),
    (Annotated[str, MaxLen(10)], "Война", "28" + "Война".encode().hex()),
    (Annotated[bytes, Array(2)], b"ab", "6162"),
    (Tag, Tag(b"abc"), "616263"),
    (tuple[()], (), ""),
    (tuple[Compact[U32], bool], (3, False), "0c00"),
    (U32 | None, None, "00"),
    (U32 | None, 1, "0101000000"),
    (bool | None, True, "0101"),
    (bool | None, False, "0100"),
    (tuple[()] | None, (), "01"),
    (Annotated[tuple[U16, ...], MaxLen(9)], (4, 8, 15, 16, 23, 42), "18040008000f00100017002a00"),
    (Annotated[tuple[bool | None, ...], MaxLen(3)], (None, True), "08000101"),
    (Annotated[tuple[U8, ...], Array(3)], (1, 2, 3), "010203"),
    (Mood, Mood.LOUD, "c8"),
    (Point, POINT, "01" + "feffffff" + "08c3a9" + "0300"),
    (Action, Nothing(), "00"),
    (Action, Move(POINT), "0901feffffff08c3a90300"),
]


@pytest.mark.parametrize("annotation, value, text", GOLDEN)
def test_golden(annotation: Any, value: Any, text: str) -> None:
    codec = codec_of(annotation)
    assert codec.encode(value).hex() == text
    decoded = codec.decode(bytes.fromhex(text))
    assert decoded == value
    assert type(decoded) is type(value)


REFUSED: list[tuple[Any, str, str]] = [
    (U16, "01", "u16: expected 2 bytes at offset 0, got 1"),
    (U8, "0102", "u8: 1 bytes remain after offset 1"),
    (bool, "", "bool: expected 1 bytes"),
    (bool, "02", "bool: expected 0 or 1 at offset 0, got 2"),
    (U32 | None, "", "Option<u32>: expected 1 bytes"),
    (U32 | None, "02", "Option<u32>: expected 0 or 1 at offset 0, got 2"),
    (Annotated[bytes, MaxLen(2)], "0c010203", "expected at most 2 bytes, got 3"),
    (Annotated[bytes, MaxLen(2)], "0801", "Vec<u8>: expected 2 bytes at offset 1, got 1"),
    (Annotated[str, MaxLen(2)], "04ff", "str: not UTF-8 at offset 0"),
    (Annotated[str, MaxLen(9)], "0ceda080", "str: not UTF-8"),  # a lone surrogate
    (Annotated[str, MaxLen(1)], "08c3a9", "expected at most 1 bytes, got 2"),
    (Annotated[bytes, Array(2)], "61", r"\[u8; 2\]: expected 2 bytes at offset 0, got 1"),
    (Tag, "6162", "Tag: expected 3 bytes"),
    (Annotated[tuple[U8, ...], MaxLen(1)], "080102", "Vec<u8>: expected at most 1 items, got 2"),
    (Annotated[tuple[U8, ...], MaxLen(9)], "0801", "u8: expected 1 bytes at offset 2"),
    (Annotated[tuple[U8, ...], Array(2)], "01", "u8: expected 1 bytes at offset 1"),
    (Mood, "01", "Mood: no variant 1"),
    (Mood, "", "Mood: expected 1 bytes"),
    (Point, "01feffff", "Point: expected 5 bytes at offset 0, got 4"),
    (Action, "01", "no variant 1"),
    (Action, "", "expected 1 bytes"),
]


@pytest.mark.parametrize("annotation, text, why", REFUSED)
def test_bytes_that_are_no_value(annotation: Any, text: str, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        codec_of(annotation).decode(bytes.fromhex(text))


OUTSIDE: list[tuple[Any, Any, str]] = [
    (U8, 256, "u8: 256 is out of range"),
    (U8, -1, "u8: -1 is out of range"),
    (I8, 128, "i8: 128 is out of range"),
    (I8, -129, "i8: -129 is out of range"),
    (U256, 1 << 256, "u256: .* is out of range"),
    (Annotated[bytes, MaxLen(2)], b"abc", "expected at most 2 bytes, got 3"),
    (Annotated[str, MaxLen(2)], "éé", "expected at most 2 bytes, got 4"),
    (Annotated[str, MaxLen(9)], "\ud800", "str: not encodable"),
    (Annotated[bytes, Array(2)], b"abc", "expected 2 bytes, got 3"),
    (Annotated[bytes, Array(2)], b"a", "expected 2 bytes, got 1"),
    (AccountId, b"abc", "AccountId: expected 32 bytes, got 3"),
    (Annotated[tuple[U8, ...], MaxLen(1)], (1, 2), "expected at most 1 items, got 2"),
    (Annotated[tuple[U8, ...], Array(2)], (1,), "expected 2 items, got 1"),
    (tuple[U8, U8], (1,), r"\(u8, u8\): expected 2 items, got 1"),
    (tuple[U8, U8], (1, 2, 3), "expected 2 items, got 3"),
    (Mood, 1, "Mood: 1 is none of its variants"),
    (Point, Point(256, 0, "", 0), "Point: a field of .* is out of range"),
    (Point, Point(0, 0, "", -1), "Point: a field of .* is out of range"),
    (Action, POINT, "is none of its variants"),
    (Move, Move(Point(0, 1 << 31, "", 0)), "Point: a field of .* is out of range"),
]


@pytest.mark.parametrize("annotation, value, why", OUTSIDE)
def test_values_outside_the_type(annotation: Any, value: Any, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        codec_of(annotation).encode(value)


BIG = 1 << 30
ANNOUNCED: list[tuple[Any, str]] = [
    (Annotated[bytes, MaxLen(BIG)], "0300000040"),
    (Annotated[str, MaxLen(BIG)], "0300000040"),
    (Annotated[tuple[U64, ...], MaxLen(BIG)], "0300000040"),
    (Annotated[tuple[bool | None, ...], MaxLen(BIG)], "0300000040"),
    (Annotated[tuple[Annotated[bytes, MaxLen(BIG)], ...], MaxLen(BIG)], "0300000040" * 3),
    (Annotated[bytes, MaxLen(BIG)], "ff" * 68),
    (Annotated[tuple[U8, ...], MaxLen(BIG)], "13" + "ff" * 8),
]


@pytest.mark.parametrize("annotation, text", ANNOUNCED)
def test_an_announced_length_takes_no_memory(annotation: Any, text: str) -> None:
    codec = codec_of(annotation)
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            codec.decode(bytes.fromhex(text))
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024
    finally:
        tracemalloc.stop()


def test_an_instance_is_encoded_by_its_class() -> None:
    assert encode(POINT) == codec_of(Point).encode(POINT)


def test_fixed_bytes_know_their_length() -> None:
    assert Tag.zero() == b"\0\0\0"
    assert repr(Tag(b"abc")) == str(Tag(b"abc")) == "Tag(0x616263)"
    assert Tag(b"abc") != Tag(b"abd")
    with pytest.raises(CodecError, match="Tag: expected 3 bytes, got 2"):
        Tag(b"ab")


def test_a_codec_knows_the_size_of_what_always_has_one() -> None:
    sizes: list[tuple[Any, int | None]] = [
        (Tag, 3),
        (tuple[U8, U32], 5),
        (Annotated[tuple[U16, ...], Array(3)], 6),
        (Point, None),
        (U8 | None, None),
        (Mood, 1),
    ]
    assert [codec_of(annotation).fixed_size for annotation, _ in sizes] == [s for _, s in sizes]
