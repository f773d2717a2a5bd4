"""Fetching a file by its root from nodes that serve it; nothing unproven is ever written.

The file grows range by range, each verified before it is added, so that a later run goes on where
one ended. A source that lies or does not have it is not asked again, one that fails has a second
try; the next one takes over at the same byte.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from chain.blobs.errors import BlobError, WrongBytes
from chain.blobs.partial import Partial
from chain.blobs.source import NotServed, ProvenRange, Source
from chain.blobs.store import OnProgress
from chain.errors import NodeError
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent, NodeUnreachable
from chain.worker import Worker
from runtime.primitives import Root
from runtime.tensor.chunk_ranges import ChunkRange
from runtime.tensor.chunks import CHUNK_BYTES, CHUNKED_BYTES_MAX, count_chunks

RANGE_CHUNKS: Final = 1_024
"""What is asked for at once: 1 MiB."""

TRIES: Final = 2
"""How often in a row a source may fail before it is given up."""

LOST: Final = (ConnectionLost, NodeSilent, NodeUnreachable)


class NoSource(BlobError):
    """No source is left that serves the file."""

    def __init__(self, root: Root, reasons: Sequence[str]) -> None:
        told = "; ".join(reasons) or "no source was named"
        super().__init__(f"0x{root.hex()} cannot be fetched: {told}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch."""

    root: Root
    open_partial: Callable[[int], Partial]
    """Opens the file that grows, once its size is proven."""

    size_bytes: int | None = None
    """The only size that will do, if it is known; a root has one."""

    size_bytes_max: int = CHUNKED_BYTES_MAX


async def fetch_blob(
    wanted: Wanted, sources: Sequence[Source], worker: Worker, on_progress: OnProgress
) -> int:
    """Fetches the rest of a file and puts it in its place; its size.

    `NoSource`, `BlobError` where it cannot be kept; what is there by then stays for another run.
    """
    fetch = _Fetch(wanted, sources, worker, on_progress)
    try:
        try:
            return await fetch.run()
        except WrongBytes:  # what was here from before was spoiled; now nothing is
            return await fetch.run()
    finally:
        with trio.CancelScope(shield=True):  # closing waits for nobody
            for source in sources:
                await source.close()


class _Fetch:
    """One fetch, with what is known of its sources."""

    def __init__(
        self, wanted: Wanted, sources: Sequence[Source], worker: Worker, on_progress: OnProgress
    ) -> None:
        self._wanted = wanted
        self._sources = list(sources)
        self._worker = worker
        self._on_progress = on_progress
        self._reasons: list[str] = []
        self._failures = 0

    async def run(self) -> int:
        """One way through the file."""
        size = await self._find_size()
        with await self._worker.run(lambda: self._wanted.open_partial(size)) as growing:
            growing.cut(growing.done_bytes // CHUNK_BYTES * CHUNK_BYTES)
            self._on_progress(growing.done_bytes)
            while (chunks := find_next_range(size, growing.done_bytes)) is not None:
                found = await self._get(chunks)
                await self._worker.run(partial(growing.append, found.data))
                self._on_progress(growing.done_bytes)
            await self._worker.run(growing.finish)
        return size

    async def _find_size(self) -> int:
        """The size that the root binds: the proof of one chunk shows that it is true."""
        while True:
            source = self._get_source()
            try:
                size = await source.get_size(self._wanted.root)
                if self._wanted.size_bytes not in (None, size):
                    raise BadAnswer(str(source.url), f"a size of {size} bytes")
                if size > self._wanted.size_bytes_max:
                    most = self._wanted.size_bytes_max
                    raise BadAnswer(str(source.url), f"{size} bytes, more than {most}")
                await source.get_proven(self._wanted.root, ChunkRange(size, 0, 1))
            except (NotServed, BadAnswer, *LOST) as error:
                await self._note(source, error)
            else:
                return size

    async def _get(self, chunks: ChunkRange) -> ProvenRange:
        """Some chunks from the first source that proves them."""
        while True:
            source = self._get_source()
            try:
                found = await source.get_range(self._wanted.root, chunks)
                await self._worker.run(partial(source.ensure_proven, self._wanted.root, found))
            except (NotServed, BadAnswer, *LOST) as error:
                await self._note(source, error)
            else:
                self._failures = 0
                return found

    def _get_source(self) -> Source:
        if not self._sources:
            raise NoSource(self._wanted.root, self._reasons)
        return self._sources[0]

    async def _note(self, source: Source, error: NodeError) -> None:
        """Gives a source up, or lets it try once more."""
        await source.close()
        self._failures += 1
        if not isinstance(error, LOST) or self._failures >= TRIES:
            self._sources.remove(source)
            self._reasons.append(str(error))
            self._failures = 0


def find_next_range(size_bytes: int, done_bytes: int) -> ChunkRange | None:
    """The chunks to ask for next, up to a multiple of `RANGE_CHUNKS`; None at the end."""
    count, first = count_chunks(size_bytes), done_bytes // CHUNK_BYTES
    if done_bytes >= size_bytes:
        return None
    end = min(count, (first // RANGE_CHUNKS + 1) * RANGE_CHUNKS)
    return ChunkRange(size_bytes, first, end - first)
