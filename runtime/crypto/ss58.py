"""SS58: the text form of an account, with the network it is meant for and a checksum.

base58(prefix ++ account ++ first 2 bytes of blake2b-512("SS58PRE" ++ prefix ++ account)), where the
prefix takes one byte below 64 and two bytes from 64 to 16383. Substrate: `sp_core::crypto`.
"""

from typing import Final

from runtime.crypto.hashing import blake2_512
from runtime.primitives import AccountId

DEFAULT_PREFIX: Final = 42
"""Substrate's prefix for any network."""

PREFIX_MAX: Final = 16383

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {character: digit for digit, character in enumerate(_ALPHABET)}
_CHECKSUM_SIZE: Final = 2
# 36 bytes are the most that an address holds; longer text is refused before it is computed with.
_TEXT_SIZE_MAX: Final = 50


class Ss58Error(ValueError):
    """The text is no account's SS58 address."""


def encode_ss58(account: bytes, prefix: int = DEFAULT_PREFIX) -> str:
    """The address of a 32-byte account for the network with that prefix (0..16383)."""
    if len(account) != AccountId.LENGTH:
        raise Ss58Error(f"an account has {AccountId.LENGTH} bytes, got {len(account)}")
    body = _encode_prefix(prefix) + account
    return _encode_base58(body + _compute_checksum(body))


def decode_ss58(text: str) -> AccountId:
    """The account of an address for any network; `Ss58Error` says what is wrong with the text."""
    if len(text) > _TEXT_SIZE_MAX:
        raise Ss58Error(f"an address has at most {_TEXT_SIZE_MAX} characters, got {len(text)}")
    data = _decode_base58(text)
    prefix_size = 1 if data[:1] < b"\x40" else 2
    if len(data) != prefix_size + AccountId.LENGTH + _CHECKSUM_SIZE:
        raise Ss58Error(f"an address holds 35 or 36 bytes, got {len(data)}")
    body, checksum = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
    if _compute_checksum(body) != checksum:
        raise Ss58Error("the checksum is wrong: a character is missing or mistyped")
    if _encode_prefix(_decode_prefix(body)) != body[:prefix_size]:
        raise Ss58Error("the network prefix is none, or not in its shortest form")
    return AccountId(body[prefix_size:])


def _encode_prefix(prefix: int) -> bytes:
    if not 0 <= prefix <= PREFIX_MAX:
        raise Ss58Error(f"a network prefix is 0..{PREFIX_MAX}, not {prefix}")
    if prefix < 64:
        return bytes((prefix,))
    # 01 and bits 7..2, then bits 1..0 and bits 13..8
    return bytes((0x40 | (prefix & 0xFC) >> 2, prefix >> 8 | (prefix & 3) << 6))


def _decode_prefix(body: bytes) -> int:
    if body[0] < 0x40:
        return body[0]
    return (body[0] & 0x3F) << 2 | body[1] >> 6 | (body[1] & 0x3F) << 8


def _compute_checksum(body: bytes) -> bytes:
    return blake2_512(b"SS58PRE" + body)[:_CHECKSUM_SIZE]


def _encode_base58(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return _ALPHABET[0] * zeros + "".join(reversed(digits))


def _decode_base58(text: str) -> bytes:
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            raise Ss58Error(f"{character!r} does not occur in addresses")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
