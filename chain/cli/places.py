"""Where a person's keys, names and large tensors are."""

import os
from dataclasses import dataclass
from pathlib import Path

from chain.blobs import BlobStore, get_blobs_folder
from chain.config import load_config
from chain.keystore import Keystore


@dataclass(frozen=True, slots=True)
class Places:
    """The folders and files below the base path."""

    base_path: Path

    @property
    def keystore(self) -> Keystore:
        """The encrypted keys."""
        return Keystore(self.base_path / "keys")

    @property
    def address_book(self) -> Path:
        """Names for accounts."""
        return self.base_path / "addresses.json"

    @property
    def blobs(self) -> BlobStore:
        """Tensors too large for the state."""
        return BlobStore(get_blobs_folder(self.base_path))


def find_places(base_path: Path | None) -> Places:
    """Below the folder given, or the one that the environment or the default names."""
    flags = {"base_path": None if base_path is None else str(base_path)}
    return Places(load_config(None, os.environ, flags).base_path.expanduser())
