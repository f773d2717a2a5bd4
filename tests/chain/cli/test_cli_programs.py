"""`soberana train`, `render` and `eval`: posted, run by a provider, and brought home."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from chain.png import dump_png
from chain.programs.picture import stitch
from chain.programs.scene_file import SAMPLE, BadScene, load_scene
from chain.training.digits import compute_accuracy, load_digits
from chain.wallet.model_file import load_model_file
from runtime.programs import Inputs, Raytrace
from tests.helpers.cli_stage import CliStage
from tests.helpers.fake_provider import open_provided_stage
from tests.helpers.programs_vectors import NO_ROOT

BARS = "▁▂▃▄▅▆▇█"
ALICE = ("--from", "//Alice", "--price", "2 SBR")
KINDS = tuple(
    word for kind in ("train", "render", "compute_to_data", "eval") for word in ("--kind", kind)
)


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_provided_stage(tmp_path / "base") as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Digits to train on and digits held out."""
    digits = load_digits()
    np.save(tmp_path / "rows.npy", digits.train_images[:900])
    np.save(tmp_path / "labels.npy", digits.train_labels[:900])
    np.save(tmp_path / "test.npy", digits.test_images)
    np.save(tmp_path / "answers.npy", digits.test_labels)
    return tmp_path


def register(stage: CliStage) -> None:
    assert stage.run("provider", "register", *KINDS, "--from", "//Charlie").code == 0


def test_a_picture_is_drawn_and_put_together(stage: CliStage, tmp_path: Path) -> None:
    register(stage)
    path, scene = tmp_path / "p.png", tmp_path / "scene.json"
    scene.write_text(SAMPLE)
    sizes = ("--width", "40", "--height", "30", "--tile", "16")
    said = stage.run("render", str(path), "--scene", str(scene), *sizes, *ALICE)
    assert said.code == 0, said.err
    assert "the picture is drawn" in said.out
    content = load_scene(SAMPLE)
    program = Raytrace(NO_ROOT, 40, 30, 40)
    whole = program.run(0, Inputs((content,)))
    assert path.read_bytes() == dump_png(stitch(program, [whole]))
    again = stage.run("render", str(tmp_path / "q.png"), *sizes, *ALICE, "--json").json
    assert (again["job"], again["tiles"]) == (1, 6)
    assert (tmp_path / "q.png").read_bytes() == path.read_bytes()
    shown = stage.run("job", "watch", "0")
    assert "40 x 30 pixels, in 6 slots" in shown.out


def test_a_model_is_trained_registered_and_evaluated(stage: CliStage, files: Path) -> None:
    register(stage)
    data = stage.run(
        "data", "publish", str(files / "rows.npy"), "--items", "900", "--from", "//Dave", "--json"
    )
    dataset = str(data.json["id"])
    paths = [str(files / name) for name in ("rows.npy", "labels.npy", "m.npz")]
    options = ("--steps", "320", "--dataset", dataset, "--register", "--parent-bps", "500")
    said = stage.run("train", *paths, *options, *ALICE, "--json")
    assert said.code == 0, said.err
    trained = said.json
    assert len(trained["misses"]) == 320
    model = load_model_file(files / "m.npz")
    digits = load_digits()
    accuracy = compute_accuracy(
        model.checked.graph, model.tensors, digits.test_images, digits.test_labels
    )
    assert accuracy > 0.85
    shown = stage.run("model", "show", str(trained["model"])).out
    assert "trained on" in shown

    tests = [str(files / name) for name in ("test.npy", "answers.npy")]
    counted = stage.run("eval", str(trained["model"]), *tests, *ALICE, "--json").json
    assert counted["right"] == round(accuracy * 450)
    assert np.sum(counted["counts"]) == 450
    out = stage.run("eval", str(trained["model"]), *tests, *ALICE).out
    assert f"{counted['right']} of 450" in out


def test_the_curve_falls(stage: CliStage, files: Path) -> None:
    register(stage)
    paths = [str(files / name) for name in ("rows.npy", "labels.npy", "m.npz")]
    options = ("--hidden", "0", "--rate", "8", "--steps", "192", "--curve", str(files / "c.png"))
    said = stage.run("train", *paths, *options, *ALICE)
    assert said.code == 0, said.err
    (line,) = [line for line in said.out.splitlines() if "wrong in each batch" in line]
    curve = [mark for mark in line if mark in BARS]
    assert len(curve) == 48
    assert curve[0] > curve[-1]
    chart = [line for line in said.out.splitlines() if "┤" in line]
    assert len(chart) == 8
    assert chart[-1].rstrip()[-1] in BARS
    assert "192 batches" in said.out
    assert "not registered" in said.out
    assert (files / "c.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written(stage: CliStage, files: Path) -> None:
    register(stage)
    paths = [str(files / name) for name in ("rows.npy", "labels.npy", "m.npz")]
    said = stage.run(
        "train", *paths, "--steps", "1", "--curve", str(files / "no" / "c.png"), *ALICE
    )
    assert said.code == 1
    assert "cannot be written" in said.err


def test_a_table_is_summed_by_group(stage: CliStage, tmp_path: Path) -> None:
    register(stage)
    table = np.array([(0, 3, 1)] * 6 + [(1, 9, 9)] * 4 + [(2, -2, 5)] * 5, np.int8)
    np.save(tmp_path / "t.npy", table)
    what = ("job", "compute", str(tmp_path / "t.npy"), "--group", "0", "--column", "2")
    said = stage.run(*what, "--column", "1", *ALICE, "--json")
    assert said.code == 0, said.err
    assert said.json == {"job": 0, "groups": [[0, 6, 6, 18], [2, 5, 25, -10]]}
    assert "sum of 2" in stage.run(*what, *ALICE).out


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("render", "{files}/p.png", "--scene", "{files}/no.json"), "cannot be read"),
        (("render", "{files}/p.png", "--scene", "{files}/labels.npy"), "expected a scene as JSON"),
        (("train", "{files}/rows.npy", "{files}/answers.npy", "{files}/m.npz"), "for 900 rows"),
        (
            ("job", "compute", "{files}/rows.npy", "--group", "64", "--column", "1"),
            "Market.BadProgram",
        ),
        (("eval", "9", "{files}/test.npy", "{files}/answers.npy"), "Market.NoSuchModel"),
        (
            ("train", "{files}/rows.npy", "{files}/labels.npy", "{files}/m", "--dataset", "7"),
            "Market.NoSuchDataset",
        ),
    ],
)
def test_failures(stage: CliStage, files: Path, arguments: tuple[str, ...], expected: str) -> None:
    said = stage.run(*(each.format(files=files) for each in arguments), *ALICE)
    assert said.code == 1
    assert expected in said.err


def test_a_scene_that_is_none_is_refused() -> None:
    for text in (
        "",
        "[]",
        "{}",
        SAMPLE.replace("#cde1f5", "#cde1"),
        SAMPLE.replace("0.6, 3", "999, 3"),
    ):
        with pytest.raises(BadScene):
            load_scene(text)
