"""`soberana model`, `data`, `provider` and `job`: a model is published, hired and looked at."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.cli_stage import CliStage, open_stage, run_cli


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, its rows and some data."""
    folder = tmp_path_factory.mktemp("files")
    said = run_cli("model", "sample", str(folder / "m.npz"), "--rows", str(folder / "r.npy"))
    assert said.code == 0
    assert "held-out images right" in said.out
    (folder / "data").write_bytes(b"some data")
    (folder / "empty").write_bytes(b"")
    np.save(folder / "wide.npy", np.zeros((3, 65), np.int8))
    np.save(folder / "float.npy", np.zeros((3, 64)))
    np.save(folder / "huge.npy", np.zeros((2_000, 64), np.int8))
    np.savez(folder / "other.npz", a=np.zeros(3))
    (folder / "garbage").write_bytes(b"garbage")
    return folder


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def publish(stage: CliStage, files: Path) -> None:
    """Dataset 0, model 1 and provider 2."""
    data = str(files / "data")
    arguments = ("data", "publish", data, "--items", "3", "--royalty", "5%", "--from", "//Dave")
    assert stage.run(*arguments, "--json").json["id"] == 0
    options = ("--royalty", "10%", "--parent", "0:trained-on:5%", "--from", "//Bob")
    said = stage.run("model", "register", str(files / "m.npz"), *options, "--json")
    assert said.json["id"] == 1
    terms = ("--bond", "150 SBR", "--attribute", "gpu=none", "--from", "//Charlie")
    assert stage.run("provider", "register", *terms, "--json").json["id"] == 2


def test_what_is_published_is_shown(stage: CliStage, files: Path) -> None:
    publish(stage, files)
    dataset = stage.run("data", "show", "0", "--json").json
    assert (dataset["items"], dataset["sizeBytes"], dataset["access"]) == (3, 9, "open")
    assert "size bytes" in stage.run("data", "show", "0").out
    model = stage.run("model", "show", "1", "--json").json
    assert model["macsPerRow"] == 64 * 32 + 32 * 10
    assert [parent["bps"] for parent in model["parents"]] == [500]
    assert sorted(share["bps"] for share in model["royalties"]) == [500, 1_000]
    out = stage.run("model", "show", "1").out
    assert "w1 int8[64, 32]" in out
    assert "trained on" in out
    for which in ("2", "//Charlie"):
        provider = stage.run("provider", "status", which, "--json").json
        assert provider["bond"]["active"] == str(150 * 10**12)
        assert provider["hireable"] is True
    assert "can be hired" in stage.run("provider", "status", "2").out


def test_people_are_told_what_was_registered(stage: CliStage, files: Path) -> None:
    said = stage.run("model", "register", str(files / "m.npz"), "--from", "//Bob")
    assert "model 0 is registered" in said.out
    assert "2_368" in said.out
    said = stage.run("provider", "register", "--from", "//Charlie")
    assert "100 SBR" in said.out
    said = stage.run("data", "publish", str(files / "data"), "--items", "1", "--from", "//Dave")
    assert "dataset 2 is registered" in said.out


def test_the_same_tensors_are_stored_once(stage: CliStage, files: Path) -> None:
    for number in range(2):
        said = stage.run("model", "register", str(files / "m.npz"), "--from", "//Bob", "--json")
        assert said.json["id"] == number


