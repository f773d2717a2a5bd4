"""The eight standard transaction extensions, in the order that every client assumes.

Their data in the extrinsic are era, nonce and tip; their additional data, signed but not sent,
are spec version, transaction version, genesis hash and the hash of the era's birth block.
"""

from runtime.codec import U32, U128, Compact, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.era import Era, decode_era
from runtime.frozen import frozen
from runtime.primitives import Hash

NONCE = codec_of(Compact[U32])
TIP = codec_of(Compact[U128])
_VERSION = codec_of(U32)

PAYLOAD_BYTES_MAX = 256
"""A longer payload is signed by its hash."""

EXTENSIONS = (
    "CheckNonZeroSender",
    "CheckSpecVersion",
    "CheckTxVersion",
    "CheckGenesis",
    "CheckMortality",
    "CheckNonce",
    "CheckWeight",
    "ChargeTransactionPayment",
)


@frozen
class SignedExtra:
    """The extensions' data in a signed extrinsic."""

    era: Era
    nonce: int
    tip: int


@frozen
class SigningContext:
    """What a signature binds besides the extrinsic's own bytes."""

    spec_version: int
    transaction_version: int
    genesis_hash: Hash
    birth_hash: Hash
    """The hash of the era's birth block; the genesis hash if immortal."""


def decode_extra(data: bytes, offset: int) -> tuple[SignedExtra, int]:
    """The extensions' data at an offset, and the offset behind them."""
    era, offset = decode_era(data, offset)
    nonce, offset = NONCE.decode_from(data, offset)
    tip, offset = TIP.decode_from(data, offset)
    return SignedExtra(era, nonce, tip), offset


def encode_extra(extra: SignedExtra) -> bytes:
    """Era, compact nonce, compact tip."""
    return extra.era.encode() + NONCE.encode(extra.nonce) + TIP.encode(extra.tip)


def compute_signing_payload(payload: bytes, context: SigningContext) -> bytes:
    """The bytes to sign for a call and its extra (``payload``): hashed where they are long."""
    whole = (
        payload
        + _VERSION.encode(context.spec_version)
        + _VERSION.encode(context.transaction_version)
        + context.genesis_hash
        + context.birth_hash
    )
    return blake2_256(whole) if len(whole) > PAYLOAD_BYTES_MAX else whole
