"""A folder of key files, one a key, each encrypted under a password of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from chain.keystore.errors import BadKeyFile, KeyExists, KeystoreError, NoSuchKey
from chain.keystore.key_pair import KeyPair
from chain.keystore.mnemonic import Randomness
from chain.keystore.polkadot_json import (
    DEFAULT_COST,
    FILE_BYTES_MAX,
    KeyFile,
    Meta,
    ScryptCost,
    dump_key_file,
    load_key_file,
    seal,
    unseal,
)
from chain.private_file import dump_private_file
from runtime.crypto.scheme import Scheme
from runtime.primitives import AccountId

SUFFIX: Final = ".json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What can be said of a key without its password."""

    name: str
    scheme: Scheme
    account: AccountId
    is_encrypted: bool


class Keystore:
    """The keys of one folder, which need not exist until one is added."""

    def __init__(self, folder: Path, *, cost: ScryptCost = DEFAULT_COST) -> None:
        self.folder = folder
        self._cost = cost

    def iter_keys(self) -> Iterator[StoredKey]:
        """Every key, by name; `BadKeyFile` for the first file that is none."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                yield _describe(path.stem, self._load(path.stem))

    def find(self, name: str) -> StoredKey:
        """The key of a name; `NoSuchKey`."""
        return _describe(name, self._load(name))

    def unlock(self, name: str, password: str) -> KeyPair:
        """The pair of a name; `NoSuchKey`, `WrongPassword`, `BadKeyFile`. Takes some 0.3 s."""
        return unseal(self._load(name), password, name)

    def add(
        self, name: str, pair: KeyPair, password: str, now_ms: int, randomness: Randomness
    ) -> Path:
        """Seals a pair into a new file; `KeyExists`. Takes some 0.3 s."""
        _ensure_name(name)
        self._ensure_free(name)
        meta = Meta(name=name, when_created=now_ms)
        return self._write(name, seal(pair, password, meta, randomness, self._cost))

    def take_in(self, name: str, raw: bytes) -> StoredKey:
        """Adds a key file from elsewhere, sealed as it is; `BadKeyFile`, `KeyExists`."""
        _ensure_name(name)
        key_file = load_key_file(raw, name)
        if not key_file.is_encrypted:
            raise BadKeyFile(name, "got one without a password")
        meta = msgspec.structs.replace(key_file.meta, name=name)
        key_file = msgspec.structs.replace(key_file, meta=meta)
        self._write(name, key_file)
        return _describe(name, key_file)

    def _load(self, name: str) -> KeyFile:
        if _NAME.fullmatch(name) is None:
            raise NoSuchKey(name, str(self.folder))
        try:
            with (self.folder / f"{name}{SUFFIX}").open("rb") as stream:
                raw = stream.read(FILE_BYTES_MAX + 1)
        except FileNotFoundError:
            raise NoSuchKey(name, str(self.folder)) from None
        except OSError as error:
            raise KeystoreError(f"{name}: cannot be read: {error.strerror}") from error
        return load_key_file(raw, name)

    def _ensure_free(self, name: str) -> None:
        if (self.folder / f"{name}{SUFFIX}").exists():
            raise KeyExists(name, str(self.folder))

    def _write(self, name: str, key_file: KeyFile) -> Path:
        path = self.folder / f"{name}{SUFFIX}"
        try:
            dump_private_file(path, dump_key_file(key_file))
        except FileExistsError:
            raise KeyExists(name, str(self.folder)) from None
        except OSError as error:
            raise KeystoreError(f"{path}: cannot be written: {error.strerror}") from error
        return path


def _ensure_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise KeystoreError(
            f"expected a name of letters, digits and . _ - beginning with one of the first two, "
            f"got {name!r}"
        )


def _describe(name: str, key_file: KeyFile) -> StoredKey:
    return StoredKey(name, key_file.encoding.content[1], key_file.account, key_file.is_encrypted)
