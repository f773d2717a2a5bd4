"""A whole node in virtual time: it makes blocks, and the same seed makes the same ones."""

from functools import partial

from chain.node import Keys
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    BlockMaker,
    Wallet,
    feed_good,
    open_client,
    run_stage,
    wait_for_block,
)
from tests.helpers.scheduler import run_seeded


async def make_some_blocks(transfers: int) -> list[str]:
    client = open_client()
    wallet = Wallet(client)
    async with run_stage(client, Keys(author=ALICE)) as node:
        for nonce in range(transfers):
            node.pool.submit(wallet.transfer(BOB, ALICE.account, 10**12, nonce))
            await wait_for_block(client, nonce + 1)
        await wait_for_block(client, transfers + 3)
        return [str(client.get_block_hash(number)) for number in range(transfers + 4)]


def test_the_same_seed_gives_the_same_heads() -> None:
    one, again, other = (run_seeded(partial(make_some_blocks, 4), seed) for seed in (7, 7, 8))
    assert one == again
    assert len(set(one)) == 8
    assert len(other) == 8


def test_blocks_made_by_hand_are_imported() -> None:
    async def main() -> None:
        client = open_client()
        maker, wallet = BlockMaker(client), Wallet(client)
        async with run_stage(client) as node:
            await feed_good(node, maker.make())
            transfer = wallet.transfer(BOB, ALICE.account, 5, 0)
            block = maker.make(transactions=[transfer])
            await feed_good(node, block)
            assert client.best.value.number == 2
            assert client.finalised.value.number == 1
            assert transfer in block.extrinsics

    run_seeded(main)
