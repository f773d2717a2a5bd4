"""How fast blocks of transfers are imported: transfers a second, signatures and roots included.

Each row imports the same blocks into a fresh chain that has never seen their signatures: checks of
header and seal, decoding, signatures, execution, state root, commit. A block takes only as many
transfers as its weight allows, so more of them are several blocks; an empty one at the end makes
the last of them final. As in a node, signatures are checked beside. Durable means LevelDB with one
synced batch a block. Numbers of transfers and of accounts may be given:
`python -m tests.bench.bench_import 100,1000 1000000`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns

import trio

from chain.client.block import Imported, IncomingBlock
from chain.client.client import Client
from chain.client.host import Ahead
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.signatures import open_signature_process
from chain.client.verifier import Verifier
from chain.clock import SystemClock
from chain.collector import collect_rarely
from chain.db.leveldb import LevelDbStore
from chain.worker import InlineWorker
from genesis.spec import ChainSpec
from tests.helpers.many_accounts import make_rich_spec, make_senders, make_transfers
from tests.helpers.node_stage import CONSENSUS, BlockMaker, Wallet, open_client

COUNTS = (100, 1_000, 10_000)
ACCOUNTS = 1_000
TRANSFERS_A_BLOCK = 2_500
"""About what a block's weight allows; the maker of blocks leaves out what does not fit."""


def make_importer(client: Client) -> Importer:
    verifier = Verifier(client.api, CONSENSUS)
    return Importer(client, verifier, InlineWorker(), SystemClock(), compute_final_in_dev(client))


async def make_blocks(spec: ChainSpec, raws: list[bytes]) -> list[IncomingBlock]:
    """All of the transfers in blocks, and an empty one."""
    client = open_client(spec=spec)
    maker, importer = BlockMaker(client), make_importer(client)
    blocks: list[IncomingBlock] = []
    while raws or not blocks or len(blocks[-1].extrinsics) > 2:
        block = maker.make(transactions=raws[:TRANSFERS_A_BLOCK])
        assert isinstance(await importer.import_block(block), Imported)
        del raws[: len(block.extrinsics) - 2]
        blocks.append(block)
    return blocks


async def measure(client: Client, blocks: list[IncomingBlock]) -> int:
    """Nanoseconds of importing all of them."""
    importer = make_importer(client)
    begun = perf_counter_ns()
    for block in blocks:
        outcome = await importer.import_block(block)
        assert isinstance(outcome, Imported), repr(outcome)
    took = perf_counter_ns() - begun
    assert client.finalised.value.number == len(blocks) - 1
    return took


@contextmanager
def open_durable(spec: ChainSpec, ahead: Ahead | None) -> Iterator[Client]:
    with TemporaryDirectory(prefix="soberana-bench-") as folder:
        store = LevelDbStore(Path(folder))
        try:
            yield open_client(store, spec, ahead)
        finally:
            store.close()


def main() -> None:
    counts = [int(each) for each in sys.argv[1].split(",")] if len(sys.argv) > 1 else COUNTS
    accounts = int(sys.argv[2]) if len(sys.argv) > 2 else ACCOUNTS
    senders = make_senders(accounts)
    spec = make_rich_spec(senders)
    wallet = Wallet(open_client(spec=spec))
    print(f"transfers/s of import, {accounts:_} accounts, medians")
    print("  transfers   blocks   in memory     durable   durable / in memory")
    with collect_rarely(), open_signature_process() as ahead:
        for count in counts:
            blocks = trio.run(make_blocks, spec, list(make_transfers(wallet, senders, count)))
            show(count, blocks, spec, ahead)


def show(count: int, blocks: list[IncomingBlock], spec: ChainSpec, ahead: Ahead | None) -> None:
    """One row."""
    memory: list[int] = []
    durable: list[int] = []
    for _ in range(1 if count > 2_000 else 3):
        memory.append(trio.run(measure, open_client(spec=spec, ahead=ahead), blocks))
        with open_durable(spec, ahead) as client:
            durable.append(trio.run(measure, client, blocks))
    speeds = [count / (median(times) / 1e9) for times in (memory, durable)]
    ratio = speeds[1] / speeds[0]
    print(f"  {count:9_}   {len(blocks):6}   {speeds[0]:9.0f}   {speeds[1]:9.0f}   {ratio:19.2f}")


if __name__ == "__main__":
    main()
