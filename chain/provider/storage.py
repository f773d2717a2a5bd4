"""The keeper of leased bytes: at every new block it takes on leases and answers audits.

It accepts a lease of storage once the bytes are in this node's store, whole, having fetched them
where it knows nodes that may serve them, and answers each audit as soon as the block is known that
draws the chunks. A fork may change that block, and with it the draw: the answer is then sent again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import trio

from chain.blobs import BlobError, BlobStore
from chain.blobs.fetcher import Fetcher
from chain.provider.access import CallRefused, ChainAccess, Tip
from chain.worker import Worker
from pallets.leases import Lease, Opening, Replica, StorageTerms
from pallets.leases.types import MISSES_MAX
from pallets.runtime import Runtime
from runtime.audit import draw_audit
from runtime.frame.ai_types import JobKind
from runtime.primitives import AccountId, Hash, Root

log = logging.getLogger(__name__)

RETRY_BLOCKS: Final = 4
"""What has not taken effect after so many blocks is sent again."""


@dataclass(slots=True)
class StorageStatistics:
    """What this node's keeper has done since it started."""

    accepted: int = 0
    answered: int = 0
    missing: int = 0
    """Audits that asked for chunks which are not in the store."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that a lease asks of its provider now."""

    lease: int
    root: Root
    drawn: tuple[int, ...] | None
    """The chunks to show; None where the lease is to be accepted."""

    by: Hash
    """What makes it due: the block that draws, or zero."""

    missing_bytes: int = 0
    """How many bytes have to be fetched before the lease can be accepted."""


@dataclass(frozen=True, slots=True)
class StorageKeeper:
    """All that a keeper works with."""

    access: ChainAccess
    store: BlobStore
    worker: Worker
    statistics: StorageStatistics = field(default_factory=StorageStatistics)
    sent: dict[Due, int] = field(default_factory=dict[Due, int])
    """What was sent, and at which block."""

    accepts_machines: bool = False
    """Whether to take on leases of machines as well, which somebody has to serve by other means."""

    fetcher: Fetcher | None = None
    """Gets the bytes of leases; None where they have to be put into the store."""

    busy: trio.Lock = field(default_factory=trio.Lock)
    """Held during a round."""


async def keep_storage(keeper: StorageKeeper) -> None:
    """The service: does its round at every new best block, and when bytes have come."""
    async with trio.open_nursery() as rounds:
        if keeper.fetcher is not None:
            rounds.start_soon(_follow_fetches, keeper, keeper.fetcher)
        async for tip in keeper.access.follow():
            await _do_round(keeper, tip)


async def _follow_fetches(keeper: StorageKeeper, fetcher: Fetcher) -> None:
    """A chain that makes blocks on demand may have none until the lease is accepted."""
    version = fetcher.finished.seen.version
    while True:
        version = (await fetcher.finished.wait_after(version)).version
        await _do_round(keeper, keeper.access.best)


async def _do_round(keeper: StorageKeeper, tip: Tip) -> None:
    access, store, block = keeper.access, keeper.store, (tip.number, tip.hash)
    async with keeper.busy:
        due = await access.read(
            lambda runtime: [
                *find_due(runtime, access.account, *block, store),
                *(find_rentals(runtime, access.account) if keeper.accepts_machines else ()),
            ],
            tip.hash,
        )
        for old in set(keeper.sent) - set(due):
            del keeper.sent[old]
        for each in due:
            if tip.number >= keeper.sent.get(each, -RETRY_BLOCKS) + RETRY_BLOCKS:
                await _do(keeper, each, tip.number)


def find_due(
    runtime: Runtime, account: AccountId, number: int, head: Hash, store: BlobStore
) -> list[Due]:
    """What the leases of an account ask of it in the block that follows ``head``."""
    found: list[Due] = []
    for (_, lease), kind in runtime.leases.by_provider.items(account):
        if kind is not JobKind.STORE:
            continue
        entry = runtime.leases.lease[lease]
        assert isinstance(entry.subject, Replica), "a lease of storage is one of bytes; qed"
        if entry.accepted_at is None:
            if _is_covered(runtime, entry):
                missing = _count_missing(entry.subject, store)
                found.append(Due(lease, entry.subject.root, None, Hash.zero(), missing))
            continue
        block = find_audit(entry, number)
        if block is not None:
            block_hash = head if block == number else runtime.system.block_hash[block]
            drawn = _draw(runtime, lease, entry, block_hash)
            found.append(Due(lease, entry.subject.root, drawn, block_hash))
    return found


