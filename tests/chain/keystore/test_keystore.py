"""The folder of keys: adding, finding, unlocking, and never overwriting."""

import json
import stat
from pathlib import Path

import pytest

from chain.keystore import (
    BadKeyFile,
    BadUri,
    KeyExists,
    Keystore,
    KeystoreError,
    NoSuchKey,
    WrongPassword,
    get_pair_of_uri,
    is_dev_uri,
)
from chain.keystore.polkadot_json import ScryptCost
from runtime.crypto.scheme import Scheme

ALICE = get_pair_of_uri("//Alice", Scheme.SR25519)
VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors/keystore/polkadot_keyring.json").read_text()
)


def fixed(size: int) -> bytes:
    return bytes(range(size))


@pytest.fixture
def keys(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "keys", cost=ScryptCost(1 << 15, 1, 8))


def test_an_empty_folder_has_no_keys(keys: Keystore) -> None:
    assert list(keys.iter_keys()) == []
    with pytest.raises(NoSuchKey, match="me"):
        keys.find("me")


def test_a_key_is_kept_for_its_owner_alone(keys: Keystore) -> None:
    path = keys.add("me", ALICE, "pass", 7, fixed)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert [key.name for key in keys.iter_keys()] == ["me"]
    assert keys.find("me").account == ALICE.account
    assert keys.unlock("me", "pass").account == ALICE.account
    with pytest.raises(WrongPassword):
        keys.unlock("me", "Pass")


def test_a_key_is_never_overwritten(keys: Keystore) -> None:
    path = keys.add("me", ALICE, "pass", 7, fixed)
    before = path.read_bytes()
    with pytest.raises(KeyExists):
        keys.add("me", get_pair_of_uri("//Bob", Scheme.ED25519), "pass", 8, fixed)
    assert path.read_bytes() == before
    assert [each.name for each in keys.folder.iterdir()] == ["me.json"]


@pytest.mark.parametrize("name", ["", "..", "../me", "a/b", ".me", "x" * 65, "a b"])
def test_a_name_cannot_leave_the_folder(keys: Keystore, name: str) -> None:
    with pytest.raises(KeystoreError, match="expected a name"):
        keys.add(name, ALICE, "pass", 7, fixed)
    with pytest.raises(NoSuchKey):
        keys.unlock(name, "pass")


def test_a_file_from_elsewhere_is_taken_in(keys: Keystore) -> None:
    raw = json.dumps(VECTORS["keys"][0]["json"]).encode()
    key = keys.take_in("other", raw)
    assert key.scheme is Scheme.ED25519
    assert keys.unlock("other", "correct horse").address == VECTORS["keys"][0]["address"]
    with pytest.raises(KeyExists):
        keys.take_in("other", raw)


def test_an_open_file_is_not_taken_in(keys: Keystore) -> None:
    with pytest.raises(BadKeyFile, match="without a password"):
        keys.take_in("open", json.dumps(VECTORS["unencrypted"]).encode())
    assert list(keys.iter_keys()) == []


def test_a_damaged_file_is_named(keys: Keystore) -> None:
    keys.folder.mkdir()
    (keys.folder / "bad.json").write_text("{}")
    with pytest.raises(BadKeyFile, match="bad: expected a key file"):
        list(keys.iter_keys())


@pytest.mark.parametrize(
    "uri",
    [
        "0x1234//0",
        "0x" + "11" * 32 + "///secret",
        "a!b",
        "//18446744073709551616",
    ],
)
def test_bad_uris_are_refused_without_showing_them(uri: str) -> None:
    with pytest.raises(BadUri) as caught:
        get_pair_of_uri(uri, Scheme.ED25519)
    assert "1111" not in str(caught.value)


def test_ed25519_has_no_soft_junctions() -> None:
    with pytest.raises(BadUri, match="hard junctions only"):
        get_pair_of_uri("//Alice/soft", Scheme.ED25519)


def test_a_bare_path_is_a_development_key() -> None:
    assert is_dev_uri("//Alice")
    assert not is_dev_uri("bottom drive")


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeystoreError, match="written"):
        Keystore(tmp_path / "file" / "keys").add("me", ALICE, "pass", 7, fixed)
