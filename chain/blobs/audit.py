"""Auditing a copy that somebody serves: chunks drawn at random have to be shown and proven.

Whoever has lost a part f of the chunks passes q draws with probability (1 - f)^q, as in the audits
of leases (`docs/spec/storage.md`). A copy that a node fetches anew for each question passes too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import trio

from chain.blobs.errors import BlobError
from chain.blobs.source import NotServed, Source
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent, NodeUnreachable
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange
from runtime.tensor.chunks import count_chunks, draw_chunks

DRAWS_DEFAULT: Final = 20
DRAWS_MAX: Final = 1_000


class AuditFailed(BlobError):
    """A copy that does not show what was drawn."""

    def __init__(self, root: Root, why: str) -> None:
        super().__init__(f"the copy of 0x{root.hex()} failed its audit: {why}")


@dataclass(frozen=True, slots=True)
class AuditPassed:
    """What was asked of a copy, all of which it showed."""

    root: Root
    size_bytes: int
    drawn: tuple[int, ...]
    slowest_ms: float
    """The longest that an answer took."""


def ignore_draw(done: int) -> None:
    """Tells nobody."""
    del done


async def audit_copy(
    source: Source,
    root: Root,
    seed: Hash,
    draws: int = DRAWS_DEFAULT,
    on_draw: Callable[[int], None] = ignore_draw,
) -> AuditPassed:
    """Asks a node for chunks that a seed draws, which it must not know before. `AuditFailed`."""
    if not 1 <= draws <= DRAWS_MAX:
        raise BlobError(f"expected 1 to {DRAWS_MAX} draws, got {draws}")
    slowest_s = 0.0
    try:
        size = await source.get_size(root)
        drawn = draw_chunks(seed, count_chunks(size), draws)
        for done, index in enumerate(drawn, 1):
            started_s = trio.current_time()
            await source.get_proven(root, ChunkRange(size, index, 1))
            slowest_s = max(slowest_s, trio.current_time() - started_s)
            on_draw(done)
    except (NotServed, BadAnswer, ConnectionLost, NodeSilent, NodeUnreachable) as error:
        raise AuditFailed(root, str(error)) from error
    finally:
        await source.close()
    return AuditPassed(root, size, drawn, slowest_s * 1_000)
