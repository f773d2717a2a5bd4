"""`soberana job`: bids, replicas, and jobs that come again."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from chain.cli.failure import WrongUse
from chain.cli.job_options import make_recurrence, parse_price
from pallets.market import Bids, Dutch, Going, Posted, Recurrence
from runtime.primitives import UNIT
from tests.helpers.cli_stage import CliStage, open_stage, run_cli


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and its rows."""
    folder = tmp_path_factory.mktemp("files")
    said = run_cli("model", "sample", str(folder / "m.npz"), "--rows", str(folder / "r.npy"))
    assert said.code == 0
    return folder


@pytest.fixture
def stage(tmp_path: Path, files: Path) -> Generator[CliStage]:
    """Model 0, and Charlie as provider 1."""
    with open_stage(tmp_path / "base") as opened:
        assert opened.run("model", "register", str(files / "m.npz"), "--from", "//Bob").code == 0
        said = opened.run("provider", "register", "--price", "2 SBR", "--from", "//Charlie")
        assert said.code == 0, said.err
        yield opened


def post(stage: CliStage, files: Path, *options: str) -> Any:
    arguments = ("job", "post", "0", str(files / "r.npy"), "--rows-per-slot", "225")
    said = stage.run(*arguments, *options, "--from", "//Alice", "--json")
    assert said.code == 0, said.err
    return said.json


def test_a_job_goes_to_a_bidder(stage: CliStage, files: Path) -> None:
    assert post(stage, files, "--price", "bids..5 SBR")["escrow"] == str(10 * UNIT)
    assert stage.run("job", "bids", "0", "--json").json == {"job": 0, "bids": []}
    bid = ("job", "bid", "0", "--price", "3 SBR", "--record", "1", "--from", "//Charlie")
    assert "a bid for job 0 is placed" in stage.run(*bid).out
    (found,) = stage.run("job", "bids", "0", "--wait", "5", "--json").json["bids"]
    assert (found["record"], found["price"]) == (1, str(3 * UNIT))
    out = stage.run("job", "bids", "0").out
    assert "1 bids for job 0" in out
    assert "0 settled, 0 failed" in out
    said = stage.run("job", "accept", "0", "0=//Charlie", "--from", "//Alice")
    assert "1 slots of job 0 are given away" in said.out
    shown = stage.run("job", "watch", "0", "--once", "--json").json
    assert [each["state"] for each in shown["slots"]] == ["locked", "open"]
    assert shown["slots"][0]["price"] == str(3 * UNIT)
    assert (shown["bids"], shown["replicas"]) == (1, 1)
    said = stage.run("job", "unbid", "0", "--from", "//Charlie")
    assert "the bid for job 0 is gone" in said.out
    assert "0.1 SBR" in said.out


def test_a_job_with_replicas_has_a_slot_for_each(stage: CliStage, files: Path) -> None:
    posted = post(stage, files, "--replicas", "2", "--price", "1 SBR")
    assert (posted["slots"], posted["escrow"]) == (4, str(4 * UNIT))
    shown = stage.run("job", "watch", "0", "--once", "--json").json
    assert shown["replicas"] == 2


def test_a_job_comes_again_until_it_is_stopped(stage: CliStage, files: Path) -> None:
    posted = post(stage, files, "--price", "1 SBR", "--every", "1", "--runs", "4")
    assert (posted["job"], posted["recurring"]) == (0, 0)
    shown = stage.run("job", "recurring", "0", "--json").json
    assert (shown["runsLeft"], shown["every"], shown["kind"]) == (3, 1, "infer")
    said = stage.run("job", "renew", "0", "--from", "//Dave")
    assert "job 1 is open" in said.out, said.err
    assert "2 more, every 1 blocks" in stage.run("job", "recurring", "0").out
    said = stage.run("job", "stop", "0", "--from", "//Alice")
    assert "recurring job 0 has ended" in said.out
    said = stage.run("job", "recurring", "0")
    assert "expected the number of a recurring job, got 0" in said.err


def test_people_are_told_what_else_is_on_hold(stage: CliStage, files: Path) -> None:
    arguments = ("job", "post", "0", str(files / "r.npy"), "--every", "50", "--runs", "3")
    said = stage.run(*arguments, "--from", "//Alice")
    assert "recurring job 0" in said.out
    assert "for 2 more runs" in said.out


REFUSALS = (
    (("job", "bids", "7"), "expected the number of a job that is not closed, got 7"),
    (("job", "accept", "0", "x=//Charlie", "--from", "//Alice"), "expected SLOT=PROVIDER"),
    (("job", "accept", "0", "0=//Charlie", "--from", "//Alice"), "Market.NotForBids"),
    (("job", "unbid", "0", "--from", "//Charlie"), "Market.NoSuchBid"),
    (("job", "renew", "0", "--from", "//Dave"), "Market.NotDue"),
    (("job", "stop", "0", "--from", "//Dave"), "Market.NotPayer"),
    (("job", "stop", "9", "--from", "//Dave"), "Market.NoSuchRecurring"),
)


def test_refusals_say_why(stage: CliStage, files: Path) -> None:
    post(stage, files, "--price", "1 SBR", "--every", "500", "--runs", "2")
    for arguments, expected in REFUSALS:
        said = stage.run(*arguments)
        assert said.code != 0, arguments
        assert expected in said.err


def test_prices_are_read() -> None:
    assert parse_price(" bids..5 SBR ") == Bids(5 * UNIT)
    assert parse_price("going..5 SBR") == Going(5 * UNIT)
    assert parse_price("1 SBR..5 SBR/20") == Dutch(UNIT, 5 * UNIT, 20)
    assert parse_price("2 SBR") == Posted(2 * UNIT)
    with pytest.raises(WrongUse):
        parse_price("5 SBR..1 SBR/20")
    assert make_recurrence(None, 3) is None
    assert make_recurrence(7, 3) == Recurrence(7, 3)
