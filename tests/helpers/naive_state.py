"""The state commitment by its definition: slow, short, and independent of the runtime's code."""

from collections.abc import Mapping
from hashlib import blake2b

EMPTY = bytes(32)


def blake2_256(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def set_top_bit(digest: bytes, bit: int) -> bytes:
    return bytes([(digest[0] & 0x7F) | (bit << 7)]) + digest[1:]


def get_leaves(entries: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Hashes of values by path."""
    return {blake2_256(key): blake2_256(value) for key, value in entries.items()}


def get_bits(path: bytes) -> str:
    return f"{int.from_bytes(path, 'big'):0256b}"


def compute_node(leaves: Mapping[bytes, bytes], prefix: str) -> bytes:
    """The hash of the node at a prefix: what lies under it decides what it is."""
    inside = {path: value for path, value in leaves.items() if get_bits(path).startswith(prefix)}
    if not inside:
        return EMPTY
    if len(inside) == 1:
        ((path, value_hash),) = inside.items()
        return set_top_bit(blake2_256(path + value_hash), 1)
    left, right = compute_node(inside, prefix + "0"), compute_node(inside, prefix + "1")
    return set_top_bit(blake2_256(left + right), 0)


def compute_root(leaves: Mapping[bytes, bytes]) -> bytes:
    return compute_node(leaves, "")


def compute_proof(leaves: Mapping[bytes, bytes], path: bytes) -> bytes:
    """The SCALE form of the proof of what is at a path."""
    bits = get_bits(path)
    siblings: list[bytes] = []
    for depth in range(257):
        inside = [other for other in leaves if get_bits(other).startswith(bits[:depth])]
        if len(inside) <= 1:
            break
        sibling = bits[:depth] + ("1" if bits[depth] == "0" else "0")
        siblings.append(compute_node(leaves, sibling))
    leaf = b"\x01" + inside[0] + leaves[inside[0]] if inside else b"\x00"
    return encode_compact(len(siblings)) + b"".join(siblings) + leaf


def encode_compact(number: int) -> bytes:
    """SCALE's compact form of a number below 2**14."""
    if number < 64:
        return bytes([number << 2])
    return (number << 2 | 1).to_bytes(2, "little")
