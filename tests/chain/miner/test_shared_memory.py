"""Large products through memory that a node shares with its device, and without it."""

import errno
import os
import signal
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chain.miner import process
from chain.miner.device import DeviceLost
from chain.miner.frames import (
    BadFrame,
    SearchFrame,
    to_found,
    to_found_frame,
    to_search,
    to_search_frame,
)
from chain.miner.memory import NoMemory, SharedArea, compute_area_bytes
from chain.miner.process import ProcessDevice, open_process_device
from chain.miner.search import Found, Search, SeededRun, make_bare_search
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork
from runtime.tensor.commitment import Int32Matrix
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import AUTHOR, EASY, PARAMS, PRE_HASH, make_operand

SHAPES = [(64, 64, 64), (256, 128, 192), (32, 320, 64), (128, 128, 128)]


def make_work(m: int, n: int, k: int, seed: int = 1) -> MatrixWork:
    return MatrixWork(Lane.TASK, make_operand(m, k, seed), make_operand(n, k, seed + 1))


def multiply(work: MatrixWork) -> Int32Matrix:
    return work.a.astype(np.int32) @ work.bt.T.astype(np.int32)


def test_both_sides_see_the_same_however_it_grows() -> None:
    node = SharedArea.create()
    child = SharedArea(os.dup(node.descriptor))
    for shape in SHAPES:
        work, area_bytes = make_work(*shape), compute_area_bytes(*shape)
        node.reserve(area_bytes)
        assert os.fstat(node.descriptor).st_size >= area_bytes
        node.put_operands(work.a, work.bt)
        a, bt = child.get_operands(*shape)
        assert np.array_equal(a, work.a)
        assert np.array_equal(bt, work.bt)
        np.copyto(child.get_product(*shape), multiply(work))
        assert np.array_equal(node.get_product(*shape), multiply(work))
        assert np.array_equal(node.get_operands(*shape)[1], work.bt)
    for each in (node, child):
        each.close()


def test_a_side_is_told_of_memory_that_there_is_not() -> None:
    area = SharedArea.create()
    area.reserve(1_000)
    with pytest.raises(NoMemory, match="expected 24576 shared bytes, got 1000"):
        area.get_operands(64, 64, 64)
    area.close()


def test_frames_of_shared_products() -> None:
    area, work = SharedArea.create(), make_work(64, 96, 64)
    search = Search(PRE_HASH, AUTHOR, EASY, PARAMS, work)
    frame = to_search_frame(1, search, area)
    assert (frame.is_shared, frame.a, frame.bt) == (True, b"", b"")
    again = to_search(frame, area)
    assert isinstance(again.work, MatrixWork)
    assert np.array_equal(again.work.a, work.a)
    with pytest.raises(BadFrame, match="expected operands in the frame, got none"):
        to_search(frame)
    found = Found(None, None, multiply(work), 1, 1, 1, b"\xff" * 32)
    answer = to_found_frame(1, found, area.get_product(64, 96, 64))
    assert (answer.is_shared, answer.product) == (True, None)
    taken = to_found(answer, search, area).product
    assert taken is not None
    area.get_product(64, 96, 64)[:] = 0  # as the next product does
    assert np.array_equal(taken, multiply(work))
    seeded = Search(PRE_HASH, AUTHOR, EASY, PARAMS, SeededRun(0, 1))
    for asked, given in ((search, None), (seeded, area)):
        with pytest.raises(BadFrame, match="expected the product in the frame, got none"):
            to_found(answer, asked, given)
    area.close()


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SHARED_BYTES_MIN", 0)


def run_with_device(use: Callable[[ProcessDevice], Awaitable[None]]) -> None:
    async def main() -> None:
        with trio.fail_after(60):
            async with open_process_device("numpy", threads=1) as device:
                await use(device)

    trio.run(main)


def spy_on_frames(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each search went through shared memory, filled in as they go."""
    ways: list[bool] = []

    def told(number: int, search: Search, area: SharedArea | None = None) -> SearchFrame:
        frame = to_search_frame(number, search, area)
        ways.append(frame.is_shared)
        return frame

    monkeypatch.setattr(process, "to_search_frame", told)
    return ways


async def check_products(device: ProcessDevice) -> None:
    for seed, shape in enumerate(SHAPES):
        work = make_work(*shape, seed)
        found = await device.search(make_bare_search(work), trio.Event())
        assert found.product is not None
        assert np.array_equal(found.product, multiply(work))


def test_products_of_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = spy_on_frames(monkeypatch)
    run_with_device(check_products)
    assert ways == [True] * len(SHAPES)


def test_without_such_memory_products_go_through_pipes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ways = spy_on_frames(monkeypatch)

    def refuse(_: str) -> int:
        raise OSError(errno.ENOSYS, "no such memory")

    monkeypatch.setattr(os, "memfd_create", refuse)
    run_with_device(check_products)
    assert ways == [False] * len(SHAPES)
    assert "products go through pipes" in caplog.text


def test_a_product_too_large_for_the_memory_goes_through_pipes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ways = spy_on_frames(monkeypatch)
    real = os.posix_fallocate

    def refuse(descriptor: int, start: int, size: int) -> None:
        if size > compute_area_bytes(*SHAPES[0]):
            raise OSError(errno.ENOSPC, "no space left")
        real(descriptor, start, size)

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    run_with_device(check_products)
    assert ways == [True, False, False, False]
    assert "a product goes through pipes" in caplog.text


def test_memory_that_a_product_given_up_may_write_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ways = spy_on_frames(monkeypatch)
    given_up, wanted = make_work(512, 512, 1024, 1), make_work(512, 512, 1024, 3)

    async def use(device: ProcessDevice) -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(device.search, make_bare_search(given_up), trio.Event())
                await wait_all_tasks_blocked()
                scope.cancel()
        for _ in range(2):
            found = await device.search(make_bare_search(wanted), trio.Event())
            assert found.product is not None
            assert np.array_equal(found.product, multiply(wanted))

    run_with_device(use)
    assert ways == [True, False, True]


def test_a_search_that_is_given_up_does_not_hold_up_the_next() -> None:
    big = Search(PRE_HASH, AUTHOR, 0, PowParams(SeededShape(512, 512, 512)), SeededRun(0, 10**9))

    async def use(device: ProcessDevice) -> None:
        for _ in range(3):
            with trio.move_on_after(0.05):
                await device.search(big, trio.Event())
        await check_products(device)

    run_with_device(use)


def test_nothing_is_left_of_a_process_that_is_killed() -> None:
    before = sorted(os.listdir("/dev/shm"))
    descriptors = len(os.listdir("/proc/self/fd"))

    async def use(device: ProcessDevice) -> None:
        await check_products(device)
        os.kill(int(device.name.rsplit(" ", 1)[1].rstrip(")")), signal.SIGKILL)
        with pytest.raises(DeviceLost):
            await check_products(device)

    run_with_device(use)
    assert sorted(os.listdir("/dev/shm")) == before
    assert len(os.listdir("/proc/self/fd")) == descriptors
