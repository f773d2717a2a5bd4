"""Boxes and the chunk cipher against the vectors, their definitions, and bytes of anybody."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto.chunk_cipher import compute_key_commit, compute_stream_key, encrypt_chunk
from runtime.crypto.sealed_box import is_box_key, open_box, public_of_secret, seal
from tests.helpers import naive_ciphers, vault_vectors
from tests.helpers.chunk_vectors import make_data

VECTORS: dict[str, Any] = json.loads(vault_vectors.PATH.read_text())
BYTES_32 = st.binary(min_size=32, max_size=32)

SMALL_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]


def test_the_vectors_are_what_the_specification_makes() -> None:
    assert vault_vectors.make_vectors() == VECTORS


def test_chacha20_of_the_rfc() -> None:
    """RFC 8439 2.4.2, for the definition that the vectors are made with."""
    text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip"
    nonce = bytes.fromhex("000000000000004a00000000")
    made = naive_ciphers.chacha20(bytes(range(32)), nonce, text)
    assert made[:16].hex() == "6e2e359a2568f98041ba0728dd0d6981"


def test_x25519_of_the_rfc() -> None:
    """RFC 7748 5.2, after one iteration."""
    expected = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert public_of_secret(naive_ciphers.BASE).hex() == expected
    assert naive_ciphers.x25519(naive_ciphers.BASE, naive_ciphers.BASE).hex() == expected


@pytest.mark.parametrize("box", VECTORS["boxes"])
def test_a_box_of_the_vectors_opens(box: dict[str, str]) -> None:
    secret, raw = bytes.fromhex(box["secret"]), bytes.fromhex(box["box"])
    assert public_of_secret(secret).hex() == box["public"]
    assert is_box_key(bytes.fromhex(box["public"]))
    opened = open_box(raw, secret)
    assert opened is not None
    assert opened.hex() == box["key"]


@pytest.mark.parametrize("sale", VECTORS["sales"])
def test_the_cipher_makes_the_vectors(sale: dict[str, Any]) -> None:
    key, root = bytes.fromhex(sale["key"]), bytes.fromhex(sale["plain_root"])
    assert compute_key_commit(key).hex() == sale["key_commit"]
    stream = compute_stream_key(key, root)
    assert stream.hex() == sale["stream_key"]
    chunks = vault_vectors.cut(make_data(sale["label"], sale["size"]))
    cipher = encrypt_chunk(stream, len(chunks) - 1, chunks[-1])
    assert cipher.hex() == sale["last_cipher_chunk"]
    assert encrypt_chunk(stream, len(chunks) - 1, cipher) == chunks[-1]


@given(BYTES_32, st.integers(0, 2**64 - 1), st.binary(min_size=1, max_size=200))
def test_the_cipher_is_chacha20(key: bytes, index: int, chunk: bytes) -> None:
    nonce = index.to_bytes(8, "little") + bytes(4)
    assert encrypt_chunk(key, index, chunk) == naive_ciphers.chacha20(key, nonce, chunk)


@given(BYTES_32, BYTES_32)
def test_what_is_sealed_opens_with_its_secret_alone(secret: bytes, message: bytes) -> None:
    box = seal(message, public_of_secret(secret))
    assert len(box) == 80
    assert open_box(box, secret) == message
    assert open_box(box, bytes([secret[0] ^ 8]) + secret[1:]) is None


@given(st.integers(0, 80 * 8 - 1))
def test_no_bit_of_a_box_may_change(bit: int) -> None:
    """The highest bit of a public key is ignored by X25519, but is hashed into the nonce."""
    vector = VECTORS["boxes"][0]
    box = bytearray.fromhex(vector["box"])
    box[bit // 8] ^= 1 << bit % 8
    assert open_box(bytes(box), bytes.fromhex(vector["secret"])) is None


@given(BYTES_32, st.binary(max_size=100))
def test_any_bytes_are_no_box(secret: bytes, box: bytes) -> None:
    assert open_box(box, secret) is None


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_point_of_small_order_is_no_key(point: bytes) -> None:
    for each in (point, point[:31] + bytes([point[31] | 128])):
        assert not is_box_key(each)
        with pytest.raises(ValueError, match="no box can be sealed"):
            seal(bytes(32), each)
    assert open_box(point + bytes(48), bytes(range(32))) is None


@given(BYTES_32)
def test_whatever_is_a_key_takes_a_box(public: bytes) -> None:
    """Else a buyer could ask for what no seller can deliver."""
    if is_box_key(public):
        assert len(seal(bytes(32), public)) == 80


def test_sizes_are_checked() -> None:
    assert not is_box_key(bytes(31))
    for wrong in (bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="has 32 bytes"):
            public_of_secret(wrong)
        with pytest.raises(ValueError, match="has 32 bytes"):
            compute_key_commit(wrong)
        with pytest.raises(ValueError, match="has 32 bytes"):
            compute_stream_key(bytes(32), wrong)


def test_a_key_that_is_used_again_makes_another_stream() -> None:
    one, two = (compute_stream_key(bytes(32), bytes([n]) * 32) for n in (1, 2))
    assert encrypt_chunk(one, 0, bytes(64)) != encrypt_chunk(two, 0, bytes(64))
