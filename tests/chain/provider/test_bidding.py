"""A provider bids by itself for what its record takes, and fills the slots that it is given."""

from itertools import pairwise

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from pallets.market import Bid, Bids, Recurrence, SlotState, Terms
from pallets.market.bids import Pick
from pallets.runtime_parameters import MARKET_PARAMS
from runtime.frame.traits import HoldReason
from runtime.primitives import UNIT
from tests.helpers.job_stage import PROVIDER, add_block, get_slot, set_up_job, wait_for_slot
from tests.helpers.node_stage import CHARLIE, DAVE, BlockMaker, Wallet, open_client, run_stage
from tests.helpers.scheduler import run_seeded

ASKED = 3 * UNIT


async def wait_for_bid(client: Client, job: int, *, is_there: bool) -> None:
    """Until the provider has a bid, or none, on the best chain."""
    first = client.best.value.number
    async for head in client.best.changes():
        if ((job, CHARLIE.account) in get_runtime(client).market.bid_) is is_there:
            return
        assert head.number < first + 40, "nothing happened to the bid"


def test_a_provider_bids_what_its_record_asks_and_works_when_it_is_taken() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, slots=2, unit_price=ASKED, price=Bids(5 * UNIT))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            await wait_for_bid(client, job, is_there=True)
            bid = get_runtime(client).market.bid_[job, CHARLIE.account]
            assert bid == Bid(PROVIDER, ASKED, MARKET_PARAMS.bid_deposit)
            assert get_slot(client, job).state is SlotState.OPEN
            wallet, nonce = Wallet(client), get_runtime(client).system.get_nonce(DAVE.account)
            picks = (Pick(0, CHARLIE.account), Pick(1, CHARLIE.account))
            call = wallet.make_call("Market", "accept", job, picks)
            node.pool.submit(wallet.sign(DAVE, call, nonce))
            for slot in range(2):
                await wait_for_slot(client, job, SlotState.SETTLED, slot)
                assert get_slot(client, job, slot).price == ASKED
        runtime = get_runtime(client)
        assert runtime.balances.ledger.get_held(HoldReason.BID, CHARLIE.account) == 0
        for pallet in runtime.pallets:
            pallet.try_state()

    run_seeded(main)


def test_a_provider_takes_its_bid_back_when_the_job_is_over() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, unit_price=ASKED, price=Bids(5 * UNIT))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            await wait_for_bid(client, job, is_there=True)
            wallet, nonce = Wallet(client), get_runtime(client).system.get_nonce(DAVE.account)
            node.pool.submit(wallet.sign(DAVE, wallet.make_call("Market", "cancel", job), nonce))
            await wait_for_bid(client, job, is_there=False)

    run_seeded(main)


def test_a_provider_does_not_bid_above_the_limit() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, unit_price=ASKED, price=Bids(ASKED - 1))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)):
            first = client.best.value.number
            async for head in client.best.changes():
                assert get_runtime(client).market.job[job].bids == 0
                if head.number >= first + 5:
                    return

    run_seeded(main)


def test_a_provider_has_runs_posted_when_they_are_due() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node)
            maker, wallet = BlockMaker(node.client), Wallet(node.client)
            entry = get_runtime(node.client).market.job[job]
            terms, again = Terms(500, 50, 2), Recurrence(5, 3)
            asked = (entry.spec, entry.price, entry.verifier, terms, again)
            await add_block(
                node.client, maker, node, (DAVE, wallet.make_call("Market", "recur", *asked))
            )
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)):
            first = client.best.value.number
            async for head in client.best.changes():
                if not list(get_runtime(client).market.recurring.items()):
                    break
                assert head.number < first + 40, "the runs are not posted"
        runtime = get_runtime(client)
        times = [runtime.market.job[each].posted_at for each in range(job + 1, job + 4)]
        assert all(later - earlier >= 5 for earlier, later in pairwise(times))
        assert runtime.balances.ledger.get_held(HoldReason.RECURRING, DAVE.account) == 0

    run_seeded(main)


def test_a_provider_takes_one_replica_of_each_part() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, slots=2, replicas=2)
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            first = client.best.value.number
            async for head in client.best.changes():
                if head.number >= first + 12:
                    break
            states = [get_slot(client, job, slot).state for slot in range(4)]
            for part in range(2):  # whichever replica it came upon
                both = sorted((states[part], states[part + 2]))
                assert both == [SlotState.OPEN, SlotState.SETTLED]
            assert (node.provider.locked, node.provider.submitted) == (2, 2)

    run_seeded(main)
