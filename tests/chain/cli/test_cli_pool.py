"""`soberana pool`: a pool from its opening to its shares, its data and its end."""

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers.cli_stage import CliStage, open_stage
from tests.pallets.pools.stage import BASE, COLS, HIDDEN, LIES, SHARDS

PEOPLE = ("//Bob", "//Charlie", "//Dave", "//Eve")
GIVEN = {"//Bob": "0.npy", "//Charlie": "1.npy", "//Dave": "0.npy", "//Eve": "lies.npy"}
UNIT = 10**12


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    make_files(tmp_path)
    return tmp_path


def make_files(folder: Path) -> None:
    """Base, hidden examples, shards, one of which is not true; and files that are no good."""
    contents = {"base": BASE, "hidden": HIDDEN, "0": SHARDS[0], "1": SHARDS[1], "lies": LIES}
    for name, content in contents.items():
        table = np.frombuffer(content, np.int8).reshape(-1, COLS + 1)
        np.save(folder / f"{name}.npy", table)
    np.save(folder / "wide.npy", np.zeros((40, COLS + 2), np.int8))
    np.save(folder / "one.npy", np.zeros((40, 1), np.int8))
    np.save(folder / "high.npy", np.full((40, COLS + 1), 64, np.int8))
    np.save(folder / "class.npy", np.full((40, COLS + 1), 4, np.int8))
    np.save(folder / "long.npy", np.ones((13, COLS + 1), np.int8))


def open_pool(stage: CliStage, files: Path, *options: str) -> int:
    """A pool of four seats; its number."""
    arguments = ("pool", "open", str(files / "base.npy"), str(files / "hidden.npy"))
    wanted = ("--classes", "4", "--seats", "4", "--shard-rows", "12", "--total", "30 SBR")
    tried = ("--steps", "24", "--from", "//Alice")
    said = stage.run(*arguments, *wanted, *tried, *options, "--json").json
    assert (said["seats"], said["total"], said["validationDeposit"]) == (
        4,
        str(30 * UNIT),
        str(6 * UNIT),
    )
    number: int = said["pool"]
    return number


def contribute(stage: CliStage, files: Path, number: int) -> None:
    """All commit, then all reveal."""
    for seat, name in enumerate(PEOPLE):
        arguments = ("pool", "commit", str(number), str(files / GIVEN[name]))
        said = stage.run(*arguments, "--from", name, "--json").json
        assert (said["seat"], said["deposit"]) == (seat, str(UNIT))
    for name in PEOPLE:
        said = stage.run("pool", "reveal", str(number), "--from", name)
        assert "12 examples are revealed" in said.out


