"""Key files: those of polkadot.js open, ours come back, damaged ones are refused."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.keystore import BadKeyFile, KeyPair, WrongPassword, get_pair_of_uri
from chain.keystore.polkadot_json import (
    Meta,
    ScryptCost,
    dump_key_file,
    load_key_file,
    seal,
    unseal,
)
from runtime.crypto.multisignature import verify_multisignature
from runtime.crypto.scheme import Scheme

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors/keystore/polkadot_keyring.json").read_text()
)
CHEAP = ScryptCost(1 << 15, 1, 8)
PASSWORD = "correct horse"
ALICE = get_pair_of_uri("//Alice", Scheme.ED25519)


def fixed(size: int) -> bytes:
    return bytes(range(size))


@pytest.mark.parametrize("vector", VECTORS["keys"])
def test_uris_are_the_accounts_of_polkadot_js(vector: dict[str, str]) -> None:
    pair = get_pair_of_uri(vector["uri"], Scheme(vector["type"]))
    assert "0x" + pair.account.hex() == vector["public"]
    assert pair.address == vector["address"]


@pytest.mark.parametrize("vector", [VECTORS["keys"][0], *VECTORS["keys"][-2:]])
def test_files_of_polkadot_js_open(vector: dict[str, Any]) -> None:
    key_file = load_key_file(json.dumps(vector["json"]).encode(), "sample")
    assert key_file.is_encrypted
    assert key_file.meta.name == "sample"
    pair = unseal(key_file, PASSWORD, "sample")
    assert pair.address == vector["address"]
    assert verify_multisignature(pair.sign(b"message"), b"message", pair.account)


def test_an_unencrypted_file_of_polkadot_js_opens() -> None:
    key_file = load_key_file(json.dumps(VECTORS["unencrypted"]).encode(), "plain")
    assert not key_file.is_encrypted
    expected = get_pair_of_uri("//Alice", Scheme.SR25519)
    assert unseal(key_file, "", "plain").account == expected.account


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("path", ["//Alice", "//Alice//7"])
def test_what_is_sealed_opens_again(scheme: Scheme, path: str) -> None:
    pair = get_pair_of_uri(path, scheme)
    raw = dump_key_file(seal(pair, "päss", Meta("me", when_created=5), fixed, CHEAP))
    key_file = load_key_file(raw, "me")
    assert key_file.meta == Meta("me", when_created=5)
    assert unseal(key_file, "päss", "me").account == pair.account


def test_a_soft_key_survives_its_file() -> None:
    pair = get_pair_of_uri("//Alice/soft", Scheme.SR25519)
    opened = unseal(seal(pair, "x", Meta(), fixed, CHEAP), "x", "soft")
    assert opened.account == pair.account
    assert verify_multisignature(opened.sign(b"m"), b"m", pair.account)


def test_the_wrong_password_opens_nothing() -> None:
    key_file = seal(ALICE, PASSWORD, Meta(), fixed, CHEAP)
    with pytest.raises(WrongPassword, match="me: the password"):
        unseal(key_file, "other", "me")


def test_an_empty_password_seals_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        seal(ALICE, "", Meta(), fixed, CHEAP)


def test_a_file_for_another_address_is_refused() -> None:
    key_file = seal(ALICE, PASSWORD, Meta(), fixed, CHEAP)
    other = get_pair_of_uri("//Bob", Scheme.ED25519).address
    with pytest.raises(BadKeyFile, match="address"):
        unseal(msgspec.structs.replace(key_file, address=other), PASSWORD, "me")


def test_a_file_does_not_choose_its_cost() -> None:
    key_file = seal(ALICE, PASSWORD, Meta(), fixed, CHEAP)
    data = bytearray(base64.b64decode(key_file.encoded))
    data[32:36] = (1 << 30).to_bytes(4, "little")
    dear = msgspec.structs.replace(key_file, encoded=base64.b64encode(data).decode())
    with pytest.raises(BadKeyFile, match="n=1073741824"):
        unseal(dear, PASSWORD, "me")


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"encoding": {"content": ["pkcs8", "ecdsa"], "type": [], "version": "3"}}, "ecdsa"),
        ({"encoding": {"content": ["pkcs8", "ed25519"], "type": [], "version": "2"}}, "'2'"),
        ({"address": "5Grw"}, "address"),
        ({"encoded": 5}, "encoded"),
    ],
)
def test_other_files_are_named_as_such(change: dict[str, object], expected: str) -> None:
    document = {**VECTORS["keys"][0]["json"], **change}
    with pytest.raises(BadKeyFile, match="version 3") as caught:
        load_key_file(json.dumps(document).encode(), "me")
    assert expected in str(caught.value)


@pytest.mark.parametrize("encoded", ["", "AAAA", "!!"])
def test_cut_contents_are_refused(encoded: str) -> None:
    key_file = load_key_file(json.dumps(VECTORS["keys"][0]["json"]).encode(), "me")
    with pytest.raises(BadKeyFile):
        unseal(msgspec.structs.replace(key_file, encoded=encoded), PASSWORD, "me")


def test_an_unencrypted_document_is_checked_too() -> None:
    key_file = load_key_file(json.dumps(VECTORS["unencrypted"]).encode(), "me")
    data = base64.b64decode(key_file.encoded)
    for place in (0, 20, 80, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        encoded = base64.b64encode(changed).decode()
        with pytest.raises(BadKeyFile):
            unseal(msgspec.structs.replace(key_file, encoded=encoded), "", "me")


@settings(max_examples=200)
@given(raw=st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_otherwise(raw: bytes) -> None:
    with pytest.raises(BadKeyFile):
        load_key_file(raw, "me")


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(BadKeyFile, match="bytes"):
        load_key_file(b" " * 70_000, "me")


def test_a_pair_does_not_show_its_secret() -> None:
    assert ALICE.secret.hex() not in repr(ALICE)
    assert isinstance(ALICE, KeyPair)
    assert str(ALICE.secret) not in repr(ALICE)
