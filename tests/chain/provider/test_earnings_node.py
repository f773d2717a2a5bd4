"""A node claims by itself what its author's blocks have earned: once, and after a restart, too."""

from dataclasses import replace

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.provider.earnings import CLAIMS_MAX, RETRY_BLOCKS, find_claims
from genesis.spec import ChainSpec
from pallets.work.declarations import EraClaimed
from runtime.primitives import UNIT
from tests.helpers.economy import BOB as AUTHOR
from tests.helpers.economy import EVE, make_economy
from tests.helpers.node_stage import (
    ALICE,
    BlockMaker,
    feed_good,
    make_config,
    make_spec,
    open_client,
    run_stage,
    wait_for_block,
)
from tests.helpers.scheduler import run_seeded
from tests.stories.live_node import read_events

LENGTH = 5


def make_short_spec() -> ChainSpec:
    """Eras of a few blocks."""
    spec = make_spec()
    return replace(spec, runtime=replace(spec.runtime, era_blocks=LENGTH))


async def make_store(blocks: int) -> MemoryStore:
    """A chain of Alice's blocks."""
    store = MemoryStore()
    client = open_client(store, make_short_spec())
    maker = BlockMaker(client)
    async with run_stage(client) as node:
        for _ in range(blocks):
            await feed_good(node, maker.make())
    return store


def find_claimed(client: Client, first: int) -> list[EraClaimed]:
    """The claims in the blocks from a number on."""
    found: list[EraClaimed] = []
    for number in range(first, client.best.value.number + 1):
        block_hash = client.get_block_hash(number)
        assert block_hash is not None
        found += [e for e in read_events(client, block_hash) if isinstance(e, EraClaimed)]
    return found


def test_a_node_claims_what_its_blocks_earned() -> None:
    async def main() -> None:
        client = open_client(await make_store(LENGTH + 1), make_short_spec())
        first = client.best.value.number + 1
        before = get_runtime(client).system.get_data(ALICE.account).total
        async with run_stage(client, Keys(author=ALICE)):
            await wait_for_block(client, first + 3 * LENGTH)
        claimed = find_claimed(client, first)
        eras = [each.era for each in claimed]
        assert eras == list(range(len(eras))), "each once, those from before the start first"
        assert len(eras) >= 4
        assert claimed[0].amount == (LENGTH - 1) * UNIT * 9 // 10, "genesis is nobody's"
        assert {each.amount for each in claimed[1:]} == {LENGTH * UNIT * 9 // 10}
        after = get_runtime(client).system.get_data(ALICE.account).total
        earned = sum(each.amount for each in claimed)
        assert after == before + earned, "a claim costs nothing"

    run_seeded(main)


def test_a_node_that_is_told_not_to_claims_nothing() -> None:
    async def main() -> None:
        client = open_client(await make_store(LENGTH + 1), make_short_spec())
        config = make_config()
        config = replace(config, authoring=replace(config.authoring, claims=False))
        async with run_stage(client, Keys(author=ALICE), config=config):
            await wait_for_block(client, 3 * LENGTH)
        runtime = get_runtime(client)
        assert len(list(runtime.work.iter_payouts(ALICE.account))) >= 3
        assert runtime.system.get_nonce(ALICE.account) == 0

    run_seeded(main)


def test_a_lost_claim_is_sent_again_and_a_few_at_a_time() -> None:
    chain = make_economy()
    chain.begin_block(AUTHOR)
    for _ in range(10 * (CLAIMS_MAX + 3)):
        chain.runtime.work.on_initialize(chain.number)
        chain.next_block(AUTHOR)
    work, number = chain.runtime.work, chain.number
    eras = [era for era, _ in work.iter_payouts(AUTHOR)]
    assert len(eras) > CLAIMS_MAX
    claims = find_claims(chain.runtime, AUTHOR, 0, {}, number)
    assert claims.due == tuple(eras[:CLAIMS_MAX])
    assert claims.open == frozenset(eras)
    assert claims.next_era == work.get_era_index()
    sent = {eras[0]: number - RETRY_BLOCKS, eras[1]: number - RETRY_BLOCKS + 1, 10**6: 0}
    again = find_claims(chain.runtime, AUTHOR, eras[-1], sent, number)
    assert again.due == (eras[0], eras[-1])
    assert again.open == frozenset((eras[0], eras[1], eras[-1]))
    assert find_claims(chain.runtime, EVE, 0, {}, number).open == frozenset()
