"""Node and client killed in the middle of an upload and of a fetch: both go on where they were."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import trio

from chain.blobs import open_partial_file
from chain.blobs.fetch import NoSource, Wanted, fetch_blob
from chain.blobs.source import Source
from chain.blobs.upload import LocalFile, hash_file, upload_file
from chain.cli.demo_node import NodeProcess, start_node
from chain.wallet.connect import parse_node_url
from chain.worker import InlineWorker
from runtime.primitives import Root

SIZE = 6_000_001
HALF = SIZE // 2
KILLED = 9

CLIENT = """
import os, sys, trio
from functools import partial
from pathlib import Path
from chain.blobs import open_partial_file
from chain.blobs.fetch import Wanted, fetch_blob
from chain.blobs.source import Source
from chain.blobs.upload import hash_file, upload_file
from chain.wallet.connect import parse_node_url
from chain.worker import InlineWorker
from runtime.primitives import Root
what, url, path, root, last = sys.argv[1:]
url, path = parse_node_url(url), Path(path)
die = lambda done: os._exit(9) if done >= int(last) else None
if what == "upload":
    trio.run(upload_file, hash_file(path), url, InlineWorker(), die)
root = Root(bytes.fromhex(root))
wanted = Wanted(root, partial(open_partial_file, path, root))
trio.run(fetch_blob, wanted, [Source(url)], InlineWorker(), die)
"""


def kill_client(what: str, url: str, path: Path, root: Root) -> None:
    """A client of its own that is killed once half has been sent, or has come."""
    arguments = (what, url, str(path), root.hex(), str(HALF))
    ended = subprocess.run([sys.executable, "-c", CLIENT, *arguments], check=False, timeout=60)
    assert ended.returncode == KILLED


async def restart_when(event: trio.Event, folder: Path, node: NodeProcess) -> NodeProcess:
    """Kills the node and starts it again on the same port."""
    await event.wait()
    node.kill()
    port = str(parse_node_url(node.started.rpc).port)
    return await start_node(folder, "--dev", "--blobs", "--rpc-port", port)


def fetch(url: str, out: Path, root: Root, on_progress: Callable[[int], None]) -> None:
    wanted = Wanted(root, partial(open_partial_file, out, root))
    sources = [Source(parse_node_url(url))]
    trio.run(fetch_blob, wanted, sources, InlineWorker(), on_progress)


@pytest.mark.slow
def test_kills_cost_nothing_but_time(tmp_path: Path) -> None:
    """The client is killed, then the node, in both directions."""
    path, out = tmp_path / "file", tmp_path / "out"
    path.write_bytes(np.random.default_rng(9).bytes(SIZE))
    local = hash_file(path)
    nodes = [trio.run(partial(start_node, tmp_path, "--dev", "--blobs", "--rpc-port", "0"))]
    url = nodes[0].started.rpc
    try:
        kill_client("upload", url, path, local.root)
        told = upload_past_a_kill(local, tmp_path, nodes)
        assert told[0] >= HALF
        assert told == sorted(told)  # a node that was killed has lost no piece
        assert told[-1] == SIZE
        kill_client("fetch", url, out, local.root)
        with pytest.raises(NoSource, match="no node answers"):
            fetch(url, out, local.root, lambda done: nodes[-1].kill() if done > HALF else None)
        assert not out.exists()
        port = str(parse_node_url(url).port)
        again = partial(start_node, tmp_path, "--dev", "--blobs", "--rpc-port", port)
        nodes.append(trio.run(again))
        seen: list[int] = []
        fetch(url, out, local.root, seen.append)
        assert seen[0] > HALF - 2**20
        assert out.read_bytes() == path.read_bytes()
        nodes[-1].stop()
    finally:
        for node in nodes:
            node.kill()


def upload_past_a_kill(local: LocalFile, folder: Path, nodes: list[NodeProcess]) -> list[int]:
    """Uploads the rest, the node being killed after one more piece; how far it was told to be."""
    told: list[int] = []

    async def main() -> None:
        has_begun = trio.Event()

        def note(done: int) -> None:
            told.append(done)
            if len(told) == 2:
                has_begun.set()

        async def restart() -> None:
            nodes.append(await restart_when(has_begun, folder, nodes[-1]))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(restart)
            url = parse_node_url(nodes[0].started.rpc)
            await upload_file(local, url, InlineWorker(), note)

    trio.run(main)
    return told
