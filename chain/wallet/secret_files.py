"""Secrets until they are shown: a file each, readable by its owner alone, over no other."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from chain.private_file import dump_private_file
from chain.wallet.errors import WalletError

T = TypeVar("T")
SALT_BYTES: Final = 32


class NoSuchSecret(WalletError):
    """The secret is not in this folder."""


def make_salt() -> bytes:
    """What keeps a commitment from being guessed."""
    return secrets.token_bytes(SALT_BYTES)


def dump_secret(path: Path, raw: bytes) -> None:
    """Writes a whole file or none, and not over another; `WalletError`."""
    try:
        dump_private_file(path, raw)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error


def load_secret(path: Path, decode: Callable[[bytes], T], what: str) -> T:
    """What a file holds; `NoSuchSecret`, also where decoding it is a `ValueError`."""
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise NoSuchSecret(f"{path}: {what} is not there: {error.strerror}") from error
    except ValueError as error:
        raise NoSuchSecret(f"{path}: expected {what}: {error}") from error
