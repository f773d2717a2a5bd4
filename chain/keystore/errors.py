"""What can be wrong with keys, phrases and their files."""

from chain.errors import NodeError


class KeystoreError(NodeError):
    """A key cannot be made, read or kept; the text never shows a secret."""


class BadPhrase(KeystoreError):
    """The words are no BIP39 phrase."""


class BadUri(KeystoreError):
    """The text names no secret: neither a phrase, a seed nor a path."""


class BadKeyFile(KeystoreError):
    """The file is no key file of polkadot.js, version 3."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: expected a key file of polkadot.js, version 3; {why}")


class WrongPassword(KeystoreError):
    """The password does not open the key."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: the password does not open this key")


class NoSecret(KeystoreError):
    """Only the account is known, which signs nothing."""

    def __init__(self, address: str) -> None:
        super().__init__(f"expected the secret key of {address}, got only its address")


class NoSuchKey(KeystoreError):
    """The keystore has no key of this name or account."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(f"expected the name of a key in {folder}, got {name}")


class KeyExists(KeystoreError):
    """A key of this name is there already; it is never overwritten."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(f"a key named {name} is in {folder} already; choose another name")
