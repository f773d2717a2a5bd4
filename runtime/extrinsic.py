"""Extrinsics, version 4: signed transactions and bare inherents."""

from runtime.address import MultiAddress, lookup
from runtime.codec import Codec, codec_of
from runtime.codec.scalar import decode_compact, encode_compact
from runtime.crypto.hashing import blake2_256
from runtime.crypto.multisignature import MultiSignature
from runtime.errors import BadSigner, CannotLookup, CodecError
from runtime.extensions import SignedExtra, decode_extra, encode_extra
from runtime.frame.call import Call
from runtime.frozen import frozen
from runtime.primitives import AccountId, Hash

EXTRINSIC_BYTES_MAX = 128 * 1024
VERSION_BARE = 0x04
VERSION_SIGNED = 0x84

_ADDRESS = codec_of(MultiAddress)
_SIGNATURE = codec_of(MultiSignature)


@frozen
class Signer:
    """Who signed, how, and what the extensions add."""

    address: MultiAddress
    signature: MultiSignature
    extra: SignedExtra

    def get_account(self) -> AccountId:
        """The signing account; `BadSigner` if the address names none."""
        try:
            return lookup(self.address)
        except CannotLookup:
            raise BadSigner from None


@frozen
class Extrinsic:
    """A decoded extrinsic beside its bytes, so that nothing is decoded or encoded twice."""

    raw: bytes
    """The whole extrinsic, its length prefix included."""

    hash: Hash
    """blake2b-256 of ``raw``."""

    call: Call
    signer: Signer | None
    """None for an inherent."""

    payload: bytes
    """Call and extra as they are signed, before the extensions' additional data."""


def decode_extrinsic(raw: bytes, calls: Codec[Call]) -> Extrinsic:
    """Decodes a whole extrinsic, length prefix included; `CodecError` for anything else."""
    if len(raw) > EXTRINSIC_BYTES_MAX:
        raise CodecError(f"Extrinsic: {len(raw)} bytes, expected at most {EXTRINSIC_BYTES_MAX}")
    size, offset = decode_compact(raw, 0)
    if size != len(raw) - offset:
        raise CodecError(f"Extrinsic: length {size} announced, got {len(raw) - offset} bytes")
    if size == 0:
        raise CodecError("Extrinsic: empty")
    version, offset = raw[offset], offset + 1
    signer: Signer | None = None
    extra_bytes = b""
    if version == VERSION_SIGNED:
        address, offset = _ADDRESS.decode_from(raw, offset)
        signature, offset = _SIGNATURE.decode_from(raw, offset)
        extra, end = decode_extra(raw, offset)
        extra_bytes, offset = raw[offset:end], end
        signer = Signer(address, signature, extra)
    elif version != VERSION_BARE:
        raise CodecError(f"Extrinsic: expected version byte 0x04 or 0x84, got {version:#04x}")
    call, end = calls.decode_from(raw, offset)
    if end != len(raw):
        raise CodecError(f"Extrinsic: {len(raw) - end} bytes remain behind the call")
    return Extrinsic(raw, Hash(blake2_256(raw)), call, signer, raw[offset:] + extra_bytes)


def encode_bare(call: bytes) -> bytes:
    """An inherent of an encoded call."""
    body = bytes((VERSION_BARE,)) + call
    return encode_compact(len(body)) + body


def encode_signed(
    account: AccountId, signature: MultiSignature, extra: SignedExtra, call: bytes
) -> bytes:
    """A signed extrinsic of an encoded call."""
    body = (
        bytes((VERSION_SIGNED, 0))
        + account
        + _SIGNATURE.encode(signature)
        + encode_extra(extra)
        + call
    )
    return encode_compact(len(body)) + body
