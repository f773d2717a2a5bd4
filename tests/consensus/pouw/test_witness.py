"""Seals and witnesses as bytes: fixed forms, hard limits, and nothing else decodes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.pouw.params import INNER_MAX, PowParams, SeededShape, is_shape
from consensus.pouw.seal import SEAL, Seal
from consensus.pouw.witness import STRIP_BYTES_MAX, WITNESS, TileOpening, Witness
from runtime.codec.scalar import encode_compact
from runtime.errors import CodecError
from runtime.primitives import Hash, Root
from runtime.tensor.commitment import PATH_LENGTH_MAX, TILE_BYTES
from runtime.work_summary import Lane

u32 = st.integers(0, 2**32 - 1)
roots = st.binary(min_size=32, max_size=32).map(Root)
hashes = st.binary(min_size=32, max_size=32).map(Hash)
paths = st.lists(hashes, max_size=4).map(tuple)

seals = st.builds(
    Seal,
    version=st.integers(0, 255),
    lane=st.sampled_from(Lane),
    m=u32,
    n=u32,
    k=u32,
    i=u32,
    j=u32,
    root_a=roots,
    root_b=roots,
    root_c=roots,
    nonce=st.integers(0, 2**64 - 1),
    ticket=st.binary(min_size=32, max_size=32),
)
openings = st.builds(
    TileOpening, tile=st.binary(min_size=TILE_BYTES, max_size=TILE_BYTES), path=paths
)
witnesses = st.builds(
    Witness,
    strip_a=st.binary(max_size=200),
    path_a=paths,
    strip_b=st.binary(max_size=200),
    path_b=paths,
    result=st.none() | openings,
)


@given(seals)
def test_seal_has_one_form_of_158_bytes(seal: Seal) -> None:
    data = SEAL.encode(seal)
    assert len(data) == 158
    assert SEAL.decode(data) == seal
    for bad in (data[:-1], data + b"\0", b""):
        with pytest.raises(CodecError):
            SEAL.decode(bad)


def test_unknown_lane_does_not_decode() -> None:
    zero = Root.zero()
    seal = Seal(1, Lane.SEEDED, 0, 0, 0, 0, 0, zero, zero, zero, 0, bytes(32))
    data = SEAL.encode(seal)
    with pytest.raises(CodecError, match="Lane"):
        SEAL.decode(data[:1] + b"\x03" + data[2:])


@given(witnesses)
def test_witness_has_one_form(witness: Witness) -> None:
    data = WITNESS.encode(witness)
    assert WITNESS.decode(data) == witness
    with pytest.raises(CodecError):
        WITNESS.decode(data + b"\0")


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        witness = WITNESS.decode(data)
    except CodecError:
        return
    assert WITNESS.encode(witness) == data


@pytest.mark.parametrize("size", [STRIP_BYTES_MAX + 1, 2**30 - 1, 2**62])
def test_long_strips_are_refused_by_their_length_alone(size: int) -> None:
    """The bytes are not there; had they been asked for first, the message would say so."""
    with pytest.raises(CodecError, match=f"expected at most {STRIP_BYTES_MAX} bytes, got {size}"):
        WITNESS.decode(encode_compact(size))


@pytest.mark.parametrize("length", [PATH_LENGTH_MAX + 1, 2**30])
def test_long_paths_are_refused_by_their_length_alone(length: int) -> None:
    with pytest.raises(CodecError, match=f"at most {PATH_LENGTH_MAX}"):
        WITNESS.decode(encode_compact(0) + encode_compact(length))


def test_the_longest_witness_is_a_little_over_a_mebibyte() -> None:
    path: Any = (Hash.zero(),) * PATH_LENGTH_MAX
    strip = bytes(STRIP_BYTES_MAX)
    opened = TileOpening(bytes(TILE_BYTES), path)
    data = WITNESS.encode(Witness(strip, path, strip, path, opened))
    assert 2**20 < len(data) < 1.1 * 2**20


@pytest.mark.parametrize(
    "shape, is_valid",
    [
        ((32, 32, 64), True),
        ((2**20, 2**20, INNER_MAX), True),
        ((2**20 + 32, 32, 64), False),
        ((32, 2**20 + 32, 64), False),
        ((32, 32, INNER_MAX + 64), False),
        ((32, 32, 0), False),
        ((0, 32, 64), False),
        ((32, -32, 64), False),
        ((48, 32, 64), False),
        ((32, 32, 96), False),
    ],
)
def test_shapes_of_work(shape: tuple[int, int, int], is_valid: bool) -> None:
    assert is_shape(*shape) is is_valid
    if is_valid:
        assert PowParams(SeededShape(*shape)).seeded.k == shape[2]
    else:
        with pytest.raises(ValueError, match="expected m and n multiples of 32"):
            SeededShape(*shape)
