"""`kill -9` of a provider beside a node, wherever it is: the next run does what was left undone."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import patch

import trio

from chain.blobs import BlobStore
from chain.blobs.fetcher import Fetcher
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.miner.device import ThreadDevice
from chain.miner.statistics import MinerStatistics
from chain.node import Keys
from chain.provider.daemon import DaemonOptions, ProviderDaemon
from chain.provider.plan import Choice
from chain.provider.remote import RemoteAccess, RemoteProducts
from chain.wallet.connect import parse_node_url
from chain.worker import ThreadWorker
from consensus.kernels.numpy_backend import NumpyBackend
from pallets.market.types import SlotState
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT, Hash
from runtime.system import ExtrinsicFailed
from tests.helpers.job_stage import BOND, PROVIDER, get_slot, set_up_job
from tests.helpers.kill_server import kill_after, running_server, serve
from tests.helpers.node_stage import ALICE, CHARLIE, open_client, run_stage
from tests.stories.live_node import read_events

POINTS = ("send lock", "sent lock", "multiply", "multiplied", "send submit", "sent submit")
SLOTS = 20
LIMIT_S, GIVE_UP_S, GAVE_UP = 120, 30, "gave up"


def make_daemon(url: str, folder: Path) -> ProviderDaemon:
    """One that holds a slot or two at a time."""
    options = DaemonOptions(parse_node_url(url), "w", Choice(parallel_max=2), False, 1 << 40)
    device = ThreadDevice(NumpyBackend(), ThreadWorker())
    mining = MinerStatistics(trio.current_time)
    store, worker = BlobStore(folder), ThreadWorker()
    fetcher = Fetcher(store, worker, ())
    return ProviderDaemon(options, CHARLIE, device, store, fetcher, worker, mining)


def tell(
    method: Callable[..., Awaitable[None]], before: str, after: str
) -> Callable[..., Awaitable[None]]:
    """The method, which says where it is."""

    async def told(self: object, *args: object) -> None:
        name = f" {args[1]}" if before == "send" else ""
        print(f"{before}{name}", flush=True)
        await method(self, *args)
        print(f"{after}{name}", flush=True)

    return told


def run_daemon(folder: Path) -> None:
    """A provider of the node that the folder names, until it is killed."""
    url = json.loads((folder / "node.json").read_text())

    async def main() -> None:
        with trio.move_on_after(GIVE_UP_S):
            await make_daemon(url, folder / "blobs").run()
        print(GAVE_UP, flush=True)
        await trio.sleep_forever()

    send = tell(RemoteAccess.send, "send", "sent")
    multiply = tell(RemoteProducts.multiply, "multiply", "multiplied")
    with (
        patch.object(RemoteAccess, "send", send),
        patch.object(RemoteProducts, "multiply", multiply),
    ):
        trio.run(main)


def kill_at(server: subprocess.Popen[str], point: str, random: Random) -> None:
    """Runs a provider until some moments after it has been at a point."""
    lines = kill_after(server, lambda lines: point in lines or GAVE_UP in lines, random, 100_000)
    assert point in lines, f"it was at {lines}, and never at {point}"


def count_failures(client: Client) -> int:
    """The transactions of the chain that failed, whoever sent them."""
    numbers = range(1, client.best.value.number + 1)
    hashes: list[Hash] = [h for each in numbers if (h := client.get_block_hash(each)) is not None]
    events = (event for each in hashes for event in read_events(client, each))
    return sum(isinstance(event, ExtrinsicFailed) for event in events)


def test_no_duty_is_lost_when_a_provider_is_killed(tmp_path: Path) -> None:
    random = Random(5)

    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, slots=SLOTS)
        client = open_client(store)
        with running_server("tests.chain.provider.test_daemon_kill9", tmp_path) as server:
            async with run_stage(client, Keys(author=ALICE)) as node:
                url = f"ws://127.0.0.1:{node.rpc_port}"
                (tmp_path / "node.json").write_text(json.dumps(url))
                for point in POINTS:
                    await trio.to_thread.run_sync(kill_at, server, point, random)
                states = [get_slot(client, job, slot).state for slot in range(SLOTS)]
                assert SlotState.OPEN in states
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(make_daemon(url, tmp_path / "blobs").run)
                    async for head in client.best.changes():
                        if get_runtime(client, head.hash).market.stats[PROVIDER].settled == SLOTS:
                            break
                    nursery.cancel_scope.cancel()
        runtime = get_runtime(client)
        stats = runtime.market.stats[PROVIDER]
        assert (stats.settled, stats.failed, stats.value) == (SLOTS, 0, SLOTS * UNIT)
        assert runtime.bonds.get_bonded(CHARLIE.account, Role.PROVIDER) == BOND
        assert count_failures(client) == 0

    async def in_time() -> None:
        with trio.fail_after(LIMIT_S):
            await main()

    trio.run(in_time)


if __name__ == "__main__":
    serve(partial(run_daemon, Path(sys.argv[1])))
