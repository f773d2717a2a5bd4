"""The tour: a short one goes well and shows its pictures, and what goes wrong is told."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chain.cli.tour import CHAPTERS
from chain.cli.tour_stage import TourStage, TourTrouble, run_here
from chain.png import load_png

ROOT = Path(__file__).parents[3]
LIMIT_S = 240


def run_tour(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The tour in a process of its own, whose temporary folders are in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "chain.cli.tour", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.slow
def test_a_short_tour_shows_what_it_promises(tmp_path: Path) -> None:
    pictures, temporary = tmp_path / "pictures", tmp_path / "temporary"
    temporary.mkdir()
    chapters = ("infer", "render", "sell", "keep", "explore")
    flags = [word for name in chapters for word in ("--only", name)]
    done = run_tour(temporary, *flags, "--pictures", str(pictures))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"the paid answers are right for 4[34]\d of 450 images", done.stdout)
    assert "Ferdie's wrong answer cost him 1 SBR" in done.stdout
    assert "error: order 1: what was delivered is another key" in done.stdout
    assert "Bob has his money back" in done.stdout
    assert "after three missed audits the lease is over" in done.stdout
    assert "proven under the state root 0x" in done.stdout
    assert "with the same state root" in done.stdout
    assert "all accounts together have what was issued, to the planck" in done.stdout
    assert "▓" in done.stdout, "pictures are shown without colours too"
    assert "label" not in re.findall(r"^\$ soberana (\w+)", done.stdout, re.MULTILINE)
    shapes = {path.name: load_png(path.read_bytes()).shape for path in pictures.iterdir()}
    assert set(shapes) == {"answers.png", "balls.png", "provenance.png"}
    assert shapes["balls.png"] == (180, 240, 3)
    assert list(temporary.iterdir()) == [], "the node's folder is gone"


def test_an_unknown_chapter_is_wrong_use(tmp_path: Path) -> None:
    done = run_tour(tmp_path, "--only", "nothing")
    assert done.returncode == 2
    assert f"expected {', '.join(CHAPTERS)}, got nothing" in " ".join(done.stderr.split())


# --- the stage


@pytest.fixture
def stage(tmp_path: Path) -> TourStage:
    console = Console(file=StringIO(), width=120)
    return TourStage(console, "ws://127.0.0.1:1", tmp_path)


def get_text(stage: TourStage) -> str:
    assert isinstance(stage.console.file, StringIO)
    return stage.console.file.getvalue()


def test_a_command_is_shown_with_the_head_of_what_it_says(stage: TourStage) -> None:
    said = stage.type("key inspect //Alice", lines=2)
    lines = get_text(stage).splitlines()
    assert lines[0] == "$ soberana key inspect //Alice"
    assert [line.strip() for line in lines[1:3]] == [line.strip() for line in said.splitlines()[:2]]
    assert lines[3].strip() == f"… {len(said.splitlines()) - 2} more lines"


def test_a_command_that_fails_stops_the_tour(stage: TourStage) -> None:
    with pytest.raises(TourTrouble, match=r"soberana chain head ended with 1: error: "):
        stage.type("chain head")
    said = stage.type("chain head", fails=True)
    assert said.startswith("error: ")
    with pytest.raises(TourTrouble, match="ended with 0"):
        stage.type("key inspect //Alice", fails=True)


def test_what_does_not_hold_stops_the_tour(stage: TourStage) -> None:
    stage.ensure(holds=True, fact="two is two")
    assert stage.facts == ["two is two"]
    with pytest.raises(TourTrouble, match="expected that two is three"):
        stage.ensure(holds=False, fact="two is three")
    assert stage.facts == ["two is two"]


def test_wrong_use_has_its_code() -> None:
    code, said = run_here(["wallet", "balance", "//Alice", "--nonsense"])
    assert code == 2
    assert "--nonsense" in said
