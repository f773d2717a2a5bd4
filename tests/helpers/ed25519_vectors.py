"""Makes tests/vectors/ed25519_edge.json: signatures on which libraries disagree.

Run `python -m tests.helpers.ed25519_vectors` from the repository's root to write the file anew.
"""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.helpers import edwards
from tests.helpers.edwards import BASE, IDENTITY, TORSION, L, P, encode, multiply, sign_with

PATH = Path(__file__).resolve().parents[1] / "vectors" / "ed25519_edge.json"

Case = tuple[str, bytes, bytes, bytes]
"""Name, public key, message, signature."""

SCALAR = 0x1D0B5E5C7E9F2A64B3C8D71F05A49E6382C0B7F41E6D93A85C2F0E7B1A8D4653
NONCE = 0x0A9C41D7E25F38B60E7D94C1F8A35B20D6E9174C3BF082A5D1E6497B0C3F5A28
PUBLIC = encode(multiply(SCALAR, BASE))
MESSAGE = b"soberana"
RFC_8032 = (
    (
        "RFC 8032 test 1",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "RFC 8032 test 2",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
)


def find_message(public: bytes, r: bytes, order: int, *, is_multiple: bool = True) -> bytes:
    """The first numbered message whose challenge is, or is not, a multiple of `order`."""
    messages = (b"message %d" % number for number in count())
    for message in messages:
        challenge = edwards.compute_challenge(r, public, message)
        if (challenge % order == 0) == is_multiple:
            return message
    raise AssertionError("messages do not run out")


def combine(scalar: int, torsion: int) -> bytes:
    """The encoding of `scalar * B` with a part of small order."""
    return encode(edwards.add(multiply(scalar, BASE), multiply(torsion, TORSION)))


def make_plain_cases() -> Iterator[Case]:
    for name, public, message, signature in RFC_8032:
        yield name, bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    good = sign_with(SCALAR, PUBLIC, MESSAGE, NONCE)
    yield "valid", PUBLIC, MESSAGE, good
    yield "another message", PUBLIC, MESSAGE + b".", good
    yield "another key", encode(multiply(SCALAR + 1, BASE)), MESSAGE, good
    yield "no signature", PUBLIC, MESSAGE, b""
    yield "a byte short", PUBLIC, MESSAGE, good[:-1]
    yield "a byte long", PUBLIC, MESSAGE, good + b"\x00"
    yield "a byte of the message at the signature's end", PUBLIC, MESSAGE[1:], good + MESSAGE[:1]
    yield "a byte of the signature at the message's start", PUBLIC, good[-1:] + MESSAGE, good[:-1]
    yield "key a byte short", PUBLIC[:-1], MESSAGE, good
    yield "key a byte long", PUBLIC + b"\x00", MESSAGE, good
    yield "zeros", bytes(32), MESSAGE, bytes(64)


def make_scalar_cases() -> Iterator[Case]:
    good = sign_with(SCALAR, PUBLIC, MESSAGE, NONCE)
    s = int.from_bytes(good[32:], "little")
    for name, other in (
        ("S + L", s + L),
        ("S + 8 L", s + 8 * L),
        ("the largest multiple of L added to S", s + (2**256 - 1 - s) // L * L),
        ("S with its highest bit set", s | 1 << 255),
    ):
        yield name, PUBLIC, MESSAGE, good[:32] + other.to_bytes(32, "little")
    # R and A cancel out: a valid signature that careless batch equations trip over.
    r = encode(edwards.negate(multiply(SCALAR, BASE)))
    k = edwards.compute_challenge(r, PUBLIC, MESSAGE)
    opposite = r + ((k - 1) * SCALAR % L).to_bytes(32, "little")
    yield "R = -A", PUBLIC, MESSAGE, opposite


def make_small_order_cases() -> Iterator[Case]:
    for order, factor in ((1, 8), (2, 4), (4, 2), (8, 1)):
        public = encode(multiply(factor, TORSION))
        r = encode(multiply(NONCE, BASE))
        message = find_message(public, r, order)
        signature = sign_with(0, public, message, NONCE)
        yield f"key of order {order}, equation holds", public, message, signature
        signature = sign_with(SCALAR, PUBLIC, MESSAGE, 0, public)
        yield f"R of order {order}, equation holds up to it", PUBLIC, MESSAGE, signature
    yield (
        "key and R the identity, S = 0",
        encode(IDENTITY),
        MESSAGE,
        encode(IDENTITY) + bytes(32),
    )


def make_mixed_order_cases() -> Iterator[Case]:
    r = encode(multiply(NONCE, BASE))
    for factor in (1, 4):
        order = 8 // factor
        mixed = combine(SCALAR, factor)
        both = find_message(mixed, r, order)
        yield (
            f"key with a part of order {order}, holds without the cofactor too",
            mixed,
            both,
            sign_with(SCALAR, mixed, both, NONCE),
        )
        only = find_message(mixed, r, order, is_multiple=False)
        yield (
            f"key with a part of order {order}, holds with the cofactor only",
            mixed,
            only,
            sign_with(SCALAR, mixed, only, NONCE),
        )
        shifted = combine(NONCE, factor)
        yield (
            f"R with a part of order {order}, holds with the cofactor only",
            PUBLIC,
            MESSAGE,
            sign_with(SCALAR, PUBLIC, MESSAGE, NONCE, shifted),
        )


def make_encoding_cases() -> Iterator[Case]:
    def dump(y: int, sign: int) -> bytes:
        return (y | sign << 255).to_bytes(32, "little")

    for name, encoding in (
        ("identity as y = p + 1", dump(P + 1, 0)),
        ("identity as x = -0", dump(1, 1)),
        ("identity as y = p + 1, x = -0", dump(P + 1, 1)),
        ("order 2 as x = -0", dump(P - 1, 1)),
        ("order 4 as y = p", dump(P, 0)),
        ("order 4 as y = p, other sign", dump(P, 1)),
        ("no point: y = 2", dump(2, 0)),
        ("y = p + 3, on the curve", dump(P + 3, 0)),
        ("y = 2^255 - 1", dump(2**255 - 1, 0)),
    ):
        r = encode(multiply(NONCE, BASE))
        message = find_message(encoding, r, 8)
        yield f"key: {name}", encoding, message, sign_with(0, encoding, message, NONCE)
        yield f"R: {name}", PUBLIC, MESSAGE, sign_with(SCALAR, PUBLIC, MESSAGE, 0, encoding)


def make_cases() -> Iterator[Case]:
    yield from make_plain_cases()
    yield from make_scalar_cases()
    yield from make_small_order_cases()
    yield from make_mixed_order_cases()
    yield from make_encoding_cases()


def dump_vectors() -> str:
    vectors = [
        {
            "name": name,
            "public": public.hex(),
            "message": message.hex(),
            "signature": signature.hex(),
            "is_valid": edwards.verify(public, message, signature),
        }
        for name, public, message, signature in make_cases()
    ]
    return json.dumps(vectors, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(dump_vectors(), encoding="ascii")
