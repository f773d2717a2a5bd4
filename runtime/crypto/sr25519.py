"""Sr25519: Schnorr signatures on Ristretto as Substrate makes them, context `substrate`.

A secret is either a 32-byte seed, Substrate's mini secret key, or a 64-byte expanded key: a soft
junction ends in the latter, because no seed leads to it.
"""

import sr25519 as _schnorrkel

SEED_SIZE = 32
EXPANDED_SIZE = 64
PUBLIC_SIZE = 32
SIGNATURE_SIZE = 64


def pair_of_seed(secret: bytes) -> tuple[bytes, bytes]:
    """The 32-byte public key and the 64-byte expanded key of a secret of either form.

    Raises `ValueError` for another length, and for 64 bytes that are no key.
    """
    if len(secret) == SEED_SIZE:
        return _schnorrkel.pair_from_seed(secret)
    if len(secret) == EXPANDED_SIZE:
        return _schnorrkel.public_from_secret_key(secret), secret
    raise ValueError(
        f"an sr25519 secret has {SEED_SIZE} or {EXPANDED_SIZE} bytes, got {len(secret)}"
    )


def public_of_seed(secret: bytes) -> bytes:
    """The public key of a secret of either form; `ValueError` as for `pair_of_seed`."""
    public, _ = pair_of_seed(secret)
    return public


def sign(secret: bytes, message: bytes) -> bytes:
    """A 64-byte signature of `message`; another one each time, since the scheme draws a nonce."""
    return _schnorrkel.sign(pair_of_seed(secret), message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `message` under `public`; False too for malformed ones."""
    if len(public) != PUBLIC_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    try:
        return _schnorrkel.verify(signature, message, public)
    except ValueError:
        return False  # bytes that encode no signature or no point
