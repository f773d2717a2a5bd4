"""Signatures of any scheme: SCALE form and verdicts."""

import pytest

from runtime.codec import codec_of
from runtime.crypto import ed25519, sr25519
from runtime.crypto.multisignature import (
    Ecdsa,
    EcdsaSignature,
    Ed25519,
    MultiSignature,
    Signature,
    Sr25519,
    UnsupportedSignature,
    ensure_supported,
    verify_multisignature,
)
from runtime.errors import BadProof, CodecError
from runtime.primitives import AccountId

SEED = b"\x07" * 32
ED = AccountId(ed25519.public_of_seed(SEED))
SR = AccountId(sr25519.public_of_seed(SEED))
ED_SIGNATURE = Ed25519(Signature(ed25519.sign(SEED, b"message")))
SR_SIGNATURE = Sr25519(Signature(sr25519.sign(SEED, b"message")))
ECDSA_SIGNATURE = Ecdsa(EcdsaSignature(b"\x01" * 65))


@pytest.mark.parametrize("signature, account", [(ED_SIGNATURE, ED), (SR_SIGNATURE, SR)])
def test_the_scheme_says_how_the_account_signed(
    signature: Ed25519 | Sr25519, account: AccountId
) -> None:
    ensure_supported(signature)
    assert verify_multisignature(signature, b"message", account)
    assert not verify_multisignature(signature, b"other", account)
    assert not verify_multisignature(signature, b"message", AccountId(bytes(32)))


def test_a_signature_of_one_scheme_is_none_of_the_other() -> None:
    assert not verify_multisignature(Sr25519(ED_SIGNATURE.signature), b"message", ED)
    assert not verify_multisignature(Ed25519(SR_SIGNATURE.signature), b"message", SR)


def test_ecdsa_never_verifies_and_is_told_apart_from_a_wrong_signature() -> None:
    assert not verify_multisignature(ECDSA_SIGNATURE, b"message", ED)
    with pytest.raises(UnsupportedSignature) as caught:
        ensure_supported(ECDSA_SIGNATURE)
    assert caught.value.INDEX == BadProof.INDEX
    assert "ECDSA" in caught.value.reason


@pytest.mark.parametrize(
    "signature, index, size",
    [(ED_SIGNATURE, 0, 65), (SR_SIGNATURE, 1, 65), (ECDSA_SIGNATURE, 2, 66)],
)
def test_scale_form(signature: Ed25519 | Sr25519 | Ecdsa, index: int, size: int) -> None:
    codec = codec_of(MultiSignature)
    encoded = codec.encode(signature)
    assert encoded == bytes([index]) + signature.signature
    assert len(encoded) == size
    assert codec.decode(encoded) == signature


@pytest.mark.parametrize(
    "data", [b"", b"\x00" + bytes(63), b"\x00" + bytes(65), b"\x03" + bytes(64)]
)
def test_other_bytes_do_not_decode(data: bytes) -> None:
    with pytest.raises(CodecError):
        codec_of(MultiSignature).decode(data)
