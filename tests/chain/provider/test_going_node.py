"""A provider's node takes a slot at the going price once that is what its record asks."""

from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from pallets.market import Going, SlotState
from pallets.work.prices import UNIT_PRICE_START
from runtime.frame.ai_types import JobKind
from runtime.primitives import UNIT
from tests.helpers.job_stage import MODEL, get_slot, set_up_job, wait_for_slot
from tests.helpers.node_stage import CHARLIE, open_client, run_stage, wait_for_block
from tests.helpers.scheduler import run_seeded

ASKED = UNIT_PRICE_START * 105 // 100


def test_a_slot_waits_until_its_price_is_what_a_provider_asks() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, unit_price=ASKED, price=Going(5 * UNIT))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)):
            await wait_for_slot(client, job, SlotState.SETTLED)
        runtime, slot = get_runtime(client), get_slot(client, job)
        assert ASKED <= slot.price < ASKED * 103 // 100, "taken in the first block that pays so"
        assert slot.provider == CHARLIE.account
        price = runtime.work.price[JobKind.INFER, MODEL]
        assert price.unit == slot.price
        assert price.taken_at > get_runtime(client).market.job[job].posted_at
        for pallet in runtime.pallets:
            pallet.try_state()

    run_seeded(main)


def test_an_offer_below_what_is_asked_is_left_alone() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, unit_price=ASKED, price=Going(ASKED - 1))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            await wait_for_block(client, client.best.value.number + 20)
            assert node.provider.locked == 0
        assert get_slot(client, job).state is SlotState.OPEN
        assert get_runtime(client).work.prices.get_unit_price(JobKind.INFER, MODEL) == UNIT

    run_seeded(main)
