"""The secrets of sales: a file each, readable by its owner alone, found by what is public of it.

`keys/` holds the keys of data that is sold, by their commitment; `orders/` the secrets of the keys
that were made for orders, by their public half.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from chain.wallet.secret_files import NoSuchSecret, dump_secret, load_secret
from pallets.vault.types import BoxKey
from runtime.crypto.chunk_cipher import KEY_SIZE, compute_key_commit
from runtime.crypto.sealed_box import SECRET_SIZE, public_of_secret
from runtime.primitives import Hash


@dataclass(frozen=True, slots=True)
class SaleKeys:
    """The secrets below one folder, which need not exist until one is made."""

    folder: Path

    def make_key(self) -> bytes:
        """A new key for data, stored."""
        key = secrets.token_bytes(KEY_SIZE)
        dump_secret(self._get_key_path(Hash(compute_key_commit(key))), key.hex().encode())
        return key

    def get_key(self, commit: Hash) -> bytes:
        """The key behind a commitment; `NoSuchSecret`."""
        key = load_secret(self._get_key_path(commit), _decode, "the key of this data")
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
        dump_secret(self._get_secret_path(public), secret.hex().encode())
        return public

    def get_secret(self, public: BoxKey) -> bytes:
        """The secret of an order's key; `NoSuchSecret`."""
        path = self._get_secret_path(public)
        secret = load_secret(path, _decode, "the secret of this order")
        if public_of_secret(secret) != public:
            raise NoSuchSecret(f"{path}: expected another secret")
        return secret

    def _get_key_path(self, commit: Hash) -> Path:
        return self.folder / "keys" / commit.hex()

    def _get_secret_path(self, public: BoxKey) -> Path:
        return self.folder / "orders" / public.hex()


def _decode(text: bytes) -> bytes:
    raw = bytes.fromhex(text.decode("ascii"))
    if len(raw) != KEY_SIZE:
        raise ValueError(f"expected {KEY_SIZE} bytes, got {len(raw)}")
    return raw
