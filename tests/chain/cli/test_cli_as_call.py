"""`soberana --as-call …`: any command that sends prints its call, and sends nothing."""

from collections.abc import Generator
from pathlib import Path

import pytest

from chain.keystore import KeyPair
from chain.keystore.errors import NoSecret
from genesis.accounts import get_dev_account
from runtime.address import Id
from runtime.crypto.hashing import blake2_256
from runtime.crypto.ss58 import encode_ss58
from tests.helpers.chain_stage import get_api, make_call
from tests.helpers.cli_stage import CliStage, Said, open_stage, run_cli

SBR = 10**12
SEND = ("wallet", "transfer", "//Bob", "5 SBR", "--from", "//Alice")


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def ask(stage: CliStage, *arguments: str) -> Said:
    """The command's call; no block may come of it."""
    blocks = len(stage.node.blocks)
    said = run_cli("--as-call", *arguments, "--node", stage.server.url)
    assert len(stage.node.blocks) == blocks
    assert said.code == 0, said.err
    return said


def test_a_command_prints_its_call(stage: CliStage) -> None:
    call = make_call("Balances", "transfer_keep_alive", Id(get_dev_account("//Bob")), 5 * SBR)
    raw = get_api().calls.encode(call)
    assert ask(stage, *SEND).out.strip() == "0x" + raw.hex()
    assert ask(stage, *SEND, "--json").json == {
        "name": "Balances.transfer_keep_alive",
        "call": "0x" + raw.hex(),
        "hash": "0x" + blake2_256(raw).hex(),
    }


def test_several_transactions_are_one_batch(stage: CliStage) -> None:
    for kind in ("any", "market"):
        add = ("proxy", "add", "//Bob", "--type", kind, "--from", "//Alice")
        assert stage.run(*add).code == 0
    said = ask(stage, "proxy", "remove", "//Bob", "--from", "//Alice")
    call = get_api().calls.decode(bytes.fromhex(said.out.strip()[2:]))
    assert call.spec.name == "batch_all"
    assert [each.spec.name for each in call.args[0]] == ["remove_proxy", "remove_proxy"]


def test_the_next_command_sends_again(stage: CliStage) -> None:
    ask(stage, *SEND)
    blocks = len(stage.node.blocks)
    assert stage.run(*SEND).code == 0
    assert len(stage.node.blocks) == blocks + 1


def test_what_is_printed_can_be_proposed(stage: CliStage) -> None:
    raw = ask(stage, *SEND).out.strip()
    proposed = stage.run("gov", "propose", "--call", raw, "--no-pay", "--from", "//Alice")
    assert proposed.code == 0, proposed.err
    assert "Balances.transfer_keep_alive" in stage.run("gov", "show", "0").out


def test_nobody_signs_so_any_account_may_be_named(stage: CliStage) -> None:
    """Of an account that has no key, or whose key is on another machine."""
    register = ("provider", "register", "--from", "//Charlie", "--bond", "100 SBR")
    assert stage.run(*register).code == 0
    charlie, eve = (encode_ss58(get_dev_account(name)) for name in ("//Charlie", "//Eve"))
    update = ("provider", "update", "0", "--parallel", "7")
    said = ask(stage, *update, "--from", charlie, "--json")
    assert said.json["name"] == "Registry.update"
    refused = run_cli("--as-call", *update, "--from", eve, "--node", stage.server.url)
    assert refused.code == 1
    assert "which is //Charlie's" in refused.err


def test_an_account_without_its_secret_signs_nothing() -> None:
    pair = KeyPair.of_account(get_dev_account("//Alice"))
    with pytest.raises(NoSecret, match=f"the secret key of {pair.address}, got only"):
        pair.sign(b"anything")
