"""Secrets until they are shown: a file each, readable by its owner alone, over no other."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

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
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def load_secret(path: Path, decode: Callable[[bytes], T], what: str) -> T:
    """What a file holds; `NoSuchSecret`, also where decoding it is a `ValueError`."""
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise NoSuchSecret(f"{path}: {what} is not there: {error.strerror}") from error
    except ValueError as error:
        raise NoSuchSecret(f"{path}: expected {what}: {error}") from error
