"""The command line on a stage: a fake node, a base path, and a run that keeps what was said."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from chain.cli.main import app
from tests.helpers.fake_node import FakeNode
from tests.helpers.rpc_server import Method, RpcServer, serve


@dataclass(frozen=True, slots=True)
class Said:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CliStage:
    """Runs commands against one node and one base path."""

    node: FakeNode
    server: RpcServer
    base_path: Path

    def run(self, *arguments: str, text: str | None = None) -> Said:
        """A command that speaks to the node."""
        return self.run_local(*arguments, "--node", self.server.url, text=text)

    def run_local(self, *arguments: str, text: str | None = None) -> Said:
        """A command that needs no node."""
        return run_cli(*arguments, "--base-path", str(self.base_path), text=text)


def run_cli(*arguments: str, text: str | None = None) -> Said:
    """A command as it is; nothing but `SystemExit` may end it."""
    result = CliRunner().invoke(app, list(arguments), input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(
        result.exception
    )
    return Said(result.exit_code, result.stdout, result.stderr)


@contextmanager
def open_stage(base_path: Path, **changes: Method) -> Generator[CliStage]:
    """A stage until the block ends; some methods may be played by others."""
    node = FakeNode()
    with serve({**node.get_methods(), **changes}) as server:
        yield CliStage(node, server, base_path)
