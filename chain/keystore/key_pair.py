"""A key that signs, of one of the two schemes."""

from dataclasses import dataclass, field

from chain.keystore.errors import NoSecret
from runtime.crypto.multisignature import Ed25519, Sr25519
from runtime.crypto.scheme import Scheme, compute_account, sign_message
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import AccountId


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A secret and the account it signs for; the secret is never shown."""

    scheme: Scheme
    secret: bytes = field(repr=False)
    """A 32-byte seed, or for sr25519 a 64-byte expanded key; empty where it is elsewhere."""

    account: AccountId

    @classmethod
    def of_secret(cls, scheme: Scheme, secret: bytes) -> "KeyPair":
        """The pair of a secret; `ValueError` for bytes that are none of the scheme."""
        return cls(scheme, secret, compute_account(secret, scheme))

    @classmethod
    def of_account(cls, account: AccountId) -> "KeyPair":
        """An account whose secret is elsewhere, or that has none: it signs nothing."""
        return cls(Scheme.ED25519, b"", account)

    @property
    def address(self) -> str:
        """The account in SS58."""
        return encode_ss58(self.account)

    def sign(self, message: bytes) -> Ed25519 | Sr25519:
        """The account's signature of a message; `NoSecret`."""
        if not self.secret:
            raise NoSecret(self.address)
        return sign_message(self.secret, message, self.scheme)
