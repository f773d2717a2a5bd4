"""`soberana label`: a round from its posting to its labels, its sheet and its end."""

import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from chain.png import dump_png
from chain.wallet.label_sheet import DOUBT, INK, NotImages, draw_sheet
from tests.chain.test_png import read_png
from tests.helpers.cli_stage import CliStage, open_stage

ITEMS, GOLD_ITEMS = 24, 10
TRUTH = [(3 * item) % 10 for item in range(ITEMS)]
LABELLERS = ("//Bob", "//Charlie", "//Dave")
UNIT = 10**12


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Items, gold and what three people answer; the last is wrong about every item."""
    images = np.random.default_rng(1).integers(0, 63, (ITEMS, 16), np.int8)
    np.save(tmp_path / "items.npy", images)
    gold = "".join(f"{item} {TRUTH[item]}\n" for item in range(0, 2 * GOLD_ITEMS, 2))
    (tmp_path / "gold.txt").write_text(gold)
    for name, text in (("twice", "1 2 1 2"), ("far", "24 1"), ("odd", "1 2 3"), ("class", "1 10")):
        (tmp_path / name).write_text(text)
    np.save(tmp_path / "0.npy", np.array(TRUTH, np.uint8))
    (tmp_path / "1.txt").write_text(" ".join(map(str, [5, *TRUTH[1:]])))
    (tmp_path / "2.txt").write_text("\n".join(str((label + 1) % 10) for label in TRUTH))
    return tmp_path


def post(stage: CliStage, files: Path, *options: str) -> int:
    """A round of three seats; its number."""
    arguments = ("label", "post", str(files / "items.npy"), str(files / "gold.txt"))
    terms = ("--seats", "3", "--pool", "30 SBR", "--from", "//Alice", *options)
    said = stage.run(*arguments, *terms, "--json").json
    assert (said["items"], said["seats"], said["pool"]) == (ITEMS, 3, str(30 * UNIT))
    assert said["goldDeposit"] == str(6 * UNIT)
    number: int = said["round"]
    return number


def join_all(stage: CliStage, number: int) -> None:
    """Three provider records, each with a seat."""
    for record, name in enumerate(LABELLERS):
        register = ("provider", "register", "--kind", "label", "--from", name, "--json")
        assert stage.run(*register).json["id"] == record
        options = ("--record", str(record), "--bond", "150 SBR", "--from", name, "--json")
        said = stage.run("label", "join", str(number), *options).json
        assert (said["round"], said["record"], said["bond"]) == (number, record, str(5 * UNIT))


def answer_all(stage: CliStage, files: Path, number: int) -> None:
    """All commit, then all reveal."""
    for name, file in zip(LABELLERS, ("0.npy", "1.txt", "2.txt"), strict=True):
        said = stage.run("label", "commit", str(number), str(files / file), "--from", name)
        assert "24 labels are committed to" in said.out
    for name in LABELLERS:
        said = stage.run("label", "reveal", str(number), "--from", name)
        assert "24 labels are revealed" in said.out


def test_a_round_is_played_by_commands(stage: CliStage, files: Path) -> None:
    number = post(stage, files)
    join_all(stage, number)
    answer_all(stage, files, number)
    said = stage.run("label", "gold", str(number), "--from", "//Alice", "--json").json
    assert (said["judged by"], said["paid"], said["burned"]) == ("gold", str(30 * UNIT), "0")
    labels, sheet = files / "labels.npy", files / "sheet.png"
    options = ("--save", str(labels), "--sheet", str(sheet))
    shown = stage.run("label", "show", str(number), *options, "--json").json
    assert (shown["phase"], shown["judge"], shown["labels"]) == ("settled", "gold", TRUTH)
    seats = {seat["record"]: seat for seat in shown["seats"]}
    assert [seats[record]["right"] for record in range(3)] == [10, 9, 0]
    second = 30 * UNIT * 64 // 164
    paid = [30 * UNIT - second, second, 0]
    assert [int(seats[record]["paid"]) for record in range(3)] == paid
    assert np.load(labels, allow_pickle=False).tolist() == TRUTH
    pixels = read_png(sheet.read_bytes())
    assert pixels.shape[2] == 3
    out = stage.run("label", "show", str(number)).out
    assert f"round {number}: settled" in out
    said = stage.run("label", "close", str(number), "--from", "//Alice", "--json").json
    assert int(said["deposit"]) > UNIT
    said = stage.run("label", "show", str(number))
    assert (said.code, "expected the number of a round that is not closed" in said.err) == (1, True)


def test_the_labels_become_a_dataset_that_names_who_made_them(stage: CliStage, files: Path) -> None:
    number = post(stage, files)
    join_all(stage, number)
    answer_all(stage, files, number)
    stage.run("label", "gold", str(number), "--from", "//Alice")
    labels = files / "labels.npy"
    stage.run("label", "show", str(number), "--save", str(labels))
    parents = ("--parent", "0:labelled-by:2%", "--parent", "1:labelled-by:2%")
    arguments = ("data", "publish", str(labels), "--items", str(ITEMS), *parents)
    record = stage.run(*arguments, "--from", "//Alice", "--json").json["id"]
    shown = stage.run("data", "show", str(record), "--json").json
    assert [parent["relation"] for parent in shown["parents"]] == ["labelled_by"] * 2


def test_secrets_are_for_their_owner_alone(stage: CliStage, files: Path) -> None:
    number = post(stage, files)
    join_all(stage, number)
    stage.run("label", "commit", str(number), str(files / "0.npy"), "--from", "//Bob")
    kept = sorted((stage.base_path / "labels").iterdir())
    assert len(kept) == 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    sizes = sorted(len(json.loads(path.read_text())["labels"]) for path in kept)
    assert sizes == [GOLD_ITEMS, ITEMS]


def test_a_round_that_stands_still_is_poked(stage: CliStage, files: Path) -> None:
    number = post(stage, files, "--blocks", "1,1,1,1")
    said = stage.run("label", "poke", str(number), "--from", "//Bob")
    assert (said.code, "Rounds.NotDue" in said.err) == (1, True)
    assert stage.run("label", "poke", str(number), "--from", "//Bob", "--json").code == 0
    shown = stage.run("label", "show", str(number), "--json").json
    assert (shown["phase"], shown["labels"]) == ("refunded", [])


@pytest.mark.parametrize(
    "arguments,expected",
    [
        (("commit", "0", "{files}/gold.txt", "--from", "//Bob"), "expected 24 labels, got 20"),
        (("commit", "0", "{files}/items.npy", "--from", "//Bob"), "expected integers[n]"),
        (("commit", "0", "{files}/none", "--from", "//Bob"), "cannot be read"),
        (("commit", "7", "{files}/0.npy", "--from", "//Bob"), "not closed, got 7"),
        (("reveal", "0", "--from", "//Bob"), "expected a commitment of yours in round 0"),
        (("gold", "0", "--from", "//Alice"), "Rounds.WrongPhase"),
        (("join", "0", "--record", "9", "--from", "//Bob"), "Rounds.RequirementUnmet"),
        (("close", "0", "--from", "//Alice"), "Rounds.NotFinished"),
        (("show", "0", "--sheet", "{files}/x.png"), "to be settled, it has no labels"),
        (("post", "{files}/items.npy", "{files}/twice", "--from", "//A"), "got one twice"),
        (
            ("post", "{files}/items.npy", "{files}/far", "--from", "//A"),
            "24 items, got item 24",
        ),
        (("post", "{files}/items.npy", "{files}/odd", "--from", "//A"), "one number too many"),
        (("post", "{files}/items.npy", "{files}/class", "--from", "//A"), "gold of 10 classes"),
        (
            ("post", "{files}/items.npy", "{files}/gold.txt", "--blocks", "1,2", "--from", "//A"),
            "expected four numbers",
        ),
    ],
)
def test_what_cannot_be_is_told(
    stage: CliStage, files: Path, arguments: tuple[str, ...], expected: str
) -> None:
    post(stage, files)
    said = stage.run("label", *(part.format(files=files) for part in arguments))
    assert said.code != 0
    assert expected in said.err


# --- the sheet


def test_a_sheet_shows_every_item_and_marks_doubt() -> None:
    items = bytes(64) + bytes([63] * 64)
    pixels = draw_sheet(items, 64, [7, 1], [True, False])
    assert pixels.shape == (4 + 8 * 4 + 12 + 4, 4 + 2 * (8 * 4 + 4), 3)
    assert (pixels[4:36, 4:36] == 255).all()
    assert (pixels[4:36, 40:72] == 0).all()
    below = pixels[37:47]
    assert tuple(below[0, 4]) == INK
    assert tuple(below[0, 42]) == DOUBT
    assert dump_png(pixels)[:4] == b"\x89PNG"


def test_only_square_items_are_drawn() -> None:
    with pytest.raises(NotImages, match="square number of bytes, got 63"):
        draw_sheet(bytes(63), 63, [0], [True])
