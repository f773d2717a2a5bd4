"""The provider beside a node: the same rounds over RPC, through stops and lost connections."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.lowlevel
from trio.testing import wait_all_tasks_blocked

from chain.blobs import BlobStore
from chain.blobs.fetcher import Fetcher
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.miner.device import ThreadDevice
from chain.miner.statistics import MinerStatistics
from chain.node import Keys, Node
from chain.provider import daemon as daemons
from chain.provider.daemon import DaemonOptions, ProviderDaemon
from chain.provider.plan import Choice, Standing, make_plan
from chain.provider.storage import find_due
from chain.wallet.chain_reader import ChainReader
from chain.wallet.connect import parse_node_url
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.worker import InlineWorker
from consensus.kernels.numpy_backend import NumpyBackend
from pallets.leases import Machines, MachineTerms
from pallets.market import Bids, Posted
from pallets.market.prices import PriceRule
from pallets.market.types import SlotState
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import UNIT
from tests.helpers.job_stage import (
    BOND,
    MANIFEST,
    PROVIDER,
    TTL,
    add_block,
    get_slot,
    set_up_job,
    wait_for_slot,
)
from tests.helpers.lease_stage import CONTENT, TERMS, get_lease, set_up_lease, wait_for_lease
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    BlockMaker,
    Wallet,
    feed_good,
    make_config,
    open_client,
    run_stage,
    wait_for_block,
)

AUTHOR = Keys(author=ALICE)
LIMIT_S = 60


def make_daemon(
    node: Node, folder: Path, choice: Choice | None = None, *, mines_idle: bool = False
) -> ProviderDaemon:
    url, store = parse_node_url(f"ws://127.0.0.1:{node.rpc_port}"), BlobStore(folder)
    return ProviderDaemon(
        DaemonOptions(url, "w", choice or Choice(), mines_idle, first_nonce=1 << 40),
        CHARLIE,
        ThreadDevice(NumpyBackend(), InlineWorker()),
        store,
        Fetcher(store, InlineWorker(), (url,)),
        InlineWorker(),
        MinerStatistics(trio.current_time),
    )


@asynccontextmanager
async def open_job(
    slots: int = 1,
    price: PriceRule = Posted(UNIT),  # noqa: B008 - frozen
) -> AsyncGenerator[tuple[Node, Client, int]]:
    """A node that makes blocks, and an open job; nobody in it provides."""
    store = MemoryStore()
    with trio.fail_after(LIMIT_S):
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, slots=slots, price=price)
        client = open_client(store)
        async with run_stage(client, AUTHOR) as node:
            yield node, client, job


async def submit_at_pace(node: Node, daemon: ProviderDaemon) -> None:
    """Something for every block, so that this chain makes one after the other.

    Before each it reads all that the keeper reads, several times: the keeper can keep up.
    """
    wallet, store = Wallet(node.client), daemon.store
    async with open_rpc(daemon.options.url, RpcTimeouts()) as rpc:
        chain = await ChainReader.connect(rpc)
        async for head in node.client.best.changes():
            at = (CHARLIE.account, head.number, head.hash, store)
            for _ in range(4):
                await chain.read(lambda runtime: find_due(runtime, *at), head.hash)  # noqa: B023
            nonce = node.pool.get_next_nonce(BOB.account)
            node.pool.submit(wallet.transfer(BOB, ALICE.account, 7, nonce))


def check_state(client: Client) -> None:
    for pallet in get_runtime(client).pallets:
        pallet.try_state()


def test_paid_products_seal_the_blocks_of_a_node_that_is_spoken_to(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_job(slots=4) as (node, client, job), trio.open_nursery() as nursery:
            daemon = make_daemon(node, tmp_path)
            nursery.start_soon(daemon.run)
            for slot in range(4):
                await wait_for_slot(client, job, SlotState.SETTLED, slot)
            assert daemon.providing.locked == daemon.providing.submitted == 4
            assert daemon.providing.sealed > 0
            digests = [
                client.get_pre_digest(hash_)
                for number in range(1, client.best.value.number + 1)
                if (hash_ := client.get_block_hash(number)) is not None
            ]
            authors = [each.author for each in digests if each is not None]
            assert authors.count(CHARLIE.account) == daemon.providing.sealed
            check_state(client)
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_it_ends_when_it_is_told_to_and_nothing_is_locked(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_job(slots=8) as (node, client, job), trio.open_nursery() as nursery:
            daemon = make_daemon(node, tmp_path, Choice(parallel_max=1))

            async def stop() -> None:
                await wait_for_slot(client, job, SlotState.LOCKED)
                daemon.stop()

            nursery.start_soon(stop)
            await daemon.run()
            states = [get_slot(client, job, slot).state for slot in range(8)]
            assert states.count(SlotState.SETTLED) == daemon.providing.submitted > 0
            assert states.count(SlotState.OPEN) == 8 - daemon.providing.submitted > 0
            check_state(client)

    trio.run(main)


def test_an_idle_daemon_ends_at_once(tmp_path: Path) -> None:
    """Though the chain makes no block that would begin a round."""

    async def main() -> None:
        with trio.fail_after(LIMIT_S):
            async with run_stage(open_client()) as node, trio.open_nursery() as nursery:
                await set_up_job(node)
                daemon = make_daemon(node, tmp_path, Choice(price_min=2 * UNIT))

                async def stop() -> None:
                    await wait_all_tasks_blocked(0.3)  # the first round is over
                    assert daemon.tips is not None
                    daemon.stop()

                nursery.start_soon(stop)
                await daemon.run()
                assert daemon.providing.locked == 0

    trio.run(main)


def test_whoever_stops_takes_bids_back(tmp_path: Path) -> None:
    """One that is accepted later would be a duty that nobody does."""

    async def main() -> None:
        async with open_job(price=Bids(5 * UNIT)) as (node, client, job):
            daemon = make_daemon(node, tmp_path)

            async def stop() -> None:
                async for head in client.best.changes():
                    if (job, CHARLIE.account) in get_runtime(client, head.hash).market.bid_:
                        daemon.stop()
                        return

            async with trio.open_nursery() as nursery:
                nursery.start_soon(stop)
                await daemon.run()
            assert (job, CHARLIE.account) not in get_runtime(client).market.bid_
            check_state(client)

    trio.run(main)


def test_a_record_that_expired_while_it_was_away_lives_again(tmp_path: Path) -> None:
    async def main() -> None:
        store = MemoryStore()
        with trio.fail_after(LIMIT_S):
            async with run_stage(open_client(store)) as node:
                job = await set_up_job(node, ttl_blocks=4)
            client = open_client(store)
            async with run_stage(client, AUTHOR) as node:
                await wait_for_block(client, 8)
                assert get_slot(client, job).state is SlotState.OPEN
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(make_daemon(node, tmp_path).run)
                    await wait_for_slot(client, job, SlotState.SETTLED)
                    check_state(client)
                    nursery.cancel_scope.cancel()

    trio.run(main)


CHOICES = [
    (Choice(), 2),
    (Choice(kinds=frozenset((JobKind.INFER,)), price_min=UNIT), 2),
    (Choice(parallel_max=1), 1),
    (Choice(parallel_max=0), 0),
    (Choice(kinds=frozenset((JobKind.TRAIN,))), 0),
    (Choice(price_min=UNIT + 1), 0),
]


def test_what_it_takes_is_its_operators_choice() -> None:
    async def main() -> None:
        async with open_job(slots=2) as (_, client, _):
            runtime, number = get_runtime(client), client.best.value.number
            for choice, count in CHOICES:
                for is_stopping in (False, True):
                    standing = Standing(CHARLIE.account, choice, number, {}, is_stopping)
                    plan = make_plan(runtime, standing)
                    assert len(plan.locks) == (0 if is_stopping else count), choice

    trio.run(main)


def test_nothing_is_sent_while_the_pool_has_something_of_an_earlier_run(tmp_path: Path) -> None:
    """It may be what is about to be sent."""

    async def main() -> None:
        client = open_client()
        with trio.fail_after(LIMIT_S):
            async with run_stage(client) as node, trio.open_nursery() as nursery:
                await set_up_job(node)
                nonce = get_runtime(client).system.get_nonce(CHARLIE.account)
                earlier = Wallet(client).transfer(CHARLIE, BOB.account, 7, nonce)
                node.pool.submit(earlier)
                daemon = make_daemon(node, tmp_path)
                nursery.start_soon(daemon.run)
                await wait_all_tasks_blocked(0.3)
                assert daemon.tips is not None
                assert node.pool.pool.ready_count == 1
                arrived = node.pool.arrivals.seen.version
                await feed_good(node, BlockMaker(client).make(transactions=(earlier,)))
                await node.pool.arrivals.wait_after(arrived)
                nursery.cancel_scope.cancel()

    trio.run(main)


def test_a_node_that_comes_back_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "RETRY_S", 0.02)

    async def main() -> None:
        store = MemoryStore()
        with trio.fail_after(LIMIT_S):
            async with run_stage(open_client(store)) as node:
                job = await set_up_job(node, slots=2)
            client, config = open_client(store), make_config()
            async with trio.open_nursery() as nursery:
                async with run_stage(client, AUTHOR) as node:
                    daemon = make_daemon(node, tmp_path)
                    nursery.start_soon(daemon.run)
                    await wait_for_slot(client, job, SlotState.LOCKED)
                config = replace(config, rpc=replace(config.rpc, port=node.rpc_port))
                again = open_client(store)
                async with run_stage(again, AUTHOR, config=config):
                    for slot in range(2):
                        await wait_for_slot(again, job, SlotState.SETTLED, slot)
                    check_state(again)
                    assert get_runtime(again).market.stats[PROVIDER].failed == 0
                nursery.cancel_scope.cancel()

    trio.run(main)


def test_it_mines_while_nobody_pays(tmp_path: Path) -> None:
    async def main() -> None:
        client = open_client()
        with trio.fail_after(LIMIT_S):
            async with run_stage(client) as node, trio.open_nursery() as nursery:
                nursery.start_soon(make_daemon(node, tmp_path, mines_idle=True).run)
                await wait_for_block(client, 3)
                nursery.cancel_scope.cancel()
        digest = client.get_pre_digest(client.best.value.hash)
        assert digest is not None
        assert digest.author == CHARLIE.account

    trio.run(main)


def test_a_lease_is_accepted_and_audits_answered(tmp_path: Path) -> None:
    async def main() -> None:
        store = MemoryStore()
        with trio.fail_after(LIMIT_S):
            async with run_stage(open_client(store)) as node:
                lease = await set_up_lease(node)
            client = open_client(store)
            async with run_stage(client, AUTHOR) as node, trio.open_nursery() as nursery:
                daemon = make_daemon(node, tmp_path)
                daemon.store.put_chunks(CONTENT)
                nursery.start_soon(submit_at_pace, node, daemon)
                nursery.start_soon(daemon.run)
                await wait_for_lease(client, lease, 3 * TERMS.proof_every)
                entry = get_lease(client, lease)
                assert entry is not None
                assert entry.misses == 0
                assert daemon.keeping.accepted == 1
                assert daemon.keeping.answered >= 2
                nursery.cancel_scope.cancel()

    trio.run(main)


async def rent_machine(node: Node) -> int:
    """DAVE leases a machine that CHARLIE lets, and waits to be let in."""
    client = node.client
    wallet, maker = Wallet(client), BlockMaker(client)
    body = Provider("https://p.example", (), (KindPrice(JobKind.RENT, 1),), 8)
    offer = (0, MachineTerms(5), UNIT // 100, 10, 20, 100)
    await add_block(
        client,
        maker,
        node,
        (CHARLIE, wallet.make_call("Registry", "register", body, MANIFEST, (), 0, TTL)),
        (CHARLIE, wallet.make_call("Bonds", "bond", Role.PROVIDER, 10 * BOND)),
        (CHARLIE, wallet.make_call("Leases", "post_offer", *offer)),
    )
    start = wallet.make_call("Leases", "start_lease", 0, Machines(1), UNIT)
    await add_block(client, maker, node, (DAVE, start))
    return 0


@pytest.mark.parametrize("accepts", [True, False])
def test_machines_are_let_to_whoever_leases_them(tmp_path: Path, accepts: bool) -> None:
    """But only where the operator wants that: somebody has to let the tenant in."""

    async def main() -> None:
        store = MemoryStore()
        with trio.fail_after(LIMIT_S):
            async with run_stage(open_client(store)) as node:
                lease = await rent_machine(node)
            client = open_client(store)
            async with run_stage(client, AUTHOR) as node, trio.open_nursery() as nursery:
                daemon = make_daemon(node, tmp_path)
                daemon.options = replace(daemon.options, accepts_machines=accepts)
                nursery.start_soon(daemon.run)
                await wait_for_block(client, client.best.value.number + 2)
                entry = get_lease(client, lease)
                assert entry is not None
                assert (entry.accepted_at is not None) is accepts
                nursery.cancel_scope.cancel()

    trio.run(main)
