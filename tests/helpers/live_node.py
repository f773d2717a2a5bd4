"""A node as its user runs it: `soberana node run --dev` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
STOP_S = 30


@dataclass(frozen=True, slots=True)
class LiveNode:
    """Where a running node is found."""

    url: str
    genesis: str
    author: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port


@contextmanager
def run_live_node(base_path: Path, *options: str) -> Generator[LiveNode]:
    """A development node on a free port until the block ends; it must then stop in order."""
    command = [sys.executable, "-m", "chain.cli.main", "node", "run", "--dev", "--json"]
    command += ["--rpc-port", "0", "--base-path", str(base_path), "--backend", "numpy", *options]
    log_path = base_path.with_suffix(".log")
    with (
        log_path.open("w") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the node did not start:\n{log_path.read_text()}"
            first = json.loads(line)
            yield LiveNode(first["rpc"], first["genesis"], first["author"], process)
        except BaseException:
            print(log_path.read_text()[-8_000:])  # pytest shows it beside the failure
            raise
        finally:
            process.terminate()
            code = process.wait(STOP_S)
        said = log_path.read_text()
        assert code == 0, said
        assert "Traceback" not in said, said
