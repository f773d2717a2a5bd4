"""Where work that takes the processor or the disk runs, so that the event loop does not wait.

Injected: a node uses threads, a simulation runs inline, because threads make a seeded run differ
from its repetition.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import trio

ResultT = TypeVar("ResultT")

THREADS_DEFAULT = 4
"""Threads that work at once: the interpreter lock lets one run Python, others hash or read."""


class Worker(Protocol):
    """Runs a function to its end, wherever that is."""

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """The result of `work()`; its exception is raised here."""
        ...


class ThreadWorker:
    """Runs work in threads, so many at once; further work waits for one to end.

    Work is never abandoned: a cancelled caller still waits for its end, and the result is lost.
    """

    def __init__(self, threads: int = THREADS_DEFAULT) -> None:
        self._limiter = trio.CapacityLimiter(threads)

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """The result of `work()`, run in a thread."""
        return await trio.to_thread.run_sync(work, abandon_on_cancel=False, limiter=self._limiter)


class InlineWorker:
    """Runs work at once in the caller's task."""

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """The result of `work()`, after one checkpoint: a loop of calls can be cancelled."""
        await trio.lowlevel.checkpoint()
        return work()
