"""The hashers of storage maps, with the numbers metadata gives them."""

from collections.abc import Callable

from runtime.crypto import hashing
from runtime.frozen import frozen


@frozen
class Hasher:
    """How a map's key becomes part of a storage key."""

    name: str
    index: int
    """Its variant in `StorageHasher`."""

    hash_key: Callable[[bytes], bytes]
    prefix_size: int | None
    """Bytes in front of the plain key, or None where the key cannot be read back."""


def _identity(data: bytes) -> bytes:
    return data


blake2_128_concat = Hasher("Blake2_128Concat", 2, hashing.blake2_128_concat, 16)
twox_64_concat = Hasher("Twox64Concat", 5, hashing.twox_64_concat, 8)
blake2_256 = Hasher("Blake2_256", 1, hashing.blake2_256, None)
identity = Hasher("Identity", 6, _identity, 0)
