"""Several devices mine for one author, each on nonces of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import trio

from chain.client.verifier import get_seal
from chain.config import AuthoringConfig
from chain.miner.device import Device, ThreadDevice
from chain.miner.search import Found, Search, SeededRun
from chain.node import DEVICE_NONCE_BITS, Keys, run_services
from chain.worker import InlineWorker, Worker
from consensus.kernels.numpy_backend import NumpyBackend
from tests.helpers.clock import SimulatedClock
from tests.helpers.node_stage import ALICE, make_config, make_spec, open_client, wait_for_block
from tests.helpers.scheduler import run_seeded


class NotingDevice:
    """Notes where each search begins."""

    def __init__(self, worker: Worker, firsts: list[int]) -> None:
        self._device = ThreadDevice(NumpyBackend(), worker)
        self._firsts = firsts

    @property
    def name(self) -> str:
        return "noting"

    async def search(self, search: Search, stop: trio.Event) -> Found:
        assert isinstance(search.work, SeededRun)
        self._firsts.append(search.work.first)
        return await self._device.search(search, stop)


def test_each_device_has_nonces_of_its_own() -> None:
    firsts: dict[int, list[int]] = {}
    client = open_client()

    @asynccontextmanager
    async def open_device(
        config: AuthoringConfig, worker: Worker, number: int
    ) -> AsyncGenerator[Device]:
        assert config.devices == 3
        yield NotingDevice(worker, firsts.setdefault(number, []))

    async def main() -> None:
        config = make_config()
        config = replace(config, authoring=replace(config.authoring, devices=3))
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[object]) -> None:
                await run_services(
                    client,
                    make_spec(),
                    config,
                    Keys(author=ALICE),
                    worker=InlineWorker(),
                    clock=SimulatedClock(),
                    open_device=open_device,
                    task_status=task_status,
                )

            await nursery.start(serve)
            await wait_for_block(client, 12)
            nursery.cancel_scope.cancel()

    run_seeded(main)
    assert sorted(firsts) == [0, 1, 2]
    for number, begun in firsts.items():
        assert begun
        assert {first >> DEVICE_NONCE_BITS for first in begun} == {number}
    sealed: list[int] = []
    for number in range(1, 13):
        block_hash = client.get_block_hash(number)
        assert block_hash is not None
        header = client.get_header(block_hash)
        assert header is not None
        sealed.append(get_seal(header).nonce >> DEVICE_NONCE_BITS)
    assert set(sealed) <= {0, 1, 2}
