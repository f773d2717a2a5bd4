"""Signatures of any scheme, as extrinsics carry them: Substrate's MultiSignature."""

from typing import Annotated, ClassVar, TypeAlias, assert_never

from runtime.codec import FixedBytes, Name, variant
from runtime.crypto import ed25519, sr25519
from runtime.errors import BadProof
from runtime.frozen import frozen
from runtime.primitives import AccountId


class Signature(FixedBytes):
    """Sixty-four bytes of an ed25519 or sr25519 signature."""

    LENGTH: ClassVar[int] = 64


class EcdsaSignature(FixedBytes):
    """Sixty-five bytes of a recoverable ECDSA signature."""

    LENGTH: ClassVar[int] = 65


class UnsupportedSignature(BadProof):
    """Transaction has an ECDSA signature; this chain takes ed25519 and sr25519."""


@variant(0, unnamed=True)
@frozen
class Ed25519:
    """An ed25519 signature."""

    signature: Signature


@variant(1, unnamed=True)
@frozen
class Sr25519:
    """An sr25519 signature."""

    signature: Signature


@variant(2, unnamed=True)
@frozen
class Ecdsa:
    """An ECDSA signature: decoded, never accepted."""

    signature: EcdsaSignature


MultiSignature: TypeAlias = Annotated[Ed25519 | Sr25519 | Ecdsa, Name("sp_runtime::MultiSignature")]


def ensure_supported(signature: Ed25519 | Sr25519 | Ecdsa) -> None:
    """Tells a client what is wrong with its scheme: `UnsupportedSignature` for ECDSA."""
    if isinstance(signature, Ecdsa):
        raise UnsupportedSignature


def verify_multisignature(
    signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
) -> bool:
    """Whether the account's key signed the message; ECDSA never did."""
    match signature:
        case Ed25519(raw):
            return ed25519.verify(account, message, raw)
        case Sr25519(raw):
            return sr25519.verify(account, message, raw)
        case Ecdsa():
            return False
        case _:
            assert_never(signature)
