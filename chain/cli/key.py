"""`soberana key`: make, restore, take in, inspect and list keys."""

import secrets
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from chain.cli.accounts import (
    parse_dev_key,
    read_new_password,
    read_password,
    read_secret_line,
)
from chain.cli.failure import WrongUse, guard
from chain.cli.options import BasePathOption, JsonOption, PasswordFileOption
from chain.cli.output import print_fields, print_json, print_line, print_panel, print_table
from chain.cli.places import Places, find_places
from chain.clock import SystemClock
from chain.keystore import KeyPair, NoSuchKey, generate_phrase, get_pair_of_uri
from chain.wallet.address_book import load_address_book
from chain.wallet.errors import BadAddress, WalletError
from runtime.crypto.scheme import Scheme
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.primitives import AccountId

app = typer.Typer(no_args_is_help=True)

SchemeOption = Annotated[Scheme, typer.Option("--scheme", help="How the key signs.")]
KeyName = Annotated[str, typer.Argument(metavar="NAME", help="The name to keep the key under.")]


@app.command()
def generate(
    name: Annotated[
        str | None, typer.Option("--name", help="Keep the key under this name, encrypted.")
    ] = None,
    words: Annotated[int, typer.Option("--words", help="12 or 24.")] = 24,
    scheme: SchemeOption = Scheme.ED25519,
    password_file: PasswordFileOption = None,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new key and show its phrase, once."""

    def run() -> None:
        phrase = generate_phrase(secrets.token_bytes, _ensure_words(words))
        pair = get_pair_of_uri(phrase, scheme)
        if name is not None:
            _keep(find_places(base_path), name, pair, password_file)
        if as_json:
            print_json({**_to_json(pair, name), "phrase": phrase})
            return
        print_panel("write these words down; whoever has them has the key", [phrase])
        _show_key(pair, name)

    guard(run, as_json=as_json)


@app.command()
def restore(
    name: KeyName,
    phrase_file: Annotated[
        Path | None,
        typer.Option("--phrase-file", help="Read the phrase (or 0x seed) and path from here."),
    ] = None,
    scheme: SchemeOption = Scheme.ED25519,
    password_file: PasswordFileOption = None,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the key of a phrase that you have; it is typed, never given as an argument."""

    def run() -> None:
        if phrase_file is None:
            uri = read_password("phrase: ", None)
        else:
            uri = read_secret_line(phrase_file)
        if not uri.strip():
            raise WrongUse("expected a phrase, got none")
        pair = get_pair_of_uri(uri, scheme)
        _keep(find_places(base_path), name, pair, password_file)
        _tell(pair, name, as_json=as_json)

    guard(run, as_json=as_json)


@app.command(name="import")
def import_file(
    name: KeyName,
    file: Annotated[Path, typer.Argument(help="A key file that polkadot.js exported.")],
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep an encrypted key file from a polkadot.js wallet, under its own password."""

    def run() -> None:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise WalletError(f"{file}: cannot be read: {error.strerror}") from error
        key = find_places(base_path).keystore.take_in(name, raw)
        address = encode_ss58(key.account)
        if as_json:
            print_json({"name": name, "scheme": key.scheme, "address": address})
        else:
            print_fields("", {"name": name, "scheme": key.scheme, "address": address})

    guard(run, as_json=as_json)


@app.command()
def inspect(
    text: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="An address, a name, //Alice, or - to type a phrase that is shown to nobody.",
        ),
    ],
    scheme: SchemeOption = Scheme.ED25519,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the account behind an address, a name or a phrase."""

    def run() -> None:
        if text == "-":
            uri = (
                read_password("phrase: ", None) if sys.stdin.isatty() else sys.stdin.readline()
            ).strip()
            if not uri:
                raise WrongUse("expected a phrase, got none")
            _tell(get_pair_of_uri(uri, scheme), None, as_json=as_json)
            return
        pair = parse_dev_key(text)
        if pair is not None:
            _tell(get_pair_of_uri(text, scheme) if text[0] == "/" else pair, None, as_json=as_json)
            return
        _show_account(text, find_places(base_path), as_json=as_json)

    guard(run, as_json=as_json)


@app.command(name="list")
def list_keys(base_path: BasePathOption = None, as_json: JsonOption = False) -> None:
    """List the keys that are kept here."""

    def run() -> None:
        keystore = find_places(base_path).keystore
        keys = list(keystore.iter_keys())
        if as_json:
            print_json(
                [
                    {"name": key.name, "scheme": key.scheme, "address": encode_ss58(key.account)}
                    for key in keys
                ]
            )
        elif keys:
            rows = [(key.name, key.scheme, encode_ss58(key.account)) for key in keys]
            print_table("", ("name", "scheme", "address"), rows)
        else:
            print_line(f"no keys in {keystore.folder}; soberana key generate --name NAME makes one")

    guard(run, as_json=as_json)


def _ensure_words(words: int) -> Literal[12, 24]:
    match words:
        case 12:
            return 12
        case 24:
            return 24
        case _:
            raise WrongUse(f"--words: expected 12 or 24, got {words}")


def _keep(places: Places, name: str, pair: KeyPair, password_file: Path | None) -> None:
    password = read_new_password(password_file)
    now_ms = SystemClock().now_ms()
    places.keystore.add(name, pair, password, now_ms, secrets.token_bytes)


def _to_json(pair: KeyPair, name: str | None) -> dict[str, str | None]:
    return {
        "name": name,
        "scheme": pair.scheme,
        "address": pair.address,
        "public": "0x" + pair.account.hex(),
    }


def _show_key(pair: KeyPair, name: str | None) -> None:
    print_fields("", {key: value for key, value in _to_json(pair, name).items() if value})


def _tell(pair: KeyPair, name: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(_to_json(pair, name))
    else:
        _show_key(pair, name)


def _show_account(text: str, places: Places, *, as_json: bool) -> None:
    known: dict[str, str] = {}
    account = load_address_book(places.address_book).entries.get(text)
    if account is None:
        account = _find_key(text, places, known)
    fields = {**known, "address": encode_ss58(account), "public": "0x" + account.hex()}
    if as_json:
        print_json(fields)
    else:
        print_fields("", fields)


def _find_key(text: str, places: Places, known: dict[str, str]) -> AccountId:
    try:
        key = places.keystore.find(text)
    except NoSuchKey:
        try:
            return decode_ss58(text)
        except Ss58Error as error:
            raise BadAddress(
                f"expected an address or a known name, got {text!r}: {error}"
            ) from None
    known["name"], known["scheme"] = key.name, str(key.scheme)
    return key.account
