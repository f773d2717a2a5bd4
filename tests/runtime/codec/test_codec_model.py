"""Codecs of made-up types against the definition of SCALE, and against hostile bytes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runtime.codec import compile_codec
from runtime.errors import CodecError
from tests.helpers.codec_strategies import KINDS, Kind, typed_values


@given(typed_values())
def test_encoding_is_scale_and_decoding_its_inverse(typed: tuple[Kind, Any]) -> None:
    kind, value = typed
    codec = compile_codec(kind.annotation, {})
    encoded = codec.encode(value)
    assert encoded == kind.encode(value)
    assert codec.decode(encoded) == value
    assert type(codec.decode(encoded)) is type(value)
    assert codec.decode_from(b"\xff\xff" + encoded + b"\xff", 2) == (value, 2 + len(encoded))
    if codec.fixed_size is not None:
        assert len(encoded) == codec.fixed_size


@given(typed_values(), st.data())
def test_no_encoding_begins_another(typed: tuple[Kind, Any], data: st.DataObject) -> None:
    kind, value = typed
    codec = compile_codec(kind.annotation, {})
    encoded = codec.encode(value)
    end = data.draw(st.integers(0, len(encoded)))
    for wrong in (encoded[:end], encoded + bytes(len(encoded) - end)):
        if wrong != encoded:
            assert not is_decodable(kind, wrong)


@given(typed_values(), st.data())
def test_a_changed_encoding_is_refused_or_another_value(
    typed: tuple[Kind, Any], data: st.DataObject
) -> None:
    kind, value = typed
    encoded = bytearray(kind.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        if encoded:
            at = data.draw(st.integers(0, len(encoded) - 1))
            encoded[at] = data.draw(st.sampled_from([0, 1, 2, 3, 4, 0x7F, 0xFC, 0xFF]))
    is_decodable(kind, bytes(encoded))


@given(KINDS, st.binary(max_size=40))
def test_random_bytes_are_refused_or_a_value(kind: Kind, raw: bytes) -> None:
    is_decodable(kind, raw)


def is_decodable(kind: Kind, raw: bytes) -> bool:
    """Whether the bytes are a value; then they are the only bytes of that value."""
    codec = compile_codec(kind.annotation, {})
    try:
        value = codec.decode(raw)
    except CodecError:
        return False
    assert kind.encode(value) == raw
    assert codec.encode(value) == raw
    return True
