"""The secrets of sales: a file each, readable by its owner alone, found by what is public of it.

`keys/` holds the keys of data that is sold, by their commitment; `orders/` the secrets of the keys
that were made for orders, by their public half.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chain.wallet.errors import WalletError
from pallets.vault.types import BoxKey
from runtime.crypto.chunk_cipher import KEY_SIZE, compute_key_commit
from runtime.crypto.sealed_box import SECRET_SIZE, public_of_secret
from runtime.primitives import Hash


class NoSuchSecret(WalletError):
    """The secret is not in this folder."""


@dataclass(frozen=True, slots=True)
class SaleKeys:
    """The secrets below one folder, which need not exist until one is made."""

    folder: Path

    def make_key(self) -> bytes:
        """A new key for data, stored."""
        key = secrets.token_bytes(KEY_SIZE)
        _write(self._get_key_path(Hash(compute_key_commit(key))), key)
        return key

    def get_key(self, commit: Hash) -> bytes:
        """The key behind a commitment; `NoSuchSecret`."""
        key = _read(self._get_key_path(commit), "the key of this data")
        if compute_key_commit(key) != commit:
            raise NoSuchSecret(f"{self._get_key_path(commit)}: expected another key")
        return key

    def has_key(self, commit: Hash) -> bool:
        """Whether the key behind a commitment is here."""
        return self._get_key_path(commit).is_file()

    def make_secret(self) -> BoxKey:
        """A new X25519 key for one order, stored; its public half."""
        secret = secrets.token_bytes(SECRET_SIZE)
        public = BoxKey(public_of_secret(secret))
        _write(self._get_secret_path(public), secret)
        return public

    def get_secret(self, public: BoxKey) -> bytes:
        """The secret of an order's key; `NoSuchSecret`."""
        secret = _read(self._get_secret_path(public), "the secret of this order")
        if public_of_secret(secret) != public:
            raise NoSuchSecret(f"{self._get_secret_path(public)}: expected another secret")
        return secret

    def _get_key_path(self, commit: Hash) -> Path:
        return self.folder / "keys" / commit.hex()

    def _get_secret_path(self, public: BoxKey) -> Path:
        return self.folder / "orders" / public.hex()


def _read(path: Path, what: str) -> bytes:
    try:
        raw = bytes.fromhex(path.read_text("ascii"))
    except OSError as error:
        raise NoSuchSecret(f"{path}: {what} is not there: {error.strerror}") from error
    except ValueError as error:
        raise NoSuchSecret(f"{path}: expected hexadecimal digits: {error}") from error
    if len(raw) != KEY_SIZE:
        raise NoSuchSecret(f"{path}: expected {KEY_SIZE} bytes, got {len(raw)}")
    return raw


def _write(path: Path, secret: bytes) -> None:
    """Writes a whole file or none, and not over another."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret.hex().encode())
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
