"""`soberana --dry-run …`: any command that sends tells what it would do, and sends nothing."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.helpers.cli_stage import CliStage, Said, open_stage, run_cli
from tests.helpers.rpc_server import Refusal

SEND = ("wallet", "transfer", "//Bob", "5 SBR", "--from", "//Alice")


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def ask(stage: CliStage, *arguments: str) -> Said:
    """The command as a question; no block may come of it."""
    blocks = len(stage.node.blocks)
    said = run_cli("--dry-run", *arguments, "--node", stage.server.url)
    assert len(stage.node.blocks) == blocks
    return said


def test_what_would_succeed(stage: CliStage) -> None:
    said = ask(stage, *SEND)
    assert said.code == 0, said.err
    for part in ("it would succeed", "Balances.Transfer: from ", "fee", "nothing was sent"):
        assert part in said.out
    assert "ExtrinsicSuccess" not in said.out
    (told,) = ask(stage, *SEND, "--json").json["dryRun"]
    assert told["error"] is None
    assert int(told["fee"]) > 0
    assert "Transfer" in [each["event"] for each in told["events"]]


def test_what_would_fail(stage: CliStage) -> None:
    said = ask(stage, "wallet", "transfer", "//Bob", "5000000000 SBR", "--from", "//Alice")
    assert said.code == 1
    assert "it would fail: FundsUnavailable (" in said.out
    said = ask(stage, "store", "close", "7", "--from", "//Alice")
    assert "it would fail: Leases.NoSuchLease (" in said.out


def test_several_transactions_are_tried_one_by_one(stage: CliStage) -> None:
    said = ask(stage, "provider", "register", "--from", "//Charlie", "--bond", "100 SBR")
    assert said.code == 0, said.err
    assert "Registry.Registered: " in said.out
    assert "Bonds.Bonded: " in said.out


def test_the_next_command_sends_again(stage: CliStage) -> None:
    assert ask(stage, *SEND).code == 0
    blocks = len(stage.node.blocks)
    assert stage.run(*SEND).code == 0
    assert len(stage.node.blocks) == blocks + 1


def test_a_node_that_runs_no_calls_of_strangers(tmp_path: Path) -> None:
    with open_stage(tmp_path / "base", system_dryRunCall=refuse) as stage:
        said = ask(stage, *SEND)
        assert said.code == 1
        assert "unsafe to be called externally" in said.err


def refuse(*_: object) -> object:
    raise Refusal(-32601, "RPC call is unsafe to be called externally")
