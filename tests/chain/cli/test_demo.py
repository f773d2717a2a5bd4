"""The demonstration, whole: it ends well, leaves nothing behind, or leaves what it says."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from chain.cli.demo_node import NodeTrouble, start_node
from tests.helpers.cli_stage import run_cli

ROOT = Path(__file__).parents[3]
LIMIT_S = 240

README = (ROOT / "README.md").read_text("utf-8")
PASTED = re.compile(r"<!-- DEMO OUTPUT[^>]*-->\n```text\n(.*?)```\n", re.DOTALL)
FIRST_LINE = "what happened"

pytestmark = pytest.mark.slow


def compute_shape(text: str) -> list[str]:
    """The lines of a report without what differs from run to run: numbers, hashes, widths."""
    lines = text[text.index(FIRST_LINE) :].splitlines()
    masked = (re.sub(r"0x[0-9a-f]+|\d[\d_.]*", "N", line.rstrip(" ─")) for line in lines)
    return [" ".join(line.split()) for line in masked]


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chain.cli.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_every_check_holds_and_nothing_is_left(tmp_path: Path) -> None:
    done = run_demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything holds" in done.stdout
    assert "✗" not in done.stdout
    found = re.search(r"accuracy +(\d+)\.\d %", done.stdout)
    assert found is not None
    assert int(found[1]) >= 97
    for word in ("Task lane", "multiplications", "royalties", "fees burned", "change", "make run"):
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []
    (pasted,) = PASTED.findall(README)
    printed = done.stdout[: done.stdout.index("\nmake demo is over")]
    assert compute_shape(pasted) == compute_shape(printed)


def test_a_kept_node_goes_on(tmp_path: Path) -> None:
    done = run_demo(tmp_path, "--keep")
    found = re.search(r"a node goes on at (\S+), process (\d+), in (\S+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    try:
        said = run_cli("job", "watch", "0", "--once", "--json", "--node", found[1])
        assert said.json["finished"] is True
        assert Path(found[3]).is_dir()
    finally:
        os.kill(int(found[2]), signal.SIGTERM)
        shutil.rmtree(found[3], ignore_errors=True)
    assert done.returncode == 0


def test_a_node_that_cannot_start_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(
        NodeTrouble,
        match=r"the node ended with 2.*ends with: .*expected dev, local or a readable file",
    ):
        trio.run(start_node, tmp_path, "--chain", "none")
