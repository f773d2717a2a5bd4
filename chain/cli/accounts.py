"""Accounts and keys as commands are given them.

An account is an address, a name of the address book or of a key, or on development chains a path
such as `//Alice` (ed25519) or `sr25519//Alice`. A key is the name of one, or such a path.
"""

import getpass
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from chain.cli.failure import WrongUse
from chain.cli.places import Places
from chain.keystore import KeyPair, KeystoreError, NoSuchKey, get_pair_of_uri, is_dev_uri
from chain.wallet.address_book import load_address_book
from chain.wallet.errors import BadAddress, WalletError
from runtime.crypto.scheme import Scheme
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.primitives import AccountId

DEV_CHAINS: Final = ("Development", "Local")
ADDRESS_LENGTH_MIN: Final = 40
"""A shorter text that is no address was meant as a name; an address has 46 characters or more."""

DEV_NAMES: Final = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")


def parse_dev_key(text: str) -> KeyPair | None:
    """The key of `//Alice` or `sr25519//Alice`; None for any other text."""
    for scheme in Scheme:
        if text.startswith(f"{scheme}//"):
            return get_pair_of_uri(text.removeprefix(scheme), scheme)
    return get_pair_of_uri(text, Scheme.ED25519) if is_dev_uri(text) else None


def ensure_dev_allowed(text: str, *, is_allowed: bool) -> None:
    """`WrongUse` where a development key would be used on a chain of value."""
    if not is_allowed:
        raise WrongUse(
            f"{text} is a development key, which everybody has, and this is no development chain; "
            "--dev-keys uses it all the same"
        )


def resolve_account(text: str, places: Places, *, is_dev_allowed: bool) -> AccountId:
    """The account that a text names; `BadAddress`, or `WrongUse` for a development key."""
    pair = parse_dev_key(text)
    if pair is not None:
        ensure_dev_allowed(text, is_allowed=is_dev_allowed)
        return pair.account
    known = load_address_book(places.address_book).entries.get(text)
    if known is not None:
        return known
    try:
        return places.keystore.find(text).account
    except NoSuchKey:
        pass
    try:
        return decode_ss58(text)
    except Ss58Error as error:
        looks_like_address = len(text) >= ADDRESS_LENGTH_MIN
        why = str(error) if looks_like_address else f"no such name in {places.base_path}"
        raise BadAddress(
            f"expected an address, a known name, or //Alice on a development chain, "
            f"got {text!r}: {why}"
        ) from None


def resolve_key(
    text: str, places: Places, password_file: Path | None, *, is_dev_allowed: bool
) -> KeyPair:
    """The key that a text names, its password read or asked for."""
    pair = parse_dev_key(text)
    if pair is not None:
        ensure_dev_allowed(text, is_allowed=is_dev_allowed)
        return pair
    places.keystore.find(text)
    return places.keystore.unlock(text, read_password(f"password of {text}: ", password_file))


def read_password(prompt: str, password_file: Path | None) -> str:
    """The first line of a file, or what is typed; `WrongUse` where nobody can type."""
    if password_file is not None:
        return read_secret_line(password_file)
    if not sys.stdin.isatty():
        raise WrongUse("expected a terminal to type the password, or --password-file")
    return getpass.getpass(prompt)


def read_new_password(password_file: Path | None) -> str:
    """A password for a new key, typed twice; `WrongUse` for an empty or mistyped one."""
    password = read_password("new password: ", password_file)
    if not password:
        raise WrongUse("expected a password, got none")
    if password_file is None and read_password("once more: ", None) != password:
        raise WrongUse("the two passwords differ")
    return password


def read_secret_line(path: Path) -> str:
    """The first line of a file; `WalletError` where it cannot be read."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise WalletError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WalletError(f"{path}: expected text: {error}") from error
    return lines[0] if lines else ""


def make_names(places: Places, *, is_dev: bool) -> Mapping[AccountId, str]:
    """Names by account: the address book's, those of keys, on development chains //Alice …."""
    names: dict[AccountId, str] = {}
    if is_dev:
        for name in DEV_NAMES:
            for scheme in Scheme:
                shown = f"//{name}" if scheme is Scheme.ED25519 else f"{scheme}//{name}"
                names[get_pair_of_uri(f"//{name}", scheme).account] = shown
    with suppress(KeystoreError):  # a damaged file keeps nobody from reading balances
        names |= {key.account: key.name for key in places.keystore.iter_keys()}
    book = load_address_book(places.address_book)
    return names | {account: name for name, account in book.entries.items()}


def describe_account(account: AccountId, names: Mapping[AccountId, str]) -> str:
    """A name if there is one, else the address."""
    return names.get(account) or encode_ss58(account)
