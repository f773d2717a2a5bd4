"""`kill -9` of a node that makes blocks: what it reported final is there, and it goes on."""

import json
import subprocess
import sys
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
from tests.helpers.kill_server import kill_after, running_server, serve
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


def run_node(folder: Path) -> None:
    """A node, until it is killed."""
    # The arithmetic's self-test would take half of the time, and has tests of its own.
    with patch("consensus.kernels.select.ensure_exact"):
        trio.run(make_blocks, folder)


def kill_node(server: subprocess.Popen[str], blocks: int, random: Random) -> dict[int, str]:
    """What a node that is killed some moments after so many final blocks had reported final."""

    def is_enough(lines: list[str]) -> bool:
        return "running" in lines and len(lines) > blocks

    lines = kill_after(server, is_enough, random, 400_000)
    reported = (line.split() for line in lines if line != "running")
    return {int(number): block_hash for number, block_hash in reported}


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
    with running_server("tests.chain.test_node_kill9", tmp_path) as server:
        for _ in range(KILLS):
            blocks = random.randrange(3)
            final = kill_node(server, blocks, random)
            assert reported.keys().isdisjoint(final)
            reported |= final
            number = check(config, reported)
            assert number >= before + blocks
            before = number
    assert before > KILLS // 2


if __name__ == "__main__":
    serve(partial(run_node, Path(sys.argv[1])))
