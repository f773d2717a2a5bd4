"""Sealed boxes (libsodium's `crypto_box_seal`): to a public X25519 key, from nobody in particular.

    box   = ephemeral public key (32) || XSalsa20-Poly1305 of the message, tag first
    nonce = BLAKE2b-192(ephemeral public key || recipient's public key)

Opening is a function of box and secret alone, so that a runtime can judge what was in a box once
the secret is shown. Sealing draws a key and is for clients.
"""

from nacl.bindings import crypto_box_seal, crypto_box_seal_open, crypto_scalarmult
from nacl.bindings import crypto_scalarmult_base as _multiply_base
from nacl.exceptions import CryptoError

SECRET_SIZE = 32
PUBLIC_SIZE = 32
OVERHEAD_SIZE = 48
"""How much longer than its message a box is."""

_PROBE = bytes(32)  # clamped to 2^254: a multiple of the cofactor


def public_of_secret(secret: bytes) -> bytes:
    """The public key of a secret of 32 bytes; `ValueError` for another length."""
    _ensure_size("secret", secret, SECRET_SIZE)
    return _multiply_base(secret)


def is_box_key(public: bytes) -> bool:
    """Whether boxes can be sealed to a public key: not to the points of small order.

    With those every secret shares zeros, and libsodium refuses them.
    """
    if len(public) != PUBLIC_SIZE:
        return False
    try:
        crypto_scalarmult(_PROBE, public)
    except CryptoError:
        return False
    return True


def seal(message: bytes, public: bytes) -> bytes:
    """The message in a box; another box each time. `ValueError` for a key that takes none."""
    if not is_box_key(public):
        raise ValueError(f"no box can be sealed to {public.hex()}")
    return crypto_box_seal(message, public)


def open_box(box: bytes, secret: bytes) -> bytes | None:
    """The message, or None where the box is not one for this secret."""
    public = public_of_secret(secret)
    if len(box) < OVERHEAD_SIZE:
        return None
    try:
        return crypto_box_seal_open(box, public, secret)
    except CryptoError:
        return None


def _ensure_size(what: str, data: bytes, size: int) -> None:
    if len(data) != size:
        raise ValueError(f"a {what} has {size} bytes, got {len(data)}")
