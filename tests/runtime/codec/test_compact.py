"""Compact integers: golden bytes at every change of form, and one form for each number."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.codec import U8, U16, U32, U64, U128, U256, Compact, codec_of
from runtime.codec.scalar import decode_compact, encode_compact
from runtime.errors import CodecError
from tests.helpers.codec_strategies import write_compact

GOLDEN = {
    0: "00",
    1: "04",
    42: "a8",
    63: "fc",
    64: "0101",
    69: "1501",
    255: "fd03",
    (1 << 14) - 1: "fdff",
    1 << 14: "02000100",
    65_535: "feff0300",
    (1 << 30) - 1: "feffffff",
    1 << 30: "0300000040",
    (1 << 32) - 1: "03ffffffff",
    1 << 32: "070000000001",
    10**12: "070010a5d4e8",
    100_000_000_000_000: "0b00407a10f35a",
    (1 << 56) - 1: "0fffffffffffffff",
    1 << 56: "130000000000000001",
    (1 << 64) - 1: "13ffffffffffffffff",
    (1 << 128) - 1: "33" + "ff" * 16,
    (1 << 256) - 1: "73" + "ff" * 32,
    1 << 528: "ff" + "00" * 66 + "01",
    (1 << 536) - 1: "ff" * 68,
}


@pytest.mark.parametrize("number, text", GOLDEN.items(), ids=lambda value: str(value)[:20])
def test_golden(number: int, text: str) -> None:
    raw = bytes.fromhex(text)
    assert encode_compact(number) == raw
    assert decode_compact(raw, 0) == (number, len(raw))
    assert decode_compact(b"\xff" + raw + b"\xff", 1) == (number, 1 + len(raw))


@given(st.integers(0, 535).flatmap(lambda bits: st.integers(0, (2 << bits) - 1)))
def test_any_number(number: int) -> None:
    raw = encode_compact(number)
    assert raw == write_compact(number)
    assert decode_compact(raw, 0) == (number, len(raw))


@pytest.mark.parametrize(
    "text",
    [
        "0100",  # 0 in two bytes
        "fd00",  # 63 in two bytes
        "02000000",  # 0 in four bytes
        "feff0000",  # 2^14 - 1 in four bytes
        "0300000000",
        "03ffffff3f",  # 2^30 - 1 behind a length
        "07ffffffff00",  # 2^32 - 1 in five bytes
        "0b000000000000",
        "13ffffffffffffff00",
        "ff" + "ff" * 66 + "00",
    ],
)
def test_a_number_in_more_bytes_than_it_needs_is_refused(text: str) -> None:
    with pytest.raises(CodecError, match="not in its shortest form"):
        decode_compact(bytes.fromhex(text), 0)


@pytest.mark.parametrize("number", [63, 64, (1 << 14) - 1, 1 << 30, (1 << 536) - 1])
def test_an_early_end_is_refused(number: int) -> None:
    raw = encode_compact(number)
    for end in range(len(raw)):
        with pytest.raises(CodecError, match=r"expected .* bytes at offset"):
            decode_compact(raw[:end], 0)


def test_the_error_counts_the_bytes_that_are_there() -> None:
    with pytest.raises(CodecError, match="Compact: expected 4 bytes at offset 3, got 2"):
        decode_compact(bytes.fromhex("000000 0200"), 3)
    with pytest.raises(CodecError, match="Compact: expected 1 bytes at offset 9, got 0"):
        decode_compact(b"", 9)


@pytest.mark.parametrize("number, why", [(-1, "-1 is negative"), (1 << 536, "68 bytes")])
def test_a_number_out_of_the_form_is_refused(number: int, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        encode_compact(number)


COMPACT: Any = Compact
BOUNDS = {8: U8, 16: U16, 32: U32, 64: U64, 128: U128, 256: U256}


@pytest.mark.parametrize("bits", BOUNDS)
def test_the_bound_of_the_type_holds_both_ways(bits: int) -> None:
    codec = codec_of(COMPACT[BOUNDS[bits]])
    most = (1 << bits) - 1
    assert codec.decode(codec.encode(most)) == most
    with pytest.raises(CodecError, match=rf"Compact<u{bits}>: {most + 1} is out of range"):
        codec.encode(most + 1)
    with pytest.raises(CodecError, match=rf"{most + 1} at offset 0 is out of range"):
        codec.decode(encode_compact(most + 1))
    with pytest.raises(CodecError, match="-1 is negative"):
        codec.encode(-1)
