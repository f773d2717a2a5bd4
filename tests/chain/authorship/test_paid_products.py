"""Paid products that seal no block: their owners get the exact result all the same."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import trio

from chain.authorship.author import Authoring, author_blocks
from chain.authorship.template import TemplateSource
from chain.authorship.work import TaskProduct, multiply_by_author
from chain.miner.device import ThreadDevice
from chain.miner.search import Found, Search
from chain.miner.statistics import MinerStatistics
from chain.provider.remote import RemoteProducts
from chain.wallet.connect import parse_node_url
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.worker import InlineWorker
from consensus.kernels.numpy_backend import NumpyBackend
from runtime.work_summary import RowRef
from tests.helpers.clock import SimulatedClock
from tests.helpers.node_stage import ALICE, CONSENSUS, make_config, open_client, run_stage
from tests.helpers.scheduler import run_seeded


def make_task(most: int, rows: int = 40) -> TaskProduct:
    """Rows of a slot that there is not; the chain takes no block with them."""
    rng = np.random.default_rng(most)
    a, bt = (rng.integers(-most, most + 1, (n, 70)).astype(np.int8) for n in (rows, 50))
    return TaskProduct(a, bt, (RowRef(99, 0, 0, rows),))


def check(task: TaskProduct) -> None:
    assert task.product is not None
    assert np.array_equal(task.product, task.a.astype(np.int64) @ task.bt.T.astype(np.int64))
    assert not task.has_sealed


class CountingDevice:
    """The reference, which keeps what it is asked."""

    def __init__(self) -> None:
        self.inner = ThreadDevice(NumpyBackend(), InlineWorker())
        self.searches: list[Search] = []

    @property
    def name(self) -> str:
        return self.inner.name

    async def search(self, search: Search, stop: trio.Event) -> Found:
        self.searches.append(search)
        return await self.inner.search(search, stop)


@pytest.mark.parametrize("most, asked", [(63, 1), (127, 0)])
def test_a_node_s_author_has_its_device_compute_them(most: int, asked: int) -> None:
    """But what no proof can be of: entries beyond 63 are multiplied plainly."""

    async def main() -> None:
        client, device, task = open_client(), CountingDevice(), make_task(most)
        to_mine, tasks = trio.open_memory_channel[TaskProduct](1)
        async with run_stage(client) as node, trio.open_nursery() as nursery:
            source = TemplateSource(client, node.pool, InlineWorker(), SimulatedClock(), CONSENSUS)
            mining = MinerStatistics(trio.current_time)
            authoring = Authoring(source, node.to_import, tasks, ALICE.account, True, mining)
            nursery.start_soon(author_blocks, authoring, device)
            await multiply_by_author(to_mine, task)
            nursery.cancel_scope.cancel()
        check(task)
        assert sum(each.target == 0 for each in device.searches) == asked

    run_seeded(main)


@pytest.mark.parametrize("methods, is_mining", [("auto", True), ("safe", False)])
@pytest.mark.parametrize("most, asked", [(63, 1), (127, 0)])
def test_a_provider_beside_a_node_has_its_device_compute_them(
    methods: Literal["auto", "safe"], is_mining: bool, most: int, asked: int
) -> None:
    """The node refuses these rows; or it gives no templates at all, which is asked for once."""

    async def main() -> None:
        config, device, task = make_config(), CountingDevice(), make_task(most)
        config = replace(config, rpc=replace(config.rpc, methods=methods))
        with trio.fail_after(30):
            async with run_stage(open_client(), config=config) as node:
                url = parse_node_url(f"ws://127.0.0.1:{node.rpc_port}")
                async with open_rpc(url, RpcTimeouts()) as rpc:
                    products = RemoteProducts(
                        rpc,
                        "w",
                        ALICE.account,
                        device,
                        InlineWorker(),
                        MinerStatistics(trio.current_time),
                    )
                    await products.multiply(task)
        check(task)
        assert len(device.searches) == asked
        assert products.is_mining is (is_mining or not asked)

    trio.run(main)
