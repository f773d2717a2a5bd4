"""Ed25519 (RFC 8032) with libsodium's rule of which signatures count.

The rule, the same for every node: `S` is below the group order, the public key is in its canonical
encoding, neither it nor `R` is of small order, and `encode(S*B - k*A)` is `R` byte for byte (no
multiplication by the cofactor). Libraries differ on these points, and nodes that differ split the
chain: `tests/vectors/ed25519_edge.json` holds the cases, and a library that fails one is no
replacement.
"""

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

SEED_SIZE = 32
PUBLIC_SIZE = 32
SIGNATURE_SIZE = 64


def public_of_seed(seed: bytes) -> bytes:
    """The public key of a 32-byte seed; `ValueError` for another length."""
    public, _ = _get_pair(seed)
    return public


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message`; the same for the same arguments."""
    _, secret = _get_pair(seed)
    return crypto_sign(message, secret)[:SIGNATURE_SIZE]


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `message` under `public`; False too for wrong lengths."""
    if len(public) != PUBLIC_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def _get_pair(seed: bytes) -> tuple[bytes, bytes]:
    if len(seed) != SEED_SIZE:
        raise ValueError(f"an ed25519 seed has {SEED_SIZE} bytes, got {len(seed)}")
    return crypto_sign_seed_keypair(seed)
