"""`soberana wallet`: what it prints for people and programs, and every way it may fail."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from chain.keystore import Keystore, get_pair_of_uri
from chain.keystore.polkadot_json import ScryptCost
from runtime.crypto.scheme import Scheme
from runtime.primitives import UNIT
from tests.helpers.cli_stage import CliStage, open_stage, run_cli

ALICE, BOB = (get_pair_of_uri(f"//{name}", Scheme.ED25519) for name in ("Alice", "Bob"))
FERDIE = get_pair_of_uri("//Ferdie", Scheme.SR25519)


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def add_key(stage: CliStage, name: str, password_file: Path) -> None:
    cheap = ScryptCost(1 << 15, 1, 8)
    keys = Keystore(stage.base_path / "keys", cost=cheap)
    keys.add(name, FERDIE, "secret", 1, lambda size: bytes(range(size)))
    password_file.write_text("secret\n")


def test_a_balance(stage: CliStage) -> None:
    said = stage.run("wallet", "balance", "//Alice")
    assert said.code == 0
    assert "1_000_000 SBR" in said.out
    assert ALICE.address in said.out
    found = stage.run("wallet", "balance", ALICE.address, "--json").json
    assert found["free"] == str(1_000_000 * UNIT)
    assert found["account"] == ALICE.address
    assert found["nonce"] == 0


def test_a_transfer_is_shown_and_counted(stage: CliStage) -> None:
    said = stage.run("wallet", "transfer", "//Bob", "1.5 SBR", "--from", "//Alice")
    assert said.code == 0
    assert "1.5 SBR from //Alice to //Bob: in a block" in said.out
    arguments = ("transfer", "sr25519//Bob", "250 mSBR", "--from", "//Alice", "--tip", "5 planck")
    found = stage.run("wallet", *arguments, "--final", "--json").json
    assert found["final"] is True
    assert found["number"] == 2
    assert found["amount"] == str(UNIT // 4)
    assert found["from"] == ALICE.address
    assert stage.run("wallet", "balance", "//Alice", "--json").json["nonce"] == 2
    bob = stage.run("wallet", "balance", "//Bob", "--json").json
    assert bob["free"] == str(1_000_000 * UNIT + UNIT * 3 // 2)


def test_history_tells_of_both_sides(stage: CliStage) -> None:
    stage.run("wallet", "transfer", "//Bob", "1.5 SBR", "--from", "//Alice")
    for account in ("//Alice", "//Bob"):
        said = stage.run("wallet", "history", account)
        assert said.code == 0
        assert "Balances.Transfer" in said.out
        assert "from //Alice, to //Bob, amount 1.5 SBR" in said.out
    events = stage.run("wallet", "history", "//Bob", "--json").json
    assert [event["event"] for event in events] == ["Transfer"]
    fields = {"from": ALICE.address, "to": BOB.address, "amount": str(UNIT * 3 // 2)}
    assert events[0]["fields"] == fields
    assert "nothing happened" in stage.run("wallet", "history", "//Dave").out


def test_a_key_of_the_keystore_signs(stage: CliStage, tmp_path: Path) -> None:
    password_file = tmp_path / "password"
    add_key(stage, "ferdie", password_file)
    arguments = ("wallet", "transfer", "//Bob", "1 SBR", "--from", "ferdie")
    said = stage.run(*arguments, "--password-file", str(password_file))
    assert said.code == 0, said.err
    assert "from ferdie to //Bob" in said.out
    assert stage.run("wallet", "balance", "ferdie", "--json").json["nonce"] == 1
    password_file.write_text("wrong")
    said = stage.run(*arguments, "--password-file", str(password_file))
    assert (said.code, said.err) == (1, "error: ferdie: the password does not open this key\n")
    said = stage.run(*arguments, "--password-file", str(tmp_path / "none"))
    assert said.code == 1
    assert "cannot be read" in said.err
    said = stage.run(*arguments)
    assert said.code == 2
    assert "expected a terminal to type the password, or --password-file" in said.err


def test_names_stand_for_accounts(stage: CliStage) -> None:
    assert "is empty" in stage.run_local("wallet", "names").out
    said = stage.run_local("wallet", "name", "shop", BOB.address)
    assert (said.code, said.out) == (0, f"shop is {BOB.address}\n")
    assert stage.run_local("wallet", "names", "--json").json == {"shop": BOB.address}
    assert "shop" in stage.run_local("wallet", "names").out
    assert "to shop" in stage.run("wallet", "transfer", "shop", "1 SBR", "--from", "//Alice").out
    assert stage.run_local("wallet", "unname", "shop", "--json").json == {"removed": "shop"}
    said = stage.run("wallet", "balance", "shop")
    assert said.code == 2
    assert "expected an address, a known name, or //Alice on a development chain" in said.err


def test_a_damaged_address_book_is_named(stage: CliStage) -> None:
    stage.base_path.mkdir()
    (stage.base_path / "addresses.json").write_text("[]")
    said = stage.run_local("wallet", "names")
    assert said.code == 1
    assert "expected an address book" in said.err


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("transfer", "//Bob", "5", "--from", "//Alice"), "an amount with its unit"),
        (("transfer", "//Bob", "1 BTC", "--from", "//Alice"), "one of the units"),
        (("transfer", "//Bob", "1 SBR", "--from", "//Alice", "--tip", "x"), "an amount with"),
        (("transfer", "bob", "1 SBR", "--from", "//Alice"), "an address, a known name"),
        (("transfer", BOB.address[:-1] + "x", "1 SBR", "--from", "//Alice"), "an address"),
        (("balance", "/Alice"), "hard junctions only"),
        (("name", "//Alice", BOB.address), "a name of letters"),
        (("name", "bob", "5Grw"), "expected an address"),
        (("unname", "bob"), "a name of the address book"),
    ],
)
def test_wrong_use_is_one_line_and_two(
    stage: CliStage, arguments: tuple[str, ...], expected: str
) -> None:
    runs = stage.run_local if arguments[0] in ("name", "unname") else stage.run
    said = runs("wallet", *arguments)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert expected in said.err


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("transfer", "//Bob", "1 SBR", "--from", "nobody"), "expected the name of a key in"),
        (
            ("transfer", "//Bob", "9_000_000 SBR", "--from", "//Alice"),
            "the transaction failed: Token.FundsUnavailable",
        ),
        (
            ("transfer", "//Bob", "1_000_000 SBR", "--from", "//Alice"),
            "the transaction failed: Token.",
        ),
    ],
)
def test_failures_are_one_line_and_one(
    stage: CliStage, arguments: tuple[str, ...], expected: str
) -> None:
    said = stage.run("wallet", *arguments)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert expected in said.err


def test_programs_get_errors_as_json(stage: CliStage) -> None:
    said = stage.run("wallet", "transfer", "//Bob", "5", "--from", "//Alice", "--json")
    assert said.code == 2
    assert said.out == ""
    assert "an amount with its unit" in json.loads(said.err)["error"]


def test_development_keys_are_for_development_chains(tmp_path: Path) -> None:
    with open_stage(tmp_path, system_chainType=lambda: "Live") as stage:
        arguments = ("wallet", "transfer", BOB.address, "1 SBR", "--from", "//Alice")
        said = stage.run(*arguments)
        assert said.code == 2
        assert "//Alice is a development key, which everybody has" in said.err
        assert stage.run(*arguments, "--dev-keys").code == 0
        said = stage.run("wallet", "balance", "//Alice")
        assert said.code == 0


def test_no_node(tmp_path: Path) -> None:
    arguments = ("wallet", "balance", BOB.address, "--base-path", str(tmp_path))
    said = run_cli(*arguments, "--node", "ws://127.0.0.1:1")
    assert said.code == 1
    assert said.err == (
        "error: no node answers at ws://127.0.0.1:1 (connection refused); "
        "start one with `soberana node run --dev`, or name another with --node\n"
    )
    said = run_cli(*arguments, "--node", "ftp://x")
    assert said.code == 2
    assert "expected the URL of a node" in said.err


def test_another_runtime(tmp_path: Path) -> None:
    version = {"specName": "other", "specVersion": 1, "transactionVersion": 1}
    with open_stage(tmp_path, state_getRuntimeVersion=lambda: version) as stage:
        said = stage.run("wallet", "balance", "//Alice")
    assert said.code == 1
    assert "this program knows the runtime soberana" in said.err


@pytest.mark.parametrize("arguments", [("wallet",), (), ("wallet", "transfer", "//Bob", "1 SBR")])
def test_missing_arguments_show_how(arguments: tuple[str, ...]) -> None:
    said = run_cli(*arguments)
    assert said.code == 2
    assert "Usage" in said.out + said.err
    assert "Traceback" not in said.err
