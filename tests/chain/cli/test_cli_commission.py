"""`soberana commission`: from a brief to a file that was paid for, or rejected."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from chain.blobs import BlobStore, get_blobs_folder
from chain.wallet.chain_reader import to_hex
from runtime.primitives import UNIT
from tests.helpers.blob_server import serve_blobs
from tests.helpers.cli_stage import CliStage, Said, open_stage

BRIEF, ANSWER = "A harbour at dawn.\n", b"blue, and a little red" * 100
DAVE, CHARLIE = ("--from", "//Dave"), ("--from", "//Charlie")


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


@pytest.fixture
def brief(tmp_path: Path) -> str:
    path = tmp_path / "brief.txt"
    path.write_text(BRIEF)
    return str(path)


def run(stage: CliStage, *words: str) -> Said:
    said = stage.run("commission", *words)
    assert said.code == 0, said.err
    return said


def post(stage: CliStage, brief: str, *options: str) -> None:
    """Charlie takes commissions, and Dave has one: job 0."""
    register = ("provider", "register", "--kind", "commission", *CHARLIE, "--bond", "200 SBR")
    assert stage.run(*register, "--json").json["id"] == 0
    said = run(stage, "post", brief, *DAVE, "--price", "5 SBR", *options, "--json").json
    assert said["job"] == 0


def deliver(stage: CliStage, tmp_path: Path, slot: str = "0") -> None:
    """Charlie takes a slot, and delivers a file."""
    answer = tmp_path / "answer"
    answer.write_bytes(ANSWER)
    taken = run(stage, "take", "0", slot, *CHARLIE, "--record", "0", "--json").json
    assert (taken["price"], taken["collateral"]) == (str(5 * UNIT), str(5 * UNIT))
    said = run(stage, "deliver", "0", slot, str(answer), *CHARLIE)
    assert "delivered" in said.out


def test_an_answer_is_bought(stage: CliStage, brief: str, tmp_path: Path) -> None:
    post(stage, brief, "--results", "2", "--review", "30")
    assert run(stage, "brief", "0").out == BRIEF + "\n"
    deliver(stage, tmp_path)
    standing = run(stage, "status", "0", "--json").json
    first, second = standing["slots"]
    assert (first["state"], second["state"]) == ("submitted", "open")
    assert first["rejectUntil"] == standing["block"] + 30
    assert (second["root"], second["rejectUntil"]) == (None, None)
    store = BlobStore(get_blobs_folder(stage.base_path))
    assert to_hex(store.put_chunks(ANSWER)) == first["root"]
    out = tmp_path / "out"
    with serve_blobs(store) as url:
        said = run(stage, "fetch", "0", "0", "--out", str(out), "--source", url)
    assert f"{len(ANSWER):_} bytes" in said.out
    assert out.read_bytes() == ANSWER
    shown = run(stage, "status", "0").out
    assert f"#{first['rejectUntil']}" in shown.replace("\n", "")
    accepted = run(stage, "accept", "0", *DAVE, "--json").json
    assert accepted["paid"] == str(5 * UNIT * 88 // 100)
    after = run(stage, "status", "0", "--json").json["slots"][0]
    assert (after["state"], after["root"], after["rejectUntil"]) == ("settled", first["root"], None)


def test_rubbish_is_rejected_and_costs_both(stage: CliStage, brief: str, tmp_path: Path) -> None:
    post(stage, brief)
    deliver(stage, tmp_path)
    said = stage.run("commission", "reject", "0", *CHARLIE)
    assert (said.code, "NotOwner" in said.err) == (1, True)
    rejected = run(stage, "reject", "0", *DAVE, "--json").json
    assert rejected["done"] == "commission 0, slot 0: rejected"
    assert (rejected["burned"], rejected["collateral"]) == (str(5 * UNIT), str(5 * UNIT))
    (slot,) = run(stage, "status", "0", "--json").json["slots"]
    assert (slot["state"], slot["root"]) == ("rejected", None)
    watched = stage.run("job", "watch", "0", "--once")
    assert "rejected" in watched.out
    said = stage.run("commission", "fetch", "0", "0", "--out", str(tmp_path / "out"))
    assert (said.code, "expected an answer, but it is rejected" in said.err) == (1, True)
    said = stage.run("commission", "reject", "0", *DAVE)
    assert (said.code, "NotPending" in said.err) == (1, True)


def test_a_brief_is_written_out_as_it_was(stage: CliStage, brief: str, tmp_path: Path) -> None:
    binary, out = tmp_path / "binary", tmp_path / "out"
    binary.write_bytes(bytes(range(256)))
    post(stage, str(binary))
    said = run(stage, "brief", "0", "--out", str(out), "--json").json
    assert said["sizeBytes"] == 256
    assert out.read_bytes() == binary.read_bytes()
    said_of = stage.run("commission", "brief", "0", "--out", str(tmp_path / "no" / "out"))
    assert "cannot be written" in said_of.err


def test_a_stranger_who_writes_a_brief_does_not_command_the_terminal(
    stage: CliStage, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    hostile.write_text("draw\x1b]52;c;cm0gLXJm\x07 a\x9b2J\x7f cat\r\ntwo", encoding="utf-8")
    post(stage, str(hostile))
    shown = run(stage, "brief", "0").out
    assert shown == "draw\\x1b]52;c;cm0gLXJm\\x07 a\\x9b2J\\x7f cat\ntwo\n"


def test_an_answer_that_is_too_large_is_not_fetched(
    stage: CliStage, brief: str, tmp_path: Path
) -> None:
    post(stage, brief)
    deliver(stage, tmp_path)
    out, most = tmp_path / "out", str(len(ANSWER) - 1)
    with serve_blobs(BlobStore(get_blobs_folder(stage.base_path))) as url:
        fetch = ("fetch", "0", "--out", str(out), "--source", url)
        said = stage.run("commission", *fetch, "--max-bytes", most)
        assert (said.code, f"more than {most}" in said.err.replace("\n", " ")) == (1, True)
        assert not out.exists()
        assert run(stage, *fetch, "--max-bytes", str(len(ANSWER))).code == 0


def test_what_cannot_be_bought(stage: CliStage, brief: str, tmp_path: Path) -> None:
    empty, large = tmp_path / "empty", tmp_path / "large"
    empty.write_bytes(b"")
    large.write_bytes(bytes(64 * 1024 + 1))
    for words, expected in (
        (("post", str(empty), *DAVE), "expected 1 to 65536 bytes, got 0"),
        (("post", str(large), *DAVE), "got 65537"),
        (("post", str(tmp_path / "none"), *DAVE), "cannot be read"),
        (("post", brief, *DAVE, "--review", "9"), "--review"),
        (("post", brief, *DAVE, "--price", "going..5 SBR"), "BadPrice"),
        (("status", "0"), "a job that is not closed"),
        (("brief", "0"), "a job that is not closed"),
        (("accept", "0", *DAVE), "NotPending"),
    ):
        said = stage.run("commission", *words)
        assert said.code in (1, 2), words
        assert expected in said.err.replace("\n", " "), said.err


def test_another_job_is_no_commission(stage: CliStage, tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("a.npy", "b.npy", "c.npy")]
    for name in files[:2]:
        np.save(name, np.ones((32, 32), np.int8))
    product = ("job", "product", *files[:2], "--save", files[2], *DAVE, "--timeout", "1")
    assert "the end of job 0" in stage.run(*product).err
    said = stage.run("commission", "status", "0")
    assert (said.code, "expected a commission, got PRODUCT" in said.err) == (1, True)
