"""A node in a process of its own with many funded accounts, and load on its JSON-RPC over HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec
import trio

from chain.keystore import KeyPair
from genesis.spec import ChainSpec, parse_spec

HEAD = (
    "POST / HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
)
READ_BYTES = 1 << 18
STOP_S = 30


@dataclass(frozen=True, slots=True)
class NodeUnderLoad:
    """A running node."""

    process: subprocess.Popen[bytes]
    port: int

    def get_memory_mib(self) -> float:
        """What the node and the processes it started have in memory."""
        pids = [self.process.pid, *_find_children(self.process.pid)]
        return sum(_read_resident_kib(pid) for pid in pids) / 1024

    def get_processor_s(self) -> float:
        """The processor time of the node alone, so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_spec(folder: Path, senders: Sequence[KeyPair]) -> tuple[Path, ChainSpec]:
    """The development chain as a file, with these accounts funded."""
    text = (resources.files("genesis") / "presets" / "dev.json").read_text("utf-8")
    document = json.loads(text)
    document["balances"] |= {each.address: "1_000_000 SBR" for each in senders}
    path = folder / "spec.json"
    path.write_text(json.dumps(document))
    return path, parse_spec(path.read_text())


@contextmanager
def run_node(folder: Path, *arguments: str, port: int = 0) -> Generator[NodeUnderLoad]:
    """`soberana node run`, until the block ends; it has said that it serves."""
    command = [sys.executable, "-m", "chain.cli.main", "node", "run", "--json"]
    command += ["--base-path", str(folder), "--rpc-port", str(port), "--log-level", "error"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None, "it is a pipe; qed"
    try:
        started = msgspec.json.decode(process.stdout.readline())
        yield NodeUnderLoad(process, int(started["rpc"].rsplit(":", 1)[1]))
    finally:
        process.terminate()
        process.wait(STOP_S)
        process.stdout.close()


def make_request(method: str, *params: object) -> bytes:
    """A whole HTTP request."""
    document = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    body = json.dumps(document).encode()
    return HEAD.format(len(body)).encode() + body


class Connection:
    """One HTTP connection, kept alive."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(await trio.open_tcp_stream("127.0.0.1", port))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer."""
        await self._stream.send_all(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += await self._read()
        head, _, body = received.partition(b"\r\n\r\n")
        lower = head.lower()
        at = lower.index(b"content-length:") + len(b"content-length:")
        size = int(lower[at:].split(b"\r\n", 1)[0])
        while len(body) < size:
            body += await self._read()
        return body

    async def call(self, method: str, *params: object) -> object:
        """The decoded result."""
        answer = msgspec.json.decode(await self.ask(make_request(method, *params)))
        assert "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def _read(self) -> bytes:
        data = bytes(await self._stream.receive_some(READ_BYTES))
        assert data, "the node closed the connection"
        return data


def _find_children(pid: int) -> list[int]:
    texts = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    children = [int(each) for text in texts for each in text.split()]
    return children + [deeper for child in children for deeper in _find_children(child)]


def _read_resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
