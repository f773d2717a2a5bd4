"""`kill -9` of a node that makes blocks: what it reported final is there, and it goes on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from random import Random
from unittest.mock import patch

import trio

from chain.client.block import BlocksFinalised
from chain.clock import SystemClock
from chain.config import AuthoringConfig, Config, RpcConfig
from chain.node import Keys, Node, load_spec, open_client, run_services
from chain.worker import ThreadWorker
from tests.helpers.node_stage import ALICE, BOB, SHAPE, WORK_MIN, Wallet

KILLS = 50


def make_config(folder: Path) -> Config:
    """A node of its own chain, which costs next to nothing to mine."""
    spec = folder / "chain.json"
    if not spec.exists():
        document = json.loads((resources.files("genesis") / "presets" / "dev.json").read_text())
        shape = {"m": SHAPE.m, "n": SHAPE.n, "k": SHAPE.k}
        document["consensus"] |= {"workMin": WORK_MIN, "seededShape": shape}
        spec.write_text(json.dumps(document))
    return Config(
        base_path=folder,
        chain=str(spec),
        rpc=RpcConfig(port=0),
        authoring=AuthoringConfig(enabled=True, backend="numpy"),
    )


async def make_blocks(folder: Path) -> None:
    """Runs a node that mines in its own process, and prints each block once it is final."""
    config, keys = make_config(folder), Keys(author=ALICE)
    spec = load_spec(config.chain)
    with open_client(config, spec) as client, client.events.subscribe() as events:
        run = partial(run_services, client, spec, config, keys)
        async with trio.open_nursery() as nursery:
            serve_node = partial(run, worker=ThreadWorker(), clock=SystemClock())
            node: Node = await nursery.start(serve_node)
            print("running", flush=True)
            nursery.start_soon(submit_forever, node)
            async for event in events:
                if isinstance(event, BlocksFinalised):
                    for head in event.heads:
                        print(head.number, head.hash.hex(), flush=True)


async def submit_forever(node: Node) -> None:
    """A few transactions for every block."""
    wallet = Wallet(node.client)
    async for _ in node.client.best.changes():
        for _ in range(3):
            nonce = node.pool.get_next_nonce(BOB.account)
            node.pool.submit(wallet.transfer(BOB, ALICE.account, 7, nonce))


def serve(folder: Path) -> None:
    """For each line read, forks a process that is a node, tells its number, waits for its end."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            # The arithmetic's self-test would take half of the time, and has tests of its own.
            with patch("consensus.kernels.select.ensure_exact"):
                trio.run(make_blocks, folder)
        print("process", child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


@contextmanager
def running_server(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Forking spares the imports of a node for each kill."""
    command = [sys.executable, "-m", "tests.chain.test_node_kill9", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        yield server
        assert server.stdin is not None
        server.stdin.close()


def kill_after(server: subprocess.Popen[str], blocks: int, random: Random) -> dict[int, str]:
    """What a node that is killed some moments after so many final blocks had reported final."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("\n")
    server.stdin.flush()
    process, is_running = 0, False
    final: dict[int, str] = {}
    while not process or not is_running or len(final) < blocks:
        word, *rest = server.stdout.readline().split()
        if word == "process":
            process = int(rest[0])
        elif word == "running":
            is_running = True
        else:
            final[int(word)] = rest[0]
    # Spins, as a sleep would be coarser than a commit.
    for _ in range(random.randrange(400_000)):
        pass
    os.kill(process, signal.SIGKILL)
    while (line := server.stdout.readline()) != "ended\n":
        number, block_hash = line.split()
        final[int(number)] = block_hash
    return final


def check(config: Config, reported: dict[int, str]) -> int:
    """Asserts that all that was ever reported final is there; returns the final block's number."""
    with open_client(config, load_spec(config.chain)) as client:
        final = client.finalised.value
        assert final.number >= max(reported, default=0)
        for number, block_hash in reported.items():
            found = client.get_block_hash(number)
            assert found is not None
            assert found.hex() == block_hash
            header = client.get_header(found)
            assert header is not None
            assert header.number == number
            assert client.get_body(found) is not None
        return final.number


def test_nothing_final_is_lost_when_a_node_is_killed(tmp_path: Path) -> None:
    random, config = Random(11), make_config(tmp_path)
    reported: dict[int, str] = {}
    before = 0
    with running_server(tmp_path) as server:
        for _ in range(KILLS):
            blocks = random.randrange(3)
            final = kill_after(server, blocks, random)
            assert reported.keys().isdisjoint(final)
            reported |= final
            number = check(config, reported)
            assert number >= before + blocks
            before = number
    assert before > KILLS // 2


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
