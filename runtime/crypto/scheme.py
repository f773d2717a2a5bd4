"""The signature schemes that accounts may use, chosen by name."""

from enum import StrEnum
from typing import assert_never

from runtime.crypto import ed25519, sr25519
from runtime.crypto.multisignature import Ed25519, Signature, Sr25519
from runtime.primitives import AccountId


class Scheme(StrEnum):
    """A signature scheme, by the name that wallets and key files give it."""

    ED25519 = "ed25519"
    SR25519 = "sr25519"


def compute_account(secret: bytes, scheme: Scheme) -> AccountId:
    """The account of a secret; `ValueError` if the scheme has no such secret."""
    match scheme:
        case Scheme.ED25519:
            return AccountId(ed25519.public_of_seed(secret))
        case Scheme.SR25519:
            return AccountId(sr25519.public_of_seed(secret))
        case _:
            assert_never(scheme)


def sign_message(secret: bytes, message: bytes, scheme: Scheme) -> Ed25519 | Sr25519:
    """The signature of a message as an extrinsic carries it."""
    match scheme:
        case Scheme.ED25519:
            return Ed25519(Signature(ed25519.sign(secret, message)))
        case Scheme.SR25519:
            return Sr25519(Signature(sr25519.sign(secret, message)))
        case _:
            assert_never(scheme)
