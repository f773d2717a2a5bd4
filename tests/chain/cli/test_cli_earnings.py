"""`soberana miner rewards` and `claim`, `job price`, and what a provider has proven."""

from collections.abc import Generator
from pathlib import Path

import pytest

from genesis.spec import load_preset
from pallets.work.prices import UNIT_PRICE_START
from runtime.primitives import UNIT
from tests.helpers.cli_stage import CliStage, open_stage

LENGTH = load_preset("dev").runtime.era_blocks
EARNED = (LENGTH - 1) * UNIT
"""In the first era: the genesis block is nobody's."""


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def test_rewards_are_shown_and_claimed_once(stage: CliStage) -> None:
    assert stage.run("miner", "rewards", "//Eve", "--json").json["eras"] == []
    assert "0 SBR" in stage.run("miner", "rewards", "//Eve").out
    for _ in range(LENGTH):
        stage.node.make_block()
    found = stage.run("miner", "rewards", "//Eve", "--json").json
    assert found["total"] == str(EARNED * 9 // 10)
    assert found["eras"] == [{"era": 0, "reward": found["total"]}]
    assert int(found["macsPerBlock"]) > 0
    assert "44.1 SBR" in stage.run("miner", "rewards", "//Eve").out
    said = stage.run("miner", "claim", "--author", "//Eve", "--from", "//Bob", "--json")
    assert said.code == 0, said.err
    assert said.json["eras"] == [0]
    assert (said.json["amount"], said.json["treasury"]) == (found["total"], str(EARNED // 10))
    again = stage.run("miner", "claim", "--author", "//Eve", "--from", "//Bob")
    assert again.code == 1
    assert "nothing to claim of the last 100 eras" in again.err
    work = stage.run("chain", "work", "--json").json
    assert work["emitted"] == str(EARNED)
    assert "minted for all blocks" in stage.run("chain", "work").out


def test_who_claims_for_himself_is_told_what_he_got(stage: CliStage) -> None:
    for _ in range(LENGTH):
        stage.node.make_block()
    said = stage.run("miner", "claim", "--from", "//Eve")
    assert said.code == 0, said.err
    assert "44.1 SBR for //Eve, of 1 eras, and 4.9 SBR for the treasury" in said.out


def test_the_going_price(stage: CliStage) -> None:
    found = stage.run("job", "price", "3", "--json").json
    assert found == {"unit": str(UNIT_PRICE_START), "usedBps": 5_000, "takenAt": None}
    assert "never" in stage.run("job", "price", "--kind", "render").out
    for arguments in ((), ("3", "--kind", "render"), ("--kind", "gold")):
        said = stage.run("job", "price", *arguments)
        assert said.code == 2
        assert "expected" in said.err


def test_what_a_provider_says_stands_beside_what_it_has_proven(stage: CliStage) -> None:
    key = ("--from", "//Eve", "--attribute", "gpu=H200")
    assert stage.run("provider", "register", *key).code == 0
    found = stage.run("provider", "status", "//Eve", "--json").json
    assert found["attributes"] == {"gpu": "H200"}
    assert 0 < int(found["provenMacsPerBlock"]) <= int(found["provenPeak"])
    shown = stage.run("provider", "status", "//Eve").out
    assert "gpu=H200" in shown
    assert "MACs a block lately" in shown
