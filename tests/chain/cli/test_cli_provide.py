"""`soberana provider run`: a process that begins, stops in order, and says what is wrong."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.cli_stage import open_stage, run_cli
from tests.helpers.live_node import ROOT, STOP_S, run_live_node

RUN = ("provider", "run", "--from", "//Charlie")


def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chain.cli.main", *RUN, "--backend", "numpy", "--json"]
    with run_live_node(tmp_path / "node") as node:
        command += ["--node", node.url, "--base-path", str(tmp_path / "provider")]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            begun = json.loads(process.stdout.readline())
            assert begun["device"].startswith("numpy (process ")
            told: list[str] = []
            while not any("providing" in line for line in told):
                line = process.stderr.readline()
                assert line, told
                told.append(line)
            process.send_signal(signal.SIGINT)
            ended = json.loads(process.stdout.readline())
            assert ended["stopped"]
            assert (ended["held"], ended["locked"]) == (0, 0)
            assert process.wait(STOP_S) == 0
            rest = process.stderr.read()
            assert "stopping when what is locked is done" in rest
            assert "Traceback" not in rest


@pytest.mark.parametrize(
    "options, expected",
    [
        (("--kind", "label"), "--kind: expected one of infer, train, render"),
        (("--min-price", "1"), "expected"),
        (("--backend", "abacus"), "authoring.backend: expected one of"),
        (("--log-level", "loud"), "log.level: expected one of"),
        (("--source", "ftp://here"), "expected the URL of a node"),
        (("--from", "nobody"), "nobody"),
    ],
)
def test_what_it_cannot_begin_with(tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    with open_stage(tmp_path) as stage:
        place = ("--node", stage.server.url, "--base-path", str(tmp_path))
        said = run_cli(*RUN, *options, *place)
        assert said.code in (1, 2)
        assert expected in said.err


def test_a_node_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    said = run_cli(*RUN, "--node", "ws://127.0.0.1:1", "--base-path", str(tmp_path))
    assert said.code == 1
    assert "no node answers at ws://127.0.0.1:1" in said.err