def test_a_job_is_posted_and_looked_at(stage: CliStage, files: Path) -> None:
    publish(stage, files)
    rows = str(files / "r.npy")
    said = stage.run("job", "post", "1", rows, "--from", "//Alice")
    assert "job 0 is open" in said.out
    assert "45 SBR" in said.out
    arguments = ("--price", "2 SBR", "--rows-per-slot", "100", "--verifier", "freivalds")
    posted = stage.run("job", "post", "1", rows, *arguments, "--from", "//Alice", "--json").json
    assert (posted["job"], posted["slots"], posted["escrow"]) == (1, 5, str(10 * 10**12))
    job = stage.run("job", "watch", "0", "--once", "--json").json
    assert job["finished"] is False
    assert [slot["state"] for slot in job["slots"]] == ["open"] * 9
    assert "not finished" in stage.run("job", "watch", "1", "--once").out
    said = stage.run("job", "watch", "0", "--timeout", "1")
    assert said.code == 1
    assert "expected an answer to the end of job 0 within 1 s" in said.err


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("model", "show", "0"), "expected the number of a model, got 0"),
        (("data", "show", "1"), "expected the number of a dataset, got 1"),
        (("provider", "status", "7"), "expected the number of a provider, got 7"),
        (("provider", "status", "//Bob"), "has no provider record"),
        (("job", "watch", "9"), "expected the number of a job that is not closed, got 9"),
        (("job", "post", "9", "{files}/r.npy", "--from", "//Alice"), "Market.NoSuchModel"),
        (("job", "post", "1", "{files}/wide.npy", "--from", "//Alice"), "Market.WrongInputSize"),
        (("job", "post", "1", "{files}/float.npy", "--from", "//Alice"), "got float64[3, 64]"),
        (("job", "post", "1", "{files}/huge.npy", "--from", "//Alice"), "a blob has at most"),
        (("job", "post", "1", "{files}/none", "--from", "//Alice"), "cannot be read"),
        (("job", "post", "1", "{files}/other.npz", "--from", "//Alice"), "got an archive"),
        (("job", "post", "1", "{files}/garbage", "--from", "//Alice"), "rows of int8"),
        (("model", "register", "{files}/garbage", "--from", "//Bob"), "expected a model file"),
        (("model", "register", "{files}/other.npz", "--from", "//Bob"), "no array named graph"),
        (("model", "register", "{files}/wide.npy", "--from", "//Bob"), "a single array"),
        (("model", "register", "{files}/none", "--from", "//Bob"), "cannot be read"),
        (
            ("model", "register", "{files}/m.npz", "--parent", "8:uses:1%", "--from", "//Bob"),
            "Registry.BadParent",
        ),
        (
            ("data", "publish", "{files}/empty", "--items", "1", "--from", "//Dave"),
            "expected 1 to 1099511627776 bytes, got 0",
        ),
        (
            ("data", "publish", "{files}/none", "--items", "1", "--from", "//Dave"),
            "cannot be read",
        ),
        (("provider", "register", "--bond", "1 SBR", "--from", "//Bob"), "Bonds.BelowMinimum"),
    ],
)
def test_failures(stage: CliStage, files: Path, arguments: tuple[str, ...], expected: str) -> None:
    publish(stage, files)
    said = stage.run(*(argument.replace("{files}", str(files)) for argument in arguments))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert expected in said.err


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("register", "m", "--royalty", "ten"), "a percentage such as 2.5%"),
        (("register", "m", "--royalty", "101%"), "at most 100%"),
        (("register", "m", "--parent", "0"), "expected ID:RELATION:PERCENT"),
        (("register", "m", "--parent", "0:eats:1%"), "trained-on, finetuned-from"),
    ],
)
def test_wrong_use_of_records(
    stage: CliStage, files: Path, arguments: tuple[str, ...], expected: str
) -> None:
    words = [str(files / "m.npz") if word == "m" else word for word in arguments]
    said = stage.run("model", *words, "--from", "//Bob")
    assert said.code == 2
    assert expected in said.err


@pytest.mark.parametrize(
    "option,value,expected",
    [
        ("--price", "5", "an amount with its unit"),
        ("--price", "5 SBR..1 SBR/20", "a price that rises"),
        ("--price", "1 SBR..5 SBR/0", "a price that rises"),
        ("--verifier", "court", "replay or freivalds"),
    ],
)
def test_wrong_use_of_jobs(
    stage: CliStage, files: Path, option: str, value: str, expected: str
) -> None:
    arguments = ("job", "post", "1", str(files / "r.npy"), option, value)
    said = stage.run(*arguments, "--from", "//Alice")
    assert said.code == 2
    assert expected in said.err


@pytest.mark.parametrize("value", ["gpu", "GPU=1", "gpu="])
def test_wrong_attributes(stage: CliStage, value: str) -> None:
    said = stage.run("provider", "register", "--attribute", value, "--from", "//Charlie")
    assert said.code == 2
    assert "expected NAME=VALUE" in said.err


def test_a_sample_that_cannot_be_written(tmp_path: Path) -> None:
    said = run_cli("model", "sample", str(tmp_path / "no/such/folder.npz"))
    assert said.code == 1
    assert "cannot be written" in said.err