def test_a_pool_is_played_by_commands(
    stage: CliStage, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With so few examples what a shard gains depends on the seed of its training.
    monkeypatch.setattr("chain.cli.pool_open.secrets", SimpleNamespace(token_bytes=b"d".__mul__))
    publish = ("data", "publish", str(files / "base.npy"), "--items", "3", "--from", "//Alice")
    record = stage.run(*publish, "--json").json["id"]
    number = open_pool(stage, files, "--shares", f"{record}:1000", "--task", "which of four?")
    contribute(stage, files, number)
    said = stage.run("pool", "validate", str(number), "--from", "//Alice", "--json").json
    alone = int(said["base alone"].split()[0])
    said = stage.run("pool", "score", str(number), "--seat", "3", "--from", "//Eve", "--json").json
    assert said["seat 3"] == 0
    said = stage.run("pool", "score", str(number), "--from", "//Ferdie")
    assert "3 shards are scored" in said.out
    saved = files / "pooled.npy"
    shown = stage.run("pool", "show", str(number), "--save", str(saved), "--json").json
    assert (shown["phase"], shown["judge"], shown["baseRight"]) == ("settled", "gain", alone)
    assert [seat["freshRows"] for seat in shown["seats"]] == [12, 12, 0, 12]
    points = [seat["points"] for seat in shown["seats"]]
    assert min(points[:2]) > 0
    assert points[2:] == [0, 0]
    assert sum(int(seat["paid"]) for seat in shown["seats"]) == 30 * UNIT
    assert sum(seat["shares"] for seat in shown["seats"]) == 1_000
    pooled = np.load(saved, allow_pickle=False)
    assert pooled.tobytes() == BASE + SHARDS[0] + SHARDS[1]
    assert f"pool {number}: settled" in stage.run("pool", "show", str(number)).out
    for name, seat in zip(PEOPLE[:2], shown["seats"], strict=False):
        said = stage.run("pool", "claim", str(number), "--from", name, "--json").json
        assert said["shares"] == seat["shares"]
    said = stage.run("pool", "close", str(number), "--from", "//Alice", "--json").json
    assert int(said["deposit"]) > UNIT
    said = stage.run("pool", "show", str(number))
    assert (said.code, "expected the number of a pool that is not closed" in said.err) == (1, True)


def test_secrets_are_for_their_owner_alone(stage: CliStage, files: Path) -> None:
    number = open_pool(stage, files)
    stage.run("pool", "commit", str(number), str(files / "0.npy"), "--from", "//Bob")
    kept = list((stage.base_path / "pools").iterdir())
    assert len(kept) == 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_a_pool_that_stands_still_is_poked(stage: CliStage, files: Path) -> None:
    number = open_pool(stage, files, "--blocks", "1,1,1,1")
    said = stage.run("pool", "poke", str(number), "--from", "//Bob")
    assert (said.code, "Pools.NotDue" in said.err) == (1, True)
    assert stage.run("pool", "poke", str(number), "--from", "//Bob", "--json").code == 0
    assert stage.run("pool", "show", str(number), "--json").json["phase"] == "refunded"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[CliStage, Path]]:
    """A stage with an open pool, which refusals leave as it is."""
    folder = tmp_path_factory.mktemp("refused")
    with open_stage(folder / "base") as stage:
        make_files(folder)
        open_pool(stage, folder)
        yield stage, folder


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("commit", "7", "{files}/0.npy", "--from", "//Bob"), "not closed, got 7"),
        (("commit", "0", "{files}/wide.npy", "--from", "//Bob"), "got [40, 10]"),
        (("commit", "0", "{files}/long.npy", "--from", "//Bob"), "at most 12 rows"),
        (("commit", "0", "{files}/one.npy", "--from", "//Bob"), "got one column"),
        (("commit", "0", "{files}/high.npy", "--from", "//Bob"), "-63 to 63, got 64 to 64"),
        (("commit", "0", "{files}/class.npy", "--from", "//Bob"), "0 to 3 last, got 4 to 4"),
        (("commit", "0", "{files}/none.npy", "--from", "//Bob"), "cannot be read"),
        (("commit", "0", "{files}/0.npy", "--from", "//Alice"), "Pools.OwnPool"),
        (("reveal", "0", "--from", "//Bob"), "expected a commitment of yours in pool 0"),
        (("validate", "0", "--from", "//Alice"), "Pools.WrongPhase"),
        (("score", "0", "--from", "//Bob"), "to be scored, got none"),
        (("claim", "0", "--from", "//Bob"), "Pools.NoSuchSeat"),
        (("close", "0", "--from", "//Alice"), "Pools.NotFinished"),
        (
            ("open", "{files}/base.npy", "{files}/wide.npy", "--classes", "4", "--from", "//Bob"),
            "expected 9 columns in both files, got 10",
        ),
        (
            ("open", "{files}/base.npy", "{files}/hidden.npy", "--blocks", "1", "--from", "//Bob"),
            "expected four numbers",
        ),
        (
            ("open", "{files}/base.npy", "{files}/hidden.npy", "--shares", "1", "--from", "//Bob"),
            "expected a record and a supply",
        ),
    ],
)
def test_what_cannot_be_is_told(
    opened: tuple[CliStage, Path], arguments: tuple[str, ...], expected: str
) -> None:
    stage, files = opened
    said = stage.run("pool", *(part.format(files=files) for part in arguments))
    assert said.code != 0
    assert expected in said.err
