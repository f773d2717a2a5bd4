"""The demonstration's node: a process of its own, as an operator would run it.

What it says goes into files beside its database, so that it may outlive the demonstration.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import trio

from chain.errors import NodeError

START_S: Final = 60
STOP_S: Final = 30
POLL_S: Final = 0.1


class NodeTrouble(NodeError):
    """The node did not start, or did not stop; the end of its log is in the text."""


class HeadLine(msgspec.Struct, frozen=True, rename="camel"):
    """What a node says when it runs and when it has stopped."""

    number: int
    head: str
    state_root: str
    rpc: str = ""


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """What a node writes besides its database."""

    folder: Path

    @property
    def log(self) -> Path:
        """Its log."""
        return self.folder / "node.log"

    @property
    def said(self) -> Path:
        """Its lines of JSON."""
        return self.folder / "node.json"

    def read_lines(self) -> list[bytes]:
        """The whole lines it has said so far."""
        return self.said.read_bytes().split(b"\n")[:-1]

    def make_trouble(self, why: str) -> NodeTrouble:
        """What went wrong, with the end of the log."""
        end = " | ".join(self.log.read_text("utf-8", "replace").splitlines()[-3:])
        return NodeTrouble(f"the node {why}; its log {self.log} ends with: {end}")


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A running node."""

    process: subprocess.Popen[bytes]
    started: HeadLine
    files: NodeFiles

    def stop(self) -> HeadLine:
        """Asks it to stop and waits; returns the head it stopped at. `NodeTrouble`."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise self.files.make_trouble(f"did not stop within {STOP_S} s") from None
        if self.process.returncode != 0:
            raise self.files.make_trouble(f"ended with {self.process.returncode}")
        return _decode(self.files.read_lines()[-1], self.files)

    def kill(self) -> None:
        """Ends it at once, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


async def start_node(folder: Path, *arguments: str) -> NodeProcess:
    """Starts `soberana node run` on a base path and waits until it serves; `NodeTrouble`."""
    files = NodeFiles(folder)
    process = _launch(files, arguments)
    try:
        with trio.move_on_after(START_S):
            while process.poll() is None:
                if lines := files.read_lines():
                    return NodeProcess(process, _decode(lines[0], files), files)
                await trio.sleep(POLL_S)
        why = "did not start" if process.poll() is None else f"ended with {process.returncode}"
        raise files.make_trouble(why)
    except BaseException:
        process.kill()
        process.wait()
        raise


def _launch(files: NodeFiles, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """A process in a session of its own: Ctrl-C reaches the demonstration, which then ends it."""
    command = [sys.executable, "-m", "chain.cli.main", "node", "run", "--json"]
    command += ["--base-path", str(files.folder / "chain"), *arguments]
    with files.log.open("ab") as log, files.said.open("wb") as said:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=log, start_new_session=True
        )


def _decode(line: bytes, files: NodeFiles) -> HeadLine:
    try:
        return msgspec.json.decode(line, type=HeadLine)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise files.make_trouble("did not say where it is") from None
