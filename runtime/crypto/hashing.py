"""The hash functions of storage keys, blocks, extrinsics and addresses."""

import hashlib
from hashlib import blake2b
from typing import Final

from xxhash import xxh64_intdigest

_BLAKE2_128: Final = blake2b(digest_size=16)
_BLAKE2_256: Final = blake2b(digest_size=32)
"""Hashers of nothing, never updated: to copy one is cheaper than to make it from its parameters."""


def blake2_64(data: bytes) -> bytes:
    """BLAKE2b with an 8-byte digest (RFC 7693): the names of runtime APIs."""
    return blake2b(data, digest_size=8).digest()


def blake2_128(data: bytes) -> bytes:
    """BLAKE2b with a 16-byte digest (RFC 7693), without key, salt or person."""
    hasher = _BLAKE2_128.copy()
    hasher.update(data)
    return hasher.digest()


def blake2_256(data: bytes) -> bytes:
    """BLAKE2b with a 32-byte digest (RFC 7693), without key, salt or person."""
    hasher = _BLAKE2_256.copy()
    hasher.update(data)
    return hasher.digest()


def blake2_512(data: bytes) -> bytes:
    """BLAKE2b with a 64-byte digest (RFC 7693), without key, salt or person."""
    return blake2b(data, digest_size=64).digest()


def blake2_128_concat(data: bytes) -> bytes:
    """The 16-byte BLAKE2b of `data`, then `data` itself."""
    return blake2_128(data) + data


def twox_64(data: bytes) -> bytes:
    """The 64-bit xxHash of `data` with seed 0, little endian; not collision resistant."""
    return xxh64_intdigest(data, 0).to_bytes(8, "little")


def twox_128(data: bytes) -> bytes:
    """The 64-bit xxHashes of `data` with seeds 0 and 1, little endian; not collision resistant."""
    return twox_64(data) + xxh64_intdigest(data, 1).to_bytes(8, "little")


def twox_64_concat(data: bytes) -> bytes:
    """The 8-byte xxHash of `data`, then `data` itself; for keys that nobody chooses freely."""
    return twox_64(data) + data


def shake_256(data: bytes, size_bytes: int) -> bytes:
    """SHAKE256 (FIPS 202): so many bytes of a stream that `data` decides."""
    return hashlib.shake_256(data).digest(size_bytes)
