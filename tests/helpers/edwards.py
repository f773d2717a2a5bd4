"""Ed25519 in plain integers: the curve, and the rule of which signatures count, word by word."""

from hashlib import sha512
from typing import NamedTuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """A point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""

    x: int
    y: int
    z: int
    t: int


IDENTITY = Point(0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    # RFC 8032 §5.1.4
    low = (a.y - a.x) * (b.y - b.x) % P
    high = (a.y + a.x) * (b.y + b.x) % P
    c = 2 * a.t * b.t * D % P
    d = 2 * a.z * b.z % P
    e, f, g, h = high - low, d - c, d + c, high + low
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def negate(a: Point) -> Point:
    return Point(-a.x % P, a.y, a.z, -a.t % P)


def multiply(number: int, point: Point) -> Point:
    total = IDENTITY
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def is_identity(a: Point) -> bool:
    return a.x % P == 0 and (a.y - a.z) % P == 0


def encode(a: Point) -> bytes:
    inverse = pow(a.z, -1, P)
    x, y = a.x * inverse % P, a.y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """The point of an encoding, canonical or not; None if there is none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & (1 << 255) - 1) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_MINUS_1 % P
        if (v * x * x - u) % P:
            return None
    if x & 1 != sign:
        x = -x % P
    return Point(x, y, 1, x * y % P)


def _find_base() -> Point:
    found = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert found is not None
    return found


def _find_order_8() -> Point:
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            torsion = multiply(L, point)
            if not is_identity(multiply(4, torsion)):
                return torsion
    raise AssertionError("a point of order 8 is near")


BASE = _find_base()
TORSION = _find_order_8()
"""A point of order 8."""


def is_small_order(a: Point) -> bool:
    return is_identity(multiply(8, a))


def compute_challenge(r: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(r + public + message).digest(), "little") % L


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """The rule of `runtime.crypto.ed25519`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    encoded_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = decode(public), decode(encoded_r)
    if s >= L or a is None or r is None:
        return False
    if int.from_bytes(public, "little") & (1 << 255) - 1 >= P:
        return False
    if is_small_order(a) or is_small_order(r):
        return False
    k = compute_challenge(encoded_r, public, message)
    return encode(add(multiply(s, BASE), negate(multiply(k, a)))) == encoded_r


def sign_with(
    scalar: int, public: bytes, message: bytes, nonce: int, r: bytes | None = None
) -> bytes:
    """A signature whose equation holds up to what `public` and `r` were given besides."""
    encoded_r = encode(multiply(nonce, BASE)) if r is None else r
    k = compute_challenge(encoded_r, public, message)
    return encoded_r + ((nonce + k * scalar) % L).to_bytes(32, "little")
