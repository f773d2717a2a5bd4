"""Work off the event loop."""

import threading
from collections.abc import Callable

import pytest
import trio

from chain.worker import InlineWorker, ThreadWorker, Worker

WORKERS: list[Callable[[], Worker]] = [ThreadWorker, InlineWorker]


@pytest.mark.parametrize("make_worker", WORKERS)
def test_the_result_or_the_error_reaches_the_caller(make_worker: Callable[[], Worker]) -> None:
    async def main() -> None:
        worker = make_worker()
        assert await worker.run(lambda: 6 * 7) == 42
        with pytest.raises(ZeroDivisionError):
            await worker.run(lambda: 1 // 0)

    trio.run(main)


def test_where_work_runs() -> None:
    async def main() -> None:
        assert await InlineWorker().run(threading.get_ident) == threading.get_ident()
        assert await ThreadWorker().run(threading.get_ident) != threading.get_ident()

    trio.run(main)


def test_a_cancelled_caller_still_waits_for_its_work() -> None:
    async def main() -> None:
        entered, leave, done = threading.Event(), threading.Event(), threading.Event()

        def work() -> None:
            entered.set()
            assert leave.wait(10)
            done.set()

        async def release() -> None:
            while not entered.is_set():
                await trio.lowlevel.checkpoint()
            scope.cancel()
            leave.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(release)
            with trio.CancelScope() as scope:
                await ThreadWorker(1).run(work)
            assert done.is_set()

    trio.run(main)


def test_so_many_threads_at_once() -> None:
    async def main() -> None:
        worker = ThreadWorker(2)
        lock = threading.Lock()
        both = threading.Barrier(2)
        running, most = 0, 0

        def work() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            both.wait(10)
            with lock:
                running -= 1

        async with trio.open_nursery() as nursery:
            for _ in range(6):
                nursery.start_soon(worker.run, work)
        assert most == 2

    trio.run(main)


def test_inline_work_in_a_loop_can_be_cancelled() -> None:
    async def main() -> None:
        with trio.move_on_after(0) as scope:
            while True:
                await InlineWorker().run(lambda: None)
        assert scope.cancelled_caught

    trio.run(main)
