"""`soberana chain`: the head, blocks by any name, and their work."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.helpers.cli_stage import CliStage, open_stage


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def test_the_head(stage: CliStage) -> None:
    stage.node.make_block()
    found = stage.run("chain", "head", "--json").json
    assert found["number"] == 1
    assert found["hash"] == "0x" + stage.node.best.hash.hex()
    assert found["genesis"] == "0x" + stage.node.blocks[0].hash.hex()
    said = stage.run("chain", "head")
    assert said.code == 0
    assert f"#1 {found['hash']}" in said.out


def test_a_block_by_every_name(stage: CliStage) -> None:
    stage.run("wallet", "transfer", "//Bob", "1 SBR", "--from", "//Alice")
    best = "0x" + stage.node.best.hash.hex()
    for which in ("head", "final", "1", best):
        found = stage.run("chain", "block", which, "--json").json
        assert (found["number"], found["hash"]) == (1, best)
    calls = [each["call"] for each in found["extrinsics"]]
    assert calls == ["Timestamp.set", "Balances.transfer_keep_alive"]
    events = [f"{each['pallet']}.{each['event']}" for each in found["events"]]
    assert "Balances.Transfer" in events
    out = stage.run("chain", "block", "1").out
    assert "author" in out
    assert "//Eve" in out
    assert "//Alice" in out
    genesis = stage.run("chain", "block", "0", "--json").json
    assert (genesis["number"], genesis["author"], genesis["extrinsics"]) == (0, None, [])
    assert "block #0" in stage.run("chain", "block", "0").out


def test_work_is_summed(stage: CliStage) -> None:
    for _ in range(3):
        stage.node.make_block()
    found = stage.run("chain", "work", "--last", "2", "--json").json
    assert (found["firstBlock"], found["lastBlock"]) == (2, 3)
    assert set(found["lanes"]) == {"seeded", "task", "private"}
    assert "work of blocks #1 to #3" in stage.run("chain", "work").out


@pytest.mark.parametrize("which", ["latest", "-1", "0x12", "1.5"])
def test_what_names_no_block(stage: CliStage, which: str) -> None:
    said = (
        stage.run("chain", "block", "--", which)
        if which == "-1"
        else stage.run("chain", "block", which)
    )
    assert said.code == 2


@pytest.mark.parametrize("which", ["7", "0x" + "00" * 32])
def test_unknown_blocks(stage: CliStage, which: str) -> None:
    said = stage.run("chain", "block", which)
    assert said.code == 1
    assert "of a block of the chain" in said.err or "of a known block" in said.err
