"""The pure functions a runtime asks of its node, which may answer from caches or in parallel."""

from typing import Protocol

from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519, verify_multisignature
from runtime.primitives import AccountId


class Host(Protocol):
    """Every implementation answers the same for the same arguments, on every node, for ever."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message."""
        ...


class ReferenceHost:
    """Computes every answer afresh."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message; ECDSA never counts as signed."""
        return verify_multisignature(signature, message, account)
