"""The author: blocks when they are due or asked for, whatever the pool, the clock or others do."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chain.client.typed_state import get_runtime
from chain.config import AuthoringConfig
from chain.miner.device import Device
from chain.miner.search import NOTHING, Found, Search
from chain.node import Keys
from chain.txpool.transaction import Undecodable
from chain.worker import Worker
from consensus.digest import AHEAD_MS_MAX
from runtime.pre_digest import get_pre_digest
from runtime.primitives import UNIT
from runtime.work_summary import Lane
from tests.helpers.clock import START_MS, ManualClock, SimulatedClock
from tests.helpers.forged_block import Forger
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CHARLIE,
    SPACING_MS,
    BlockMaker,
    Wallet,
    feed,
    feed_good,
    open_client,
    run_stage,
    wait_for_block,
    wait_until_followed,
)
from tests.helpers.scheduler import run_seeded

AUTHORING = Keys(author=ALICE)


def test_blocks_come_when_they_are_due_and_at_once_for_a_transaction() -> None:
    async def main() -> None:
        client = open_client()
        async with run_stage(client, AUTHORING) as node:
            await wait_for_block(client, 3)
            begun_s = trio.current_time()
            await wait_for_block(client, 4)
            assert trio.current_time() - begun_s == pytest.approx(SPACING_MS / 1_000)
            raw = Wallet(client).transfer(BOB, ALICE.account, UNIT, 0)
            node.pool.submit(raw)
            begun_s = trio.current_time()
            await wait_for_block(client, 5)
            assert trio.current_time() - begun_s < SPACING_MS / 1_000
            assert raw in (client.get_body(client.best.value.hash) or ())
            await wait_for_block(client, 6)
            assert node.miner.blocks[Lane.SEEDED] >= 5

    run_seeded(main)


def test_the_best_paying_go_first_and_each_sender_s_in_order() -> None:
    async def main() -> None:
        client = open_client()
        wallet = Wallet(client)
        raw = [
            wallet.transfer(BOB, ALICE.account, 5, 0),
            wallet.transfer(BOB, ALICE.account, 5, 1, tip=UNIT),
            wallet.transfer(CHARLIE, ALICE.account, 5, 0, tip=UNIT // 2),
        ]
        async with run_stage(client) as node:
            for each in raw:
                node.pool.submit(each)
            ready = [each.extrinsic.raw for each in node.pool.pool.get_ready()]
            assert ready == [raw[2], raw[0], raw[1]]

    run_seeded(main)


def test_garbage_in_the_pool_does_not_hold_up_blocks() -> None:
    """Transactions that were valid when they came, and are not when their turn comes."""

    async def main() -> None:
        client = open_client()
        wallet, maker = Wallet(client), BlockMaker(client)
        fund = 10 * UNIT
        async with run_stage(client) as node:
            poor = BOB  # everything but a little goes with the first
            all_of_it = get_runtime(client).system.get_data(BOB.account).free - fund
            node.pool.submit(wallet.transfer(poor, ALICE.account, all_of_it, 0, tip=1))
            node.pool.submit(wallet.transfer(poor, ALICE.account, 5, 1, tip=20 * UNIT))
            node.pool.submit(wallet.transfer(poor, ALICE.account, 5, 2))
            good = wallet.transfer(CHARLIE, ALICE.account, 5, 0)
            node.pool.submit(good)
            await feed_good(node, maker.make())
        async with run_stage(client, AUTHORING) as node:
            for nonce, tip in ((0, 1), (1, 20 * UNIT), (2, 0)):
                amount = all_of_it if nonce == 0 else 5
                node.pool.submit(wallet.transfer(poor, ALICE.account, amount, nonce, tip=tip))
            node.pool.submit(good)
            number = client.best.value.number
            await wait_for_block(client, number + 3)
            await wait_until_followed(node)
            system = get_runtime(client).system
            assert system.get_nonce(CHARLIE.account) == 1
            assert system.get_nonce(BOB.account) == 1
            assert node.pool.pool.ready_count == 0

    run_seeded(main)


def test_a_head_from_elsewhere_takes_the_author_with_it() -> None:
    async def main() -> None:
        client = open_client()
        maker = BlockMaker(client, author=CHARLIE.account)
        async with run_stage(client, AUTHORING) as node:
            await wait_for_block(client, 1)
            parent = client.best.value
            await feed_good(node, maker.make(now_ms=START_MS + SPACING_MS // 2))
            await wait_for_block(client, parent.number + 2)
            line = [client.get_pre_digest(client.get_block_hash(n) or parent.hash) for n in (2, 3)]
            authors = [None if each is None else each.author for each in line]
            assert authors == [CHARLIE.account, ALICE.account]

    run_seeded(main)


def test_bad_blocks_from_elsewhere_do_not_stop_the_author() -> None:
    async def main() -> None:
        client = open_client()
        forger = Forger(BlockMaker(client, author=CHARLIE.account), Wallet(client))
        async with run_stage(client, AUTHORING) as node:
            await wait_for_block(client, 1)
            for _ in range(3):
                number = client.best.value.number
                await feed(node, forger.with_body(lambda body: body[::-1]))
                with pytest.raises(Undecodable):
                    node.pool.submit(forger.inherent("Timestamp", "set", 1)[:-1])
                await wait_for_block(client, number + 1)

    run_seeded(main)


def test_an_author_whose_clock_went_back_waits_instead_of_making_bad_blocks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        client = open_client()
        maker, wallet = BlockMaker(client), Wallet(client)
        ahead_ms = 60_000
        async with run_stage(client, clock=ManualClock(START_MS + ahead_ms)) as node:
            await feed_good(node, maker.make(now_ms=START_MS + ahead_ms))
        async with run_stage(client, AUTHORING, clock=SimulatedClock()) as node:
            node.pool.submit(wallet.transfer(BOB, ALICE.account, 5, 0))
            begun_s = trio.current_time()
            await wait_for_block(node.client, 2)
            waited_ms = (trio.current_time() - begun_s) * 1_000
            assert ahead_ms - AHEAD_MS_MAX <= waited_ms <= ahead_ms
            pre_digest = get_pre_digest(node.client.best.value.header.digest)
            assert pre_digest is not None
            assert pre_digest.time_ms == START_MS + ahead_ms + 1

    run_seeded(main)
    assert "an own block was not imported" not in caplog.text


@dataclass
class TirelessDevice:
    """Never finds anything; keeps what it was asked for, and when it was called off."""

    name: str = "tireless"
    asked: list[Search] = field(default_factory=list[Search])
    called_off_s: list[float] = field(default_factory=list[float])

    async def search(self, search: Search, stop: trio.Event) -> Found:
        self.asked.append(search)
        await stop.wait()
        self.called_off_s.append(trio.current_time())
        return NOTHING

    @asynccontextmanager
    async def open(
        self, config: AuthoringConfig, worker: Worker, number: int
    ) -> AsyncGenerator[Device]:
        del config, worker, number
        yield self


def test_another_head_calls_a_search_off_at_once() -> None:
    async def main() -> None:
        client, device = open_client(), TirelessDevice()
        maker = BlockMaker(client, author=CHARLIE.account)
        async with run_stage(client, AUTHORING, open_device=device.open) as node:
            for done in range(3):
                await trio.sleep(10)
                assert len(device.asked) == done + 1
                await feed_good(node, maker.make())
                await wait_all_tasks_blocked()
                assert device.called_off_s[done] == trio.current_time()
            assert node.miner.stale == 3
            await trio.sleep(10)
            assert len({search.pre_hash for search in device.asked}) == 4

    run_seeded(main)


def test_a_stop_in_the_middle_of_a_search_is_in_order() -> None:
    async def main() -> None:
        client, device = open_client(), TirelessDevice()
        async with run_stage(client, AUTHORING, open_device=device.open):
            await trio.sleep(10)
        assert (len(device.asked), device.called_off_s) == (1, [])
        async with run_stage(client, AUTHORING):
            await wait_for_block(client, 2)

    run_seeded(main)
