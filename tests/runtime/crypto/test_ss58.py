"""SS58 addresses of any network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto.hashing import blake2_512
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.primitives import AccountId

ALICE = AccountId(bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"))
ALICE_ED25519 = AccountId(
    bytes.fromhex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee")
)
ADDRESSES = [
    (ALICE, 42, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
    (ALICE, 0, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"),
    (ALICE, 2, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"),
    (ALICE_ED25519, 42, "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"),
    (AccountId(bytes(32)), 0, "111111111111111111111111111111111HC1"),
]
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def encode_base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def write(body: bytes) -> str:
    """A text with a right checksum, whatever the body."""
    return encode_base58(body + blake2_512(b"SS58PRE" + body)[:2])


@pytest.mark.parametrize("account, prefix, address", ADDRESSES)
def test_known_addresses(account: AccountId, prefix: int, address: str) -> None:
    assert encode_ss58(account, prefix) == address
    assert decode_ss58(address) == account
    assert isinstance(decode_ss58(address), AccountId)


def test_the_default_network_is_42() -> None:
    assert encode_ss58(ALICE) == encode_ss58(ALICE, 42)


@given(account=st.binary(min_size=32, max_size=32), prefix=st.integers(0, 16383))
def test_every_prefix_goes_there_and_back(account: bytes, prefix: int) -> None:
    assert decode_ss58(encode_ss58(account, prefix)) == account


@given(prefix=st.integers(0, 16383))
def test_prefixes_are_told_apart(prefix: int) -> None:
    other = (prefix + 64) % 16384
    assert encode_ss58(ALICE, prefix) != encode_ss58(ALICE, other)


def test_a_two_byte_prefix_is_laid_out_as_substrate_does() -> None:
    # sp_core: format 255 has the bytes 7f c0, format 16383 has 7f ff
    assert encode_ss58(ALICE, 255) == write(bytes([0x7F, 0xC0]) + ALICE)
    assert encode_ss58(ALICE, 64) == write(bytes([0x50, 0x00]) + ALICE)
    assert encode_ss58(ALICE, 16383) == write(bytes([0x7F, 0xFF]) + ALICE)


@pytest.mark.parametrize("prefix", [-1, 16384])
def test_a_prefix_out_of_range_is_refused(prefix: int) -> None:
    with pytest.raises(Ss58Error, match=r"0\.\.16383"):
        encode_ss58(ALICE, prefix)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_an_account_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(Ss58Error, match=f"32 bytes, got {size}"):
        encode_ss58(bytes(size))


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "got 0"),
        ("1", "got 1"),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ", "holds 35 or 36 bytes"),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "checksum"),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ0", "'0' does not occur"),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ ", "' ' does not occur"),
        ("5" * 51, "at most 50 characters"),
        (write(bytes([0x80]) + ALICE), "got 35"),
        (write(bytes([0x80, 0x00]) + ALICE), "prefix"),
        (write(bytes([0xFF, 0xFF]) + ALICE), "prefix"),
        (write(bytes([0x4A, 0x80]) + ALICE), "prefix is none, or not in its shortest form"),
        (write(bytes([42]) + ALICE[:31]), "got 34"),
        (write(bytes([42]) + ALICE + b"\x00"), "got 36"),
        (write(bytes([0x50, 0x00]) + ALICE[:31]), "got 35"),
    ],
)
def test_other_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(Ss58Error, match=why):
        decode_ss58(text)


@given(position=st.integers(0, 47), character=st.sampled_from(ALPHABET))
def test_a_mistyped_character_is_noticed(position: int, character: str) -> None:
    address = ADDRESSES[0][2]
    typed = address[:position] + character + address[position + 1 :]
    if typed != address:
        with pytest.raises(Ss58Error):
            decode_ss58(typed)


@given(text=st.text(max_size=60))
def test_random_text_is_no_address(text: str) -> None:
    with pytest.raises(Ss58Error):
        decode_ss58(text)
