"""Generated functions of structs and variants against the plain ones, in and out of the type."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.codec import compile_codec
from runtime.codec.codec import Row
from runtime.codec.fields import compile_row, decode_plainly, encode_plainly
from runtime.errors import CodecError
from tests.helpers.codec_strategies import (
    KINDS,
    LEAVES,
    Kind,
    make_option,
    make_struct,
    make_union,
    make_vector,
)

BYTE, SHORT = LEAVES[0], LEAVES[2]
UNION = make_union({0: [], 7: [SHORT, BYTE]})
FIELDS = (
    *LEAVES,
    *map(make_option, (*LEAVES, UNION)),
    *map(make_vector, (SHORT, UNION)),
    make_struct([SHORT, BYTE]),
    make_struct([]),
    UNION,
)
SPOILT: dict[type, list[Any]] = {
    int: [-(1 << 600), -129, -1, 1, 256, *(1 << bits for bits in (16, 32, 64, 128, 256, 600))],
    bytes: [b"", b"a" * 4, b"a" * 71],
    str: ["", "a" * 71, "\ud800"],
    tuple: [(), (1,), (1, 2, 3), (1, 2, 3, 4, 5)],
}
"""Values in no type, or in some."""


def get_outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except CodecError as error:
        return str(error)


class Pair:
    """A struct with its generated and its plain functions."""

    def __init__(self, fields: list[Kind], prefix: bytes = b"") -> None:
        self.kind = make_struct(fields)
        row = compile_codec(self.kind.annotation, {}).inline
        assert isinstance(row, Row)
        self.row, self.prefix = row, prefix
        self.encode, self.decode_from = compile_row(row, "Struct", prefix)

    def compare_encodings(self, value: Any) -> None:
        plain = get_outcome(encode_plainly, self.row.fields, "Struct", value)
        expected = self.prefix + plain if isinstance(plain, bytes) else plain
        assert get_outcome(self.encode, value) == expected

    def compare_decodings(self, raw: bytes) -> None:
        for offset in (0, 2):
            there = b"\xff" * offset + raw
            plain = get_outcome(
                decode_plainly, self.row.fields, "Struct", self.row.new, there, offset
            )
            assert get_outcome(self.decode_from, there, offset) == plain


PAIRS = [
    Pair([BYTE, field, SHORT, *more], prefix)
    for prefix, more in ((b"", []), (b"\x07", [BYTE, BYTE]))
    for field in FIELDS
]


@pytest.mark.parametrize("pair", PAIRS)
@settings(max_examples=3)
@given(data=st.data())
def test_encoding_is_that_of_the_plain_function(pair: Pair, data: st.DataObject) -> None:
    value = data.draw(pair.kind.values)
    pair.compare_encodings(value)
    spoilt = next((SPOILT[kind] for kind in SPOILT if isinstance(value.f1, kind)), list[Any]())
    for wrong in spoilt:
        pair.compare_encodings(replace(value, f1=wrong))


@pytest.mark.parametrize("pair", PAIRS)
@settings(max_examples=3)
@given(data=st.data())
def test_decoding_is_that_of_the_plain_function(pair: Pair, data: st.DataObject) -> None:
    raw = pair.kind.encode(data.draw(pair.kind.values))
    for end in range(len(raw) + 1):
        pair.compare_decodings(raw[:end])
    for byte in (0, 1, 2, 3, 4, 0x7F, 0xFC, 0xFF):
        pair.compare_decodings(raw[:1] + bytes((byte,)) + raw[2:])


@given(st.lists(KINDS, max_size=6), st.data())
def test_any_struct_is_as_plain(fields: list[Kind], data: st.DataObject) -> None:
    pair = Pair(fields)
    value = data.draw(pair.kind.values)
    pair.compare_encodings(value)
    raw = pair.kind.encode(value)
    pair.compare_decodings(raw)
    pair.compare_decodings(raw[: data.draw(st.integers(0, len(raw)))])
