"""Fetches files into a store in the background: few at a time, each once."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final

import trio

from chain.blobs.errors import BlobError
from chain.blobs.fetch import Wanted, fetch_blob
from chain.blobs.source import Source
from chain.blobs.store import BlobStore
from chain.wallet.connect import NodeUrl
from chain.watch import Watch
from chain.worker import Worker
from runtime.primitives import Root

log = logging.getLogger(__name__)

AT_ONCE_MAX: Final = 2
QUEUED_MAX: Final = 64
REMEMBERED_MAX: Final = 256
"""Ended fetches whose outcome can be asked for."""


class FetchState(Enum):
    """Where a fetch stands."""

    WAITING = auto()
    FETCHING = auto()
    STORED = auto()
    FAILED = auto()


@dataclass(slots=True)
class Fetch:
    """One file that is fetched, or was."""

    root: Root
    size_bytes: int | None
    """The only size that will do; None where any is right."""

    sources: tuple[NodeUrl, ...]
    state: FetchState = FetchState.WAITING
    done_bytes: int = 0
    why: str = ""
    """What went wrong."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in (FetchState.STORED, FetchState.FAILED)


class QueueFull(BlobError):
    """Too many files are waited for."""


class Fetcher:
    """What is fetched for one store; `run` does the work."""

    def __init__(self, store: BlobStore, worker: Worker, sources: Sequence[NodeUrl]) -> None:
        """``sources`` are asked where a request names none."""
        self._store = store
        self._worker = worker
        self.sources = tuple(sources)
        self._fetches: dict[Root, Fetch] = {}
        self._queue: deque[Fetch] = deque()
        self._queued = Watch(0)
        self.finished = Watch(0)
        """How many fetches have ended, for those who wait for one."""

    @property
    def has_sources(self) -> bool:
        """Whether it can fetch what nobody named a source for."""
        return bool(self.sources)

    def request(
        self, root: Root, size_bytes: int | None = None, sources: Sequence[NodeUrl] = ()
    ) -> Fetch:
        """Fetches a file unless it is under way, or here; a failed one is tried again. `QueueFull`.

        The result changes as it goes on.
        """
        known = self._fetches.get(root)
        if known is not None and not known.is_over:
            return known
        fetch = Fetch(root, size_bytes, tuple(sources) or self.sources)
        size = self._store.get_chunked_size(root)
        if size is not None:
            fetch.state, fetch.done_bytes = FetchState.STORED, size
        elif len(self._queue) >= QUEUED_MAX:
            raise QueueFull(f"expected at most {QUEUED_MAX} files that wait, got one more")
        else:
            self._queue.append(fetch)
            self._queued.set(self._queued.value + 1)
        self._remember(fetch)
        return fetch

    def get(self, root: Root) -> Fetch | None:
        """How a fetch stands; None if nobody asked for it, or long ago."""
        return self._fetches.get(root)

    async def run(self) -> None:
        """Fetches until cancelled."""
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE_MAX):
                nursery.start_soon(self._work)

    async def _work(self) -> None:
        async for _ in self._queued.changes():
            while self._queue:
                fetch = self._queue.popleft()
                await self._do(fetch)
                self.finished.set(self.finished.value + 1)

    async def _do(self, fetch: Fetch) -> None:
        fetch.state = FetchState.FETCHING
        wanted = Wanted(fetch.root, partial(self._store.open_partial, fetch.root), fetch.size_bytes)

        def note(done_bytes: int) -> None:
            fetch.done_bytes = done_bytes

        try:
            sources = [Source(url) for url in fetch.sources]
            await fetch_blob(wanted, sources, self._worker, note)
        except BlobError as error:
            fetch.state, fetch.why = FetchState.FAILED, str(error)
            log.warning("a file was not fetched", extra={"why": str(error)})
        else:
            fetch.state = FetchState.STORED
            log.info("a file was fetched", extra={"root": f"0x{fetch.root.hex()}"})

    def _remember(self, fetch: Fetch) -> None:
        self._fetches.pop(fetch.root, None)
        self._fetches[fetch.root] = fetch
        over = [root for root, each in self._fetches.items() if each.is_over]
        for root in over[: max(0, len(self._fetches) - REMEMBERED_MAX)]:
            del self._fetches[root]
