"""What a requester can ask for so that a provider loses its bond, and that it leaves alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from chain.blobs import BlobStore
from chain.client.typed_state import get_runtime
from chain.provider.bids import choose_bids
from chain.provider.caution import RESULT_BYTES_MAX, UNITS_PER_BLOCK_MAX, WORK_BLOCKS_MIN
from chain.provider.operands import find_wanted
from chain.provider.plan import Choice, Plan, Standing, make_plan
from pallets.market import Bids, Job, Product
from pallets.runtime import Runtime
from runtime.frame.ai_types import JobKind, SlotId
from runtime.frame.parameters import Param
from runtime.primitives import UNIT
from runtime.programs import MatrixProduct
from tests.helpers.job_stage import set_up_job
from tests.helpers.node_stage import CHARLIE, open_client, run_stage
from tests.helpers.product_stage import CASE, keep_operands, set_up_product
from tests.helpers.scheduler import run_seeded

GOOD = CASE.program
TALL, WIDE, DEEP = replace(GOOD, m=192), replace(GOOD, n=192), replace(GOOD, k=128)
LARGE = replace(GOOD, m=2**14, n=2**15, strips_per_slot=2**9)


def plan(runtime: Runtime, number: int, store: BlobStore | None = None) -> Plan:
    return make_plan(runtime, Standing(CHARLIE.account, Choice(), number, {}, False, store))


@pytest.mark.parametrize("program", [TALL, WIDE, DEEP, replace(GOOD, a=GOOD.b, b=GOOD.a, n=192)])
def test_operands_of_another_shape_are_none(program: MatrixProduct, tmp_path: Path) -> None:
    """They are here, under these roots, and the product of these sides is nobody's to compute."""

    async def main() -> None:
        store = keep_operands(tmp_path)
        async with run_stage(open_client()) as node:
            job = await set_up_product(node)
            runtime, number = get_runtime(node.client), node.client.best.value.number
            assert len(plan(runtime, number, store).locks) == 2
            entry = runtime.market.job[job]
            runtime.market.job[job] = replace(entry, spec=Product(program))
            assert plan(runtime, number, store).locks == []

    run_seeded(main)


def make_traps(job: Job) -> list[Job]:
    """A job that cannot be answered in time, or in memory, in ways that one can post."""
    hasty = replace(job, work_blocks=WORK_BLOCKS_MIN - 1)
    heavy = replace(job, units=UNITS_PER_BLOCK_MAX * job.work_blocks + 1)
    return [hasty, heavy]


def test_what_cannot_be_answered_in_time_is_not_locked() -> None:
    async def main() -> None:
        async with run_stage(open_client()) as node:
            number = await set_up_job(node, slots=2)
            runtime, now = get_runtime(node.client), node.client.best.value.number
            job = runtime.market.job[number]
            assert len(plan(runtime, now).locks) == 2
            for trap in make_traps(job):
                runtime.market.job[number] = trap
                assert plan(runtime, now).locks == []
            runtime.market.job[number] = replace(job, work_blocks=WORK_BLOCKS_MIN)
            assert len(plan(runtime, now).locks) == 2

    run_seeded(main)


def test_collateral_is_what_governance_made_of_it() -> None:
    """A bond of 100 covers two slots of 1 each at half the price, and one at seventy times it."""

    async def main() -> None:
        async with run_stage(open_client()) as node:
            await set_up_job(node, slots=2)
            runtime, now = get_runtime(node.client), node.client.best.value.number
            assert len(plan(runtime, now).locks) == 2
            runtime.parameters.values[Param.SLOT_BOND_MIN] = 70 * UNIT
            assert len(plan(runtime, now).locks) == 1
            runtime.parameters.values[Param.SLOT_BOND_MIN] = 101 * UNIT
            assert plan(runtime, now).locks == []

    run_seeded(main)


def test_nor_is_it_bid_for() -> None:
    async def main() -> None:
        async with run_stage(open_client()) as node:
            number = await set_up_job(node, slots=2)
            runtime = get_runtime(node.client)
            job = replace(runtime.market.job[number], price=Bids(10**12))
            records = runtime.registry.records
            infos = [records.get_provider(each) for each in range(runtime.registry.next_id.get())]
            [record] = [each for each in infos if each is not None]
            asked = {JobKind.INFER: 10**12}
            runtime.market.job[number] = job
            assert choose_bids(runtime, record, asked, {}) == [(SlotId(number, 0), 10**12)]
            for trap in make_traps(job):
                runtime.market.job[number] = trap
                assert choose_bids(runtime, record, asked, {}) == []

    run_seeded(main)


def test_a_result_that_fills_the_memory_is_not_even_fetched_for(tmp_path: Path) -> None:
    async def main() -> None:
        empty = BlobStore(tmp_path)
        async with run_stage(open_client()) as node:
            number = await set_up_product(node)
            runtime = get_runtime(node.client)
            assert find_wanted(runtime, CHARLIE.account, empty) == {number: GOOD}
            job = runtime.market.job[number]
            rows, cols = LARGE.get_shape(0)
            assert 4 * rows * cols > RESULT_BYTES_MAX
            runtime.market.job[number] = replace(job, spec=Product(LARGE))
            assert find_wanted(runtime, CHARLIE.account, empty) == {}

    run_seeded(main)
