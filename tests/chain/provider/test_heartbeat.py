"""A provider at work keeps its record alive, and says so no oftener than it has to."""

from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from pallets.runtime import Runtime
from tests.helpers.job_stage import PROVIDER, set_up_job
from tests.helpers.node_stage import CHARLIE, open_client, run_stage
from tests.helpers.scheduler import run_seeded

TTL, BLOCKS = 20, 50


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
