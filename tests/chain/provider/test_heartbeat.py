"""A provider at work keeps its record alive, and says so no oftener than it has to."""

from collections.abc import Mapping

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys, Node
from chain.provider.plan import RETRY_BLOCKS, Choice, Plan, Standing, make_plan
from pallets.market.types import SlotState
from pallets.registry.types import KindPrice, Provider
from pallets.runtime import Runtime
from runtime.frame.ai_types import JobKind, SlotId
from tests.helpers.job_stage import MANIFEST, PROVIDER, add_block, set_up_job, wait_for_slot
from tests.helpers.node_stage import CHARLIE, BlockMaker, Wallet, open_client, run_stage
from tests.helpers.scheduler import run_seeded

TTL, BLOCKS = 20, 50
BEAT = ("heartbeat", SlotId(PROVIDER, 0))
BODY = Provider("https://p.example", (), (KindPrice(JobKind.INFER, 1),), 8)


def get_expiry(runtime: Runtime) -> int:
    info = runtime.registry.records.get_provider(PROVIDER)
    assert info is not None
    assert info.is_hireable
    return info.expires_at


def test_a_record_outlives_its_time_while_its_provider_works() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            await set_up_job(node, ttl_blocks=TTL)
        client = open_client(store)
        first, last = get_expiry(get_runtime(client)), client.best.value.number + BLOCKS
        expiries: list[int] = []
        async with run_stage(client, Keys(provider=CHARLIE)):
            async for head in client.best.changes():
                expiries.append(get_expiry(get_runtime(client)))
                if head.number >= last:
                    break
        moved = sorted(set(expiries) - {first})
        assert moved[-1] > last
        assert BLOCKS // TTL < len(moved) <= 2 * BLOCKS // TTL + 1

    run_seeded(main)


def test_one_that_expired_while_its_provider_was_away_lives_again() -> None:
    """Nobody could have hired it in the meantime; a job that waits is done."""

    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            job = await set_up_job(node, ttl_blocks=4)
            for _ in range(3):
                await add_block(node.client, BlockMaker(node.client), node)
            info = get_runtime(node.client).registry.records.get_provider(PROVIDER)
            assert info is not None
            assert not info.is_hireable
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)):
            await wait_for_slot(client, job, SlotState.SETTLED)

    run_seeded(main)


def plan_round(client: Client, sent: Mapping[tuple[str, SlotId], int], *, stops: bool) -> Plan:
    standing = Standing(CHARLIE.account, Choice(), client.best.value.number, sent, stops)
    return make_plan(get_runtime(client), standing)


def list_beats(client: Client, sent_at: int | None = None, *, stops: bool = False) -> list[int]:
    """The records of which the next round says that they are alive."""
    sent = {} if sent_at is None else {BEAT: sent_at}
    return [each.job for each in plan_round(client, sent, stops=stops).heartbeats]


async def send(node: Node, name: str, *args: object) -> None:
    """A call of Charlie's to the registry, in a block of its own."""
    call = Wallet(node.client).make_call("Registry", name, *args)
    await add_block(node.client, BlockMaker(node.client), node, (CHARLIE, call))


def test_it_is_said_once_and_again_where_nothing_came_of_it() -> None:
    async def main() -> None:
        client = open_client()
        async with run_stage(client) as node:
            await set_up_job(node, ttl_blocks=2)
            number = client.best.value.number
            assert list_beats(client) == [PROVIDER]
            assert list_beats(client, stops=True) == []
            assert list_beats(client, sent_at=number) == []
            assert list_beats(client, sent_at=number - RETRY_BLOCKS + 1) == []
            assert list_beats(client, sent_at=number - RETRY_BLOCKS) == [PROVIDER]
            await send(node, "heartbeat", PROVIDER)
            assert list_beats(client) == []
            assert plan_round(client, {BEAT: number}, stops=False).over == [BEAT]
            await send(node, "retire", PROVIDER)
            assert list_beats(client) == []
            assert plan_round(client, {BEAT: number}, stops=False).over == [BEAT]

    run_seeded(main)


def test_of_many_records_only_the_one_in_use_is_kept() -> None:
    async def main() -> None:
        client = open_client()
        async with run_stage(client) as node:
            await set_up_job(node, ttl_blocks=1)
            assert list_beats(client) == [PROVIDER]
            await send(node, "register", BODY, MANIFEST, (), 0, 4)
            other = PROVIDER + 1
            assert list_beats(client) == []
            await send(node, "register", BODY, MANIFEST, (), 0, 1)
            await send(node, "retire", PROVIDER)
            assert list_beats(client) == [other]
            for _ in range(2):
                await add_block(client, BlockMaker(client), node)
            assert list_beats(client) == [other + 1]

    run_seeded(main)
