"""The guide to clients: every program and command on the page runs against a live node."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.outside_client import CLIENTS, NODE, ROOT, ensure_installed
from tests.helpers.live_node import run_live_node
from tests.tidy.docs import iter_commands

pytestmark = pytest.mark.conformance

TEXT = (ROOT / "docs" / "guides" / "clients.md").read_text(encoding="utf-8")
URL = "ws://127.0.0.1:9944"
START = "soberana node run --dev"
PROGRAM = re.compile(
    r"^```(?:python|javascript)\n(?:#|//) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
SAID = {
    "@polkadot/api": "final in 0x",
    "polkadot-api": "Soberana Development is final up to",
    "substrate-interface": "planck",
    "async-substrate-interface": "Soberana Development is final up to",
}


def test_the_guide_runs(tmp_path: Path) -> None:
    programs = dict(PROGRAM.findall(TEXT))
    assert set(programs) == set(SAID)
    assert TEXT.count("```python") + TEXT.count("```javascript") == len(programs)
    with run_live_node(tmp_path / "node") as node:
        for client, program in programs.items():
            said = run_program(client, program.replace(URL, node.url), tmp_path)
            assert SAID[client] in said, said
            assert "failed" not in said
        for _, command in iter_commands(TEXT):
            if command != START:  # that one runs already
                run_command(command.replace(URL, node.url), tmp_path)


def run_program(client: str, program: str, folder: Path) -> str:
    if client.startswith(("@", "polkadot")):
        ensure_installed(CLIENTS / "node_modules")
        (folder / "node_modules").unlink(missing_ok=True)
        (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
        file, python = folder / "program.mjs", NODE
    else:
        environment = ROOT / f".venv-{'asi' if client.startswith('async') else 'psi'}"
        ensure_installed(environment)
        file, python = folder / "program.py", environment / "bin" / "python"
    file.write_text(program, encoding="utf-8")
    return run(python, file)


def run_command(command: str, folder: Path) -> None:
    program, *arguments = shlex.split(command)
    if program == "npx":
        assert arguments[:2] == ["papi", "add"]
        cli = CLIENTS / "node_modules" / "polkadot-api" / "bin" / "cli.js"
        # What is skipped installs the types' compiler from the network, every time anew.
        run(NODE, cli, *arguments[1:], "--skip-codegen", cwd=folder)
        assert (folder / ".papi" / "metadata" / "soberana.scale").read_bytes()[:4] == b"meta"
    else:
        assert program == "soberana"
        run(sys.executable, "-m", "chain.cli.main", *arguments)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_guide_names_what_is_installed() -> None:
    wanted = json.loads((CLIENTS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name for name in SAID if "polkadot" in name} <= set(wanted)
    for environment in ("psi", "asi"):
        lines = (CLIENTS / f"{environment}.txt").read_text(encoding="utf-8").splitlines()
        assert any(line.split("==")[0] in SAID for line in lines)
        assert all(re.fullmatch(r"[\w.-]+==[\w.-]+", line) for line in lines)
