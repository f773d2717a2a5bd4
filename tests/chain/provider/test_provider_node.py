"""A provider's node at work: paid products seal blocks, and no duty is lost on the way."""

import numpy as np
import pytest

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from consensus.pouw.params import INNER_MAX
from pallets.market.types import SlotState
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT
from runtime.tensor import DType, Graph, InputSpec, TensorSpec
from runtime.tensor.ops import Matmul
from runtime.work_summary import Lane
from tests.helpers.clock import START_MS, ManualClock, SimulatedClock
from tests.helpers.job_stage import (
    PRICE,
    PROVIDER,
    ROYALTY_BPS,
    get_slot,
    set_up_job,
    wait_for_slot,
)
from tests.helpers.node_stage import (
    BOB,
    CHARLIE,
    DAVE,
    BlockMaker,
    Wallet,
    feed_good,
    open_client,
    run_stage,
    wait_for_block,
)
from tests.helpers.scheduler import run_seeded
from tests.pallets.registry.stage import Weights, make_model

PROVIDING = Keys(provider=CHARLIE)


def check_state(client: Client) -> None:
    """Every pallet's invariants, and the issuance."""
    runtime = get_runtime(client)
    for pallet in runtime.pallets:
        pallet.try_state()


async def make_job_store(slots: int = 1) -> tuple[MemoryStore, int]:
    """A chain with an open job."""
    store = MemoryStore()
    async with run_stage(open_client(store)) as node:
        job = await set_up_job(node, slots=slots)
    return store, job


@pytest.mark.parametrize("slots", [1, 4])
def test_a_paid_product_seals_a_block_and_is_settled(slots: int) -> None:
    async def main() -> None:
        store, job = await make_job_store(slots)
        client = open_client(store)
        before = get_runtime(client).system.get_data(BOB.account).free
        async with run_stage(client, PROVIDING) as node:
            for slot in range(slots):
                await wait_for_slot(client, job, SlotState.SETTLED, slot)
            assert node.provider.locked == node.provider.submitted == slots
            assert node.provider.sealed > 0
            assert node.miner.blocks[Lane.TASK] == node.provider.sealed
            check_state(client)
            runtime = get_runtime(client)
            royalty = slots * UNIT * ROYALTY_BPS // 10_000
            assert runtime.system.get_data(BOB.account).free == before + royalty
            assert runtime.bonds.get_bonded(CHARLIE.account, Role.PROVIDER) > 0
            assert runtime.market.busy[PROVIDER] == 0

    run_seeded(main)


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_with_a_locked_slot_loses_no_duty(seed: int) -> None:
    """The node ends when its lock is in a block; another one on its store submits and is paid."""

    async def main() -> None:
        store, job = await make_job_store()
        client = open_client(store)
        async with run_stage(client, PROVIDING) as node:
            await wait_for_slot(client, job, SlotState.LOCKED)
            assert get_slot(client, job).provider == CHARLIE.account
            assert node.provider.submitted == 0
        again = open_client(store)
        async with run_stage(again, PROVIDING) as node:
            await wait_for_slot(again, job, SlotState.SETTLED)
            assert (node.provider.locked, node.provider.submitted) == (0, 1)
            check_state(again)
        assert get_slot(again, job).provider == CHARLIE.account

    run_seeded(main, seed)


def test_a_restart_with_an_unsent_result_submits_it() -> None:
    """The result was in the pool, which is memory, when the node ended."""

    async def main() -> None:
        store, job = await make_job_store()
        client = open_client(store)
        async with run_stage(client, PROVIDING) as node:
            with_result = False
            while not with_result:
                await node.pool.arrivals.wait_after(node.pool.arrivals.seen.version)
                with_result = node.provider.submitted > 0
        again = open_client(store)
        if get_slot(again, job).state is not SlotState.SETTLED:
            async with run_stage(again, PROVIDING):
                await wait_for_slot(again, job, SlotState.SETTLED)
        check_state(again)

    run_seeded(main)


def test_a_stop_in_the_middle_of_a_paid_product_is_in_order() -> None:
    async def main() -> None:
        store, job = await make_job_store(slots=4)
        for _ in range(30):
            client = open_client(store)
            async with run_stage(client, PROVIDING):
                await wait_for_block(client, client.best.value.number + 1)
            if all(get_slot(client, job, slot).state is SlotState.SETTLED for slot in range(4)):
                break
        check_state(open_client(store))
        assert [get_slot(client, job, slot).state for slot in range(4)] == [SlotState.SETTLED] * 4

    run_seeded(main)


def test_nobody_works_without_a_record() -> None:
    async def main() -> None:
        store, job = await make_job_store()
        client = open_client(store)
        async with run_stage(client, Keys(provider=DAVE)) as node:
            await wait_for_block(client, client.best.value.number + 10)
            assert node.provider.locked == 0
        assert get_slot(client, job).state is SlotState.OPEN

    run_seeded(main)


def make_wide_model(cols: int) -> Weights:
    """One product whose inner dimension is too long to mine with."""
    specs = (TensorSpec("w", cols, 1, DType.I8, -1, 1),)
    graph = Graph(InputSpec(cols, -1, 1), specs, (Matmul(0, 0),))
    return make_model(graph, [np.ones((cols, 1), np.int8)])


def test_a_product_that_nothing_can_be_mined_with_is_computed_all_the_same() -> None:
    async def main() -> None:
        cols, store = INNER_MAX + 64, MemoryStore()
        inputs = np.ones((2, cols), np.int8).tobytes()
        async with run_stage(open_client(store)) as node:
            weights = make_wide_model(cols)
            job = await set_up_job(node, weights=weights, inputs=inputs, rows=2)
        client = open_client(store)
        async with run_stage(client, PROVIDING) as node:
            await wait_for_slot(client, job, SlotState.SETTLED)
            assert node.provider.sealed == 0

    run_seeded(main)


def test_a_slot_that_was_locked_by_hand_is_filled() -> None:
    """The node itself would not have taken the job at its price."""

    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, unit_price=2 * PRICE)
        client = open_client(store)
        async with run_stage(client, PROVIDING) as node:
            await wait_for_block(client, client.best.value.number + 3)
            assert get_slot(client, job).state is SlotState.OPEN
            node.pool.submit(make_lock(client, job, node.pool.get_next_nonce(CHARLIE.account)))
            await wait_for_slot(client, job, SlotState.SETTLED)
            assert (node.provider.locked, node.provider.submitted) == (0, 1)

    run_seeded(main)


def make_lock(client: Client, job: int, nonce: int) -> bytes:
    wallet = Wallet(client)
    return wallet.sign(CHARLIE, wallet.make_call("Market", "lock", job, 0, PROVIDER), nonce)


def test_a_duty_outlives_the_record_it_was_taken_under() -> None:
    async def main() -> None:
        store = MemoryStore()
        client = open_client(store)
        async with run_stage(client, clock=ManualClock(START_MS + 600_000)) as node:
            job = await set_up_job(node, ttl_blocks=6)
            nonce = get_runtime(client).system.get_nonce(CHARLIE.account)
            maker = BlockMaker(client)
            await feed_good(node, maker.make(transactions=[make_lock(client, job, nonce)]))
            for _ in range(6):
                await feed_good(node, maker.make())
        again = open_client(store)
        assert get_slot(again, job).state is SlotState.LOCKED
        record = get_runtime(again).registry.records.get_provider(PROVIDER)
        assert record is not None
        assert not record.is_hireable
        async with run_stage(again, PROVIDING, clock=SimulatedClock(START_MS + 600_000)):
            await wait_for_slot(again, job, SlotState.SETTLED)

    run_seeded(main)
