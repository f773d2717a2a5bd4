"""Names for accounts: a small JSON file that is the user's own."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from chain.wallet.errors import WalletError
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.primitives import AccountId

ENTRIES_MAX: Final = 10_000
FILE_BYTES_MAX: Final = 4 * 2**20
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")


class BadAddressBook(WalletError):
    """The file is no address book, or cannot be read or written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: expected an address book of names and addresses; {why}")


class BadName(WalletError):
    """A name that could be mistaken for something else."""


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Accounts by name; a change makes another book."""

    entries: Mapping[str, AccountId]

    def with_entry(self, name: str, account: AccountId) -> "AddressBook":
        """The book with a name that is added or changed; `BadName`."""
        _ensure_name(name)
        if len(self.entries) >= ENTRIES_MAX and name not in self.entries:
            raise BadName(f"an address book has at most {ENTRIES_MAX} names")
        return AddressBook({**self.entries, name: account})

    def without_entry(self, name: str) -> "AddressBook":
        """The book without a name; `BadName` if it is not there."""
        if name not in self.entries:
            raise BadName(f"expected a name of the address book, got {name!r}")
        return AddressBook({key: value for key, value in self.entries.items() if key != name})

    def get_name(self, account: AccountId) -> str | None:
        """The first name of an account, in the order of the alphabet."""
        names = (name for name, known in self.entries.items() if known == account)
        return min(names, default=None)


def load_address_book(path: Path) -> AddressBook:
    """The book in a file; an empty one where there is no file. `BadAddressBook`."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return AddressBook({})
    except OSError as error:
        raise BadAddressBook(path, f"it cannot be read: {error.strerror}") from error
    if len(raw) > FILE_BYTES_MAX:
        raise BadAddressBook(path, f"it has more than {FILE_BYTES_MAX} bytes")
    try:
        texts = msgspec.json.decode(raw, type=dict[str, str])
        for name in texts:
            _ensure_name(name)
        entries = {name: decode_ss58(text) for name, text in texts.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, Ss58Error, BadName) as error:
        raise BadAddressBook(path, str(error)) from error
    return AddressBook(entries)


def dump_address_book(book: AddressBook, path: Path) -> None:
    """Writes the book to a file, whole or not at all. `BadAddressBook`."""
    texts = {name: encode_ss58(book.entries[name]) for name in sorted(book.entries)}
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(texts), indent=2) + b"\n")
        partial.replace(path)
    except OSError as error:
        raise BadAddressBook(path, f"it cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _ensure_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or _is_address(name):
        raise BadName(
            f"expected a name of letters, digits and . _ - beginning with a letter, got {name!r}"
        )


def _is_address(text: str) -> bool:
    try:
        decode_ss58(text)
    except Ss58Error:
        return False
    return True
