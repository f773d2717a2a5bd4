"""A device in a process of its own: asked, called off, lost."""

import os
import signal
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chain.miner.device import DeviceLost
from chain.miner.process import ProcessDevice, open_process_device
from chain.miner.search import Search, SeededRun
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.verify import verify_seal
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import AUTHOR, EASY, PARAMS, PRE_HASH, make_work

BIG = PowParams(SeededShape(512, 512, 512))


def with_device(use: Callable[[ProcessDevice], Awaitable[None]], backend: str = "numpy") -> None:
    async def main() -> None:
        with trio.fail_after(60):
            async with open_process_device(backend, threads=1) as device:
                await use(device)

    trio.run(main)


def test_it_answers_searches() -> None:
    async def use(device: ProcessDevice) -> None:
        seeded = Search(PRE_HASH, AUTHOR, EASY, PARAMS, SeededRun(4, 3))
        found = await device.search(seeded, trio.Event())
        assert found.seal is not None
        verify_seal(PRE_HASH, AUTHOR, found.seal, None, EASY, PARAMS)
        work = make_work(Lane.TASK)
        found = await device.search(Search(PRE_HASH, AUTHOR, EASY, PARAMS, work), trio.Event())
        assert found.seal is not None
        assert found.product is not None
        assert np.array_equal(found.product, work.a.astype(np.int32) @ work.bt.T.astype(np.int32))
        verify_seal(PRE_HASH, AUTHOR, found.seal, found.witness, EASY, PARAMS)

    with_device(use)


def test_why_a_backend_is_not_used_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The child has no way to log; what `auto` says reaches the node's log before it is ready."""

    async def use(device: ProcessDevice) -> None:
        notes = [each.getMessage() for each in caplog.records]
        assert notes[-1] == "a device is ready"
        left_out = [name for name in ("cuda", "numba") if f"not used: {name}" in "".join(notes)]
        assert not device.name.startswith(tuple(left_out))
        assert left_out or device.name.startswith("cuda")

    with caplog.at_level("INFO"):
        with_device(use, "auto")


def test_a_search_is_called_off_while_it_runs() -> None:
    async def use(device: ProcessDevice) -> None:
        stop = trio.Event()
        search = Search(PRE_HASH, AUTHOR, 0, BIG, SeededRun(0, 10**9))
        async with trio.open_nursery() as nursery:

            async def call_off() -> None:
                await wait_all_tasks_blocked()
                stop.set()

            nursery.start_soon(call_off)
            found = await device.search(search, stop)
        assert found.seal is None
        assert found.products < 10**6
        again = await device.search(
            Search(PRE_HASH, AUTHOR, EASY, PARAMS, SeededRun(0, 1)), trio.Event()
        )
        assert again.seal is not None

    with_device(use)


def test_a_process_that_is_killed_is_a_lost_device() -> None:
    async def use(device: ProcessDevice) -> None:
        number = int(device.name.rsplit(" ", 1)[1].rstrip(")"))
        search = Search(PRE_HASH, AUTHOR, 0, BIG, SeededRun(0, 10**9))
        async with trio.open_nursery() as nursery:

            async def kill() -> None:
                await wait_all_tasks_blocked()
                os.kill(number, signal.SIGKILL)

            nursery.start_soon(kill)
            with pytest.raises(DeviceLost, match="its process has ended"):
                await device.search(search, trio.Event())
        with pytest.raises(DeviceLost):
            await device.search(search, trio.Event())

    with_device(use)


def test_a_backend_that_is_not_there() -> None:
    async def use(device: ProcessDevice) -> None:
        raise AssertionError(f"{device.name} is ready")

    with pytest.raises(DeviceLost, match="expected auto or one of"):
        with_device(use, "abacus")


def test_the_process_ends_with_the_block() -> None:
    numbers: list[int] = []

    async def use(device: ProcessDevice) -> None:
        numbers.append(int(device.name.rsplit(" ", 1)[1].rstrip(")")))
        os.kill(numbers[0], 0)

    with_device(use)
    with pytest.raises(ProcessLookupError):
        os.kill(numbers[0], 0)
