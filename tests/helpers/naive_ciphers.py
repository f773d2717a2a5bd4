"""ChaCha20, and the sealed box of libsodium, in plain Python integers, from their definitions.

RFC 8439 (ChaCha20, Poly1305), RFC 7748 (X25519), Bernstein's Salsa20, HSalsa20 and XSalsa20.
"""

import struct
from collections.abc import Callable
from hashlib import blake2b

MASK = 0xFFFFFFFF
SIGMA = struct.unpack("<4I", b"expand 32-byte k")
PRIME = 2**255 - 19


def rotate(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & MASK


def run_chacha_quarter(x: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[first] = (x[first] + x[second]) & MASK
        x[third] = rotate(x[third] ^ x[first], by)


def make_chacha_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    words = struct.unpack("<8I", key)
    start = [*SIGMA, *words, counter, *struct.unpack("<3I", nonce)]
    x = list(start)
    for _ in range(10):
        for at in range(4):
            run_chacha_quarter(x, at, at + 4, at + 8, at + 12)
        for at in range(4):
            run_chacha_quarter(x, at, (at + 1) % 4 + 4, (at + 2) % 4 + 8, (at + 3) % 4 + 12)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(x, start, strict=True)))


def chacha20(key: bytes, nonce: bytes, data: bytes, counter: int = 1) -> bytes:
    """RFC 8439 2.4."""
    return xor_stream(lambda at: make_chacha_block(key, counter + at, nonce), data)


def xor_stream(make_block: Callable[[int], bytes], data: bytes) -> bytes:
    stream = b"".join(make_block(at) for at in range(-(-len(data) // 64)))
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


SALSA_COLUMNS = ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11))
SALSA_ROWS = ((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14))


def mix_salsa(x: list[int]) -> list[int]:
    x = list(x)
    for _ in range(10):
        for a, b, c, d in (*SALSA_COLUMNS, *SALSA_ROWS):
            x[b] ^= rotate((x[a] + x[d]) & MASK, 7)
            x[c] ^= rotate((x[b] + x[a]) & MASK, 9)
            x[d] ^= rotate((x[c] + x[b]) & MASK, 13)
            x[a] ^= rotate((x[d] + x[c]) & MASK, 18)
    return x


def arrange_salsa(key: bytes, sixteen: bytes) -> list[int]:
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", sixteen)
    return [SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3]]


def hsalsa20(key: bytes, sixteen: bytes) -> bytes:
    x = mix_salsa(arrange_salsa(key, sixteen))
    return struct.pack("<8I", *(x[at] for at in (0, 5, 10, 15, 6, 7, 8, 9)))


def make_salsa_block(key: bytes, eight: bytes, counter: int) -> bytes:
    start = arrange_salsa(key, eight + counter.to_bytes(8, "little"))
    x = mix_salsa(start)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(x, start, strict=True)))


def poly1305(key: bytes, data: bytes) -> bytes:
    """RFC 8439 2.5."""
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(data), 16):
        block = int.from_bytes(data[at : at + 16] + b"\x01", "little")
        total = (total + block) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def x25519(scalar: bytes, u: bytes) -> bytes:
    """RFC 7748 5, the ladder."""
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    x1 = (int.from_bytes(u, "little") & ((1 << 255) - 1)) % PRIME
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in reversed(range(255)):
        swap = k >> bit & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % PRIME, x1 * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, (aa - bb) * (aa + 121_665 * (aa - bb)) % PRIME
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")


def seal(message: bytes, public: bytes, ephemeral: bytes) -> bytes:
    """The sealed box whose ephemeral secret is known."""
    own = x25519(ephemeral, BASE)
    nonce = blake2b(own + public, digest_size=24).digest()
    key = hsalsa20(hsalsa20(x25519(ephemeral, public), bytes(16)), nonce[:16])
    stream = xor_stream(lambda at: make_salsa_block(key, nonce[16:], at), bytes(32) + message)
    return own + poly1305(stream[:32], stream[32:]) + stream[32:]
