"""What a node serves by JSON-RPC over HTTP: reads a second, and transfers a second end to end.

The node is a process of its own on LevelDB, with its miner beside it; this program is the load, so
on two cores both share the machine. Reads: `state_getStorage` of accounts over 16 kept connections.
Transfers: signed before, submitted one a request over 16 connections, counted when they are in
blocks, from the first submission to the last inclusion. Their number is an argument:
`python -m tests.bench.bench_rpc 20000`.
"""

import sys
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec
import trio

from pallets.runtime import Runtime
from runtime.state import DictBackend
from tests.helpers.many_accounts import make_senders, make_transfers
from tests.helpers.node_stage import Wallet, open_client
from tests.helpers.rpc_load import Connection, make_request, run_node, write_spec

CONNECTIONS = 16
READS = 20_000
TRANSFERS = 5_000
SENDERS = 500
PENDING_MAX = 4_000
POLL_S = 0.02


async def measure_reads(port: int, keys: list[str]) -> float:
    """Reads a second."""
    requests = [make_request("state_getStorage", key) for key in keys]

    async def read(number: int) -> None:
        connection = await Connection.open(port)
        for turn in range(READS // CONNECTIONS):
            answer = await connection.ask(requests[(number + turn) % len(requests)])
            assert b'"result":"0x' in answer, answer
        await connection.aclose()

    begun = perf_counter()
    async with trio.open_nursery() as nursery:
        for number in range(CONNECTIONS):
            nursery.start_soon(read, number)
    return READS / (perf_counter() - begun)


class Included:
    """Counts the transactions of a chain's blocks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._number = 0
        self.count = 0
        self.blocks = 0

    async def follow(self, until: int) -> None:
        """Returns once so many are in blocks."""
        while self.count < until:
            block_hash = await self._connection.call("chain_getBlockHash", self._number + 1)
            if block_hash is None:
                await trio.sleep(POLL_S)
                continue
            self._number += 1
            block = await self._connection.call("chain_getBlock", block_hash)
            found = msgspec.convert(block, dict[str, object])["block"]
            extrinsics = msgspec.convert(found, dict[str, object])["extrinsics"]
            inside = len(msgspec.convert(extrinsics, list[str])) - 2
            self.count += inside
            self.blocks += inside > 0


async def measure_transfers(port: int, raws: list[bytes]) -> tuple[float, int]:
    """Transfers a second, and in how many blocks they were."""
    waiting = deque(make_request("author_submitExtrinsic", "0x" + raw.hex()) for raw in raws)
    included = Included(await Connection.open(port))
    submitted = 0

    async def submit() -> None:
        nonlocal submitted
        connection = await Connection.open(port)
        while waiting:
            if submitted - included.count >= PENDING_MAX:
                await trio.sleep(POLL_S)
                continue
            submitted += 1
            answer = await connection.ask(waiting.popleft())
            assert b'"result":"0x' in answer, answer
        await connection.aclose()

    begun = perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(CONNECTIONS):
            nursery.start_soon(submit)
        nursery.start_soon(included.follow, len(raws))
    return len(raws) / (perf_counter() - begun), included.blocks


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TRANSFERS
    senders = make_senders(max(SENDERS, count // 50))
    with TemporaryDirectory(prefix="soberana-bench-") as name:
        folder = Path(name)
        path, spec = write_spec(folder, senders)
        client = open_client(spec=spec)
        raws = list(make_transfers(Wallet(client), senders, count))
        runtime = client.api.make_runtime(DictBackend({}))
        assert isinstance(runtime, Runtime)
        keys = ["0x" + runtime.system.account.get_key(each.account).hex() for each in senders]
        with run_node(folder / "base", "--chain", str(path), "--author", "//Alice") as node:
            before = node.get_processor_s()
            reads = trio.run(measure_reads, node.port, keys)
            used = (node.get_processor_s() - before) / READS * 1e6
            print(f"  {reads:8.0f}  state_getStorage/s, {used:.0f} us of the node's processor each")
            before = node.get_processor_s()
            speed, blocks = trio.run(measure_transfers, node.port, raws)
            used = (node.get_processor_s() - before) / count * 1e6
            print(f"  {speed:8.0f}  transfers/s end to end, {used:.0f} us each")
            print(f"  {count / blocks:8.0f}  transfers in a block, {count:_} in all")
            print(f"  {node.get_memory_mib():8.0f}  MiB in memory afterwards, miner included")


if __name__ == "__main__":
    main()
