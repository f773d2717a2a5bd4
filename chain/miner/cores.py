"""The cores of a backend, as threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

NAME: Final = "core"


class ThreadCores:
    """So many threads that live as long as this; jobs of several callers share them.

    Kernels let go of the interpreter's lock, so that the threads use as many cores.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=NAME)

    @property
    def count(self) -> int:
        """How many jobs run at once."""
        return self._count

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Runs every job to its end; raises what the first that failed raised."""
        futures = [self._threads.submit(job) for job in jobs]
        wait(futures)
        for future in futures:
            future.result()
