"""`soberana key`: making, restoring, taking in, inspecting and listing."""

import json
from pathlib import Path

import pytest

from chain.keystore import get_pair_of_uri
from runtime.crypto.scheme import Scheme
from tests.helpers.cli_stage import Said, run_cli

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors/keystore/polkadot_keyring.json").read_text()
)
DEV = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
ALICE = get_pair_of_uri("//Alice", Scheme.SR25519)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("secret\n")
    return path


def run_key(tmp_path: Path, *arguments: str, text: str | None = None) -> Said:
    return run_cli("key", *arguments, "--base-path", str(tmp_path / "base"), text=text)


@pytest.mark.parametrize("words", [12, 24])
def test_a_new_key_is_shown_once(tmp_path: Path, words: int) -> None:
    found = run_key(tmp_path, "generate", "--words", str(words), "--json").json
    assert len(found["phrase"].split()) == words
    assert get_pair_of_uri(found["phrase"], Scheme.ED25519).address == found["address"]
    assert "no keys in" in run_key(tmp_path, "list").out


def test_a_kept_key_is_listed_and_encrypted(tmp_path: Path, password_file: Path) -> None:
    arguments = ("generate", "--name", "me", "--scheme", "sr25519")
    said = run_key(tmp_path, *arguments, "--password-file", str(password_file))
    assert said.code == 0
    assert "write these words down" in said.out
    listed = run_key(tmp_path, "list", "--json").json
    assert [(key["name"], key["scheme"]) for key in listed] == [("me", "sr25519")]
    assert listed[0]["address"] in run_key(tmp_path, "list").out
    assert run_key(tmp_path, "inspect", "me", "--json").json["address"] == listed[0]["address"]
    content = (tmp_path / "base/keys/me.json").read_text()
    assert '"xsalsa20-poly1305"' in content
    said = run_key(tmp_path, *arguments, "--password-file", str(password_file))
    assert said.code == 1
    assert "a key named me is in" in said.err


def test_a_key_is_restored_from_its_phrase(tmp_path: Path, password_file: Path) -> None:
    phrase_file = tmp_path / "phrase"
    phrase_file.write_text(f"{DEV}//Alice\n")
    options = ("--phrase-file", str(phrase_file), "--password-file", str(password_file))
    said = run_key(tmp_path, "restore", "al", *options, "--scheme", "sr25519", "--json")
    assert said.json["address"] == ALICE.address
    phrase_file.write_text("bottom drive\n")
    said = run_key(tmp_path, "restore", "other", *options)
    assert said.code == 2
    assert "12 or 24 words" in said.err
    phrase_file.write_text("\n")
    assert "expected a phrase, got none" in run_key(tmp_path, "restore", "x", *options).err


def test_a_file_of_a_wallet_is_taken_in(tmp_path: Path) -> None:
    file = tmp_path / "exported.json"
    file.write_text(json.dumps(VECTORS["keys"][0]["json"]))
    found = run_key(tmp_path, "import", "wallet", str(file), "--json").json
    assert found["address"] == VECTORS["keys"][0]["address"]
    assert "wallet" in run_key(tmp_path, "list").out
    said = run_key(tmp_path, "import", "open", str(tmp_path / "none"))
    assert said.code == 1
    assert "cannot be read" in said.err
    file.write_text("{}")
    said = run_key(tmp_path, "import", "open", str(file))
    assert said.code == 1
    assert "expected a key file of polkadot.js" in said.err


@pytest.mark.parametrize(
    "text,scheme",
    [("//Alice", "sr25519"), ("sr25519//Alice", "ed25519"), (ALICE.address, "ed25519")],
)
def test_inspect_shows_the_account(tmp_path: Path, text: str, scheme: str) -> None:
    found = run_key(tmp_path, "inspect", text, "--scheme", scheme, "--json").json
    assert found["address"] == ALICE.address
    assert found["public"] == "0x" + ALICE.account.hex()
    assert ALICE.address in run_key(tmp_path, "inspect", text, "--scheme", scheme).out


def test_a_phrase_is_inspected_from_standard_input(tmp_path: Path) -> None:
    text = f"{DEV}//Alice\n"
    said = run_key(tmp_path, "inspect", "-", "--scheme", "sr25519", "--json", text=text)
    assert said.json["address"] == ALICE.address
    assert "bottom" not in said.out + said.err


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("inspect", "nobody"), "expected an address or a known name"),
        (("inspect", "-"), "expected a phrase, got none"),
        (("inspect", "//Alice/soft"), "hard junctions only"),
        (("generate", "--words", "13"), "expected 12 or 24, got 13"),
        (("generate", "--name", "me"), "expected a terminal"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    said = run_key(tmp_path, *arguments, text="")
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert expected in said.err


def test_an_empty_password_protects_nothing(tmp_path: Path, password_file: Path) -> None:
    password_file.write_text("")
    said = run_key(tmp_path, "generate", "--name", "me", "--password-file", str(password_file))
    assert said.code == 2
    assert "expected a password, got none" in said.err


def test_a_bad_name_or_damaged_file(tmp_path: Path, password_file: Path) -> None:
    said = run_key(tmp_path, "generate", "--name", "../x", "--password-file", str(password_file))
    assert said.code == 1
    assert "expected a name of letters" in said.err
    (tmp_path / "base/keys").mkdir(parents=True)
    (tmp_path / "base/keys/bad.json").write_text("no json")
    said = run_key(tmp_path, "list")
    assert said.code == 1
    assert "bad: expected a key file" in said.err
