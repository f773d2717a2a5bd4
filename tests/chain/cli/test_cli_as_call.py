"""`soberana --as-call …`: any command that sends prints its call, and sends nothing."""

from collections.abc import Generator
from pathlib import Path

import pytest

from genesis.accounts import get_dev_account
from runtime.address import Id
from runtime.crypto.hashing import blake2_256
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
    said = ask(stage, "provider", "register", "--from", "//Charlie", "--bond", "100 SBR")
    call = get_api().calls.decode(bytes.fromhex(said.out.strip()[2:]))
    assert call.spec.name == "batch_all"
    names = [f"{each.pallet_name}.{each.spec.name}" for each in call.args[0]]
    assert names == ["Registry.register", "Bonds.bond"]


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