def find_rentals(runtime: Runtime, account: AccountId) -> list[Due]:
    """Leases of an account's machines that wait for it, as far as its collateral goes."""
    leases = (
        (lease, runtime.leases.lease[lease])
        for (_, lease), kind in runtime.leases.by_provider.items(account)
        if kind is JobKind.RENT
    )
    return [
        Due(lease, Root.zero(), None, Hash.zero())
        for lease, entry in leases
        if entry.accepted_at is None and _is_covered(runtime, entry)
    ]


def find_audit(entry: Lease, number: int) -> int | None:
    """The block whose audit can be answered in block ``number`` + 1, if there is one.

    Audits that were missed may not have been counted yet: the answer to the next one does it.
    """
    assert isinstance(entry.terms, StorageTerms), "a lease of storage has its terms; qed"
    block = entry.audit_at
    for _ in range(MISSES_MAX - entry.misses):
        if number < block + entry.terms.proof_blocks:
            return block if block <= number else None
        block += entry.terms.proof_every
    return None


def _is_covered(runtime: Runtime, entry: Lease) -> bool:
    """Whether the collateral for a lease is free."""
    params = runtime.leases.params
    bond = max(params.bond_min, entry.rate * params.bond_blocks)
    return runtime.bonds.get_bonded(entry.provider, entry.role) >= bond


def _count_missing(subject: Replica, store: BlobStore) -> int:
    """How many bytes are not here: all of them or none."""
    try:
        is_here = store.get_chunked_size(subject.root) == subject.size_bytes
    except BlobError as error:
        log.warning("bytes that are to be leased are damaged", extra={"why": str(error)})
        is_here = False
    return 0 if is_here else subject.size_bytes


def _draw(runtime: Runtime, lease: int, entry: Lease, block_hash: Hash) -> tuple[int, ...]:
    assert isinstance(entry.subject, Replica), "a lease of storage is one of bytes; qed"
    assert isinstance(entry.terms, StorageTerms), "a lease of storage has its terms; qed"
    genesis, size_bytes = runtime.system.get_genesis_hash(), entry.subject.size_bytes
    return draw_audit(genesis, lease, block_hash, size_bytes, entry.terms.draws)


async def _do(keeper: StorageKeeper, due: Due, number: int) -> None:
    """Fetches what a lease is of, accepts it, or answers its audit if all chunks are here."""
    keeper.sent[due] = number
    if due.missing_bytes:
        _fetch(keeper, due)
        return
    if due.drawn is None:
        if await _send(keeper, "accept_lease", due.lease):
            keeper.statistics.accepted += 1
        return
    drawn = due.drawn
    try:
        openings = await keeper.worker.run(lambda: open_chunks(keeper.store, due.root, drawn))
    except BlobError as error:
        keeper.statistics.missing += 1
        log.warning("an audit cannot be answered", extra={"lease": due.lease, "why": str(error)})
        return
    if await _send(keeper, "por_respond", due.lease, openings):
        keeper.statistics.answered += 1


def _fetch(keeper: StorageKeeper, due: Due) -> None:
    if keeper.fetcher is None or not keeper.fetcher.has_sources:
        return
    try:
        keeper.fetcher.request(due.root, due.missing_bytes)
    except BlobError as error:  # tried again at a later block
        log.warning(
            "a lease's bytes are not fetched", extra={"lease": due.lease, "why": str(error)}
        )


def open_chunks(store: BlobStore, root: Root, drawn: Sequence[int]) -> tuple[Opening, ...]:
    """The chunks with their paths. `BlobMissing`, `BlobCorrupt`."""
    with store.open_chunks(root) as reader:
        opened = [reader.open_chunk(index) for index in drawn]
    return tuple(Opening(each.chunk, each.path) for each in opened)


async def _send(keeper: StorageKeeper, name: str, *args: object) -> bool:
    """Sends a call of leases; a refusal is logged, and tried again at a later block."""
    try:
        await keeper.access.send("Leases", name, *args)
    except CallRefused as error:
        log.warning("a call of leases was refused", extra={"call": name, "why": str(error)})
        return False
    return True
