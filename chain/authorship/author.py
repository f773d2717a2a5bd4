"""The author: proposes on the best block, searches for the seal, hands the block to the importer.

A waiting paid product goes first. Where a chain is instant a block is sealed as soon as a
transaction waits, otherwise when its time has come; a shared chain is mined without a pause.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from chain.authorship.template import (
    Template,
    TemplateSource,
    make_seeded_summary,
    make_template,
)
from chain.authorship.work import TaskProduct, is_minable, multiply_plainly, prepare_task
from chain.client.block import Imported
from chain.client.importer import ImportRequest, submit_block
from chain.miner.device import Device
from chain.miner.pace import Pace, search_while
from chain.miner.search import Found, Search, SearchWork, SeededRun, make_bare_search
from chain.miner.statistics import MinerStatistics
from consensus.digest import AHEAD_MS_MAX
from consensus.pouw.solve import MatrixWork
from runtime.errors import InvalidTransaction
from runtime.pre_digest import get_pre_digest
from runtime.primitives import AccountId
from runtime.work_summary import Lane, WorkSummary

log = logging.getLogger(__name__)

REFRESH_MS: Final = 2_000
"""A shared chain's template takes in new transactions after so long."""

CLOCK_LOOK_MS: Final = 1_000
"""Time between two looks at a clock that is behind the chain."""


@dataclass(frozen=True, slots=True)
class Authoring:
    """All that an author works with."""

    source: TemplateSource
    requests: trio.MemorySendChannel[ImportRequest]
    tasks: trio.MemoryReceiveChannel[TaskProduct]
    author: AccountId
    is_instant: bool
    statistics: MinerStatistics


async def author_blocks(authoring: Authoring, device: Device, first_nonce: int = 0) -> None:
    """The service: makes blocks on a device until it is cancelled.

    ``first_nonce`` is where its seeded products begin: no two devices share any.
    """
    waiting: TaskProduct | None = None
    pace = Pace()
    while True:
        if waiting is None:
            waiting = await _wait_for_work(authoring)
        if waiting is not None:
            await _mine_task(authoring, device, waiting)
            waiting = None
        else:
            waiting = await _mine_seeded(authoring, device, pace, first_nonce)


# --- waiting


async def _wait_for_work(authoring: Authoring) -> TaskProduct | None:
    """A paid product, or None when a block is due anyway."""
    await _wait_for_clock(authoring)
    await _wait_for_pool(authoring)
    try:
        return authoring.tasks.receive_nowait()
    except trio.WouldBlock:
        pass
    arrivals = authoring.source.pool.arrivals
    version = arrivals.seen.version
    if not authoring.is_instant or _has_ready(authoring):
        await trio.lowlevel.checkpoint()
        return None
    found: list[TaskProduct] = []

    async def wait_task() -> None:
        found.append(await authoring.tasks.receive())

    async def wait_transaction() -> None:
        await arrivals.wait_after(version)

    with trio.move_on_after(_get_idle_s(authoring)):
        await _wait_first(wait_task, wait_transaction)
    return found[0] if found else None


async def _wait_for_clock(authoring: Authoring) -> None:
    """Until a child of the best block is not too far ahead of the clock, which may have gone back.

    Every block made before would be refused, by this node first.
    """
    source = authoring.source
    while True:
        pre_digest = get_pre_digest(source.client.best.value.header.digest)
        earliest_ms = 0 if pre_digest is None else pre_digest.time_ms + 1 - AHEAD_MS_MAX
        wait_ms = earliest_ms - source.clock.now_ms()
        if wait_ms <= 0:
            return
        await trio.sleep(min(wait_ms, CLOCK_LOOK_MS) / 1_000)


async def _wait_for_pool(authoring: Authoring) -> None:
    """Until the pool has taken notice of the best block, it still offers what is in there."""
    async for followed in authoring.source.pool.followed.changes():
        if followed == authoring.source.client.best.value.hash:
            return


def _has_ready(authoring: Authoring) -> bool:
    return authoring.source.pool.pool.ready_count > 0


def _get_idle_s(authoring: Authoring) -> float:
    """How long until the next block is due."""
    source = authoring.source
    pre_digest = get_pre_digest(source.client.best.value.header.digest)
    if pre_digest is None:
        return 0
    due_ms = pre_digest.time_ms + source.params.difficulty.spacing_ms
    return max(0, due_ms - source.clock.now_ms()) / 1_000


async def _wait_first(*waits: Callable[[], Awaitable[None]]) -> None:
    """Returns when one of them does; the others are cancelled."""
    async with trio.open_nursery() as nursery:

        async def run(wait: Callable[[], Awaitable[None]]) -> None:
            await wait()
            nursery.cancel_scope.cancel()

        for wait in waits:
            nursery.start_soon(run, wait)


# --- mining


async def _mine_task(authoring: Authoring, device: Device, task: TaskProduct) -> None:
    """Runs a paid product once; its result goes to its owner whether or not it seals a block."""
    worker = authoring.source.worker
    try:
        prepared = await worker.run(lambda: prepare_task(task))
        if not is_minable(prepared):
            task.product = await worker.run(lambda: multiply_plainly(prepared, task))
            return
        work = MatrixWork(task.lane, prepared.a, prepared.bt)
        template = await _find_task_template(authoring, prepared.summary)
        bare = make_bare_search(work)
        search = bare if template is None else _make_search(authoring, template, work)
        found = await device.search(search, stop=trio.Event())
        authoring.statistics.note_found(found, task.lane)
        assert found.product is not None, "given operands are multiplied to the end; qed"
        task.product = found.product[: len(task.a), : len(task.bt)]
        if template is not None:
            task.has_sealed = await _submit(authoring, template, found)
    finally:
        task.done.set()


async def _find_task_template(authoring: Authoring, summary: WorkSummary) -> Template | None:
    """A template for a paid product; None where the chain takes no block with it now."""
    try:
        return await make_template(authoring.source, authoring.author, summary)
    except InvalidTransaction as error:
        log.info("a paid product cannot seal a block", extra={"why": str(error)})
        return None


async def _mine_seeded(
    authoring: Authoring, device: Device, pace: Pace, first_nonce: int
) -> TaskProduct | None:
    """Mines seeded products on one template until one seals it, or something better comes up."""
    source = authoring.source
    summary = make_seeded_summary(source.params)
    template = await make_template(source, authoring.author, summary)
    nonce = first_nonce
    while not template.is_stale(source.client):
        begun_s = trio.current_time()
        run = SeededRun(nonce, pace.products)
        found = await search_while(
            device,
            _make_search(authoring, template, run),
            source.client.best,
            lambda best: best.hash == template.parent.head.hash,
        )
        authoring.statistics.note_found(found, Lane.SEEDED)
        pace.note(found.products, trio.current_time() - begun_s)
        nonce += run.count
        if found.seal is not None:
            await _submit(authoring, template, found)
            return None
        try:
            return authoring.tasks.receive_nowait()
        except trio.WouldBlock:
            pass
        if source.clock.now_ms() - template.begun_ms > REFRESH_MS and _has_ready(authoring):
            return None
    authoring.statistics.note_search(is_stale=True)
    return None


def _make_search(authoring: Authoring, template: Template, work: SearchWork) -> Search:
    proposal = template.proposal
    return Search(
        proposal.pre_hash,
        authoring.author,
        proposal.pre_digest.target,
        authoring.source.params.pow,
        work,
    )


async def _submit(authoring: Authoring, template: Template, found: Found) -> bool:
    """Seals the template with a winning ticket and imports it; whether it became a block."""
    if found.seal is None:
        return False
    is_stale = template.is_stale(authoring.source.client)
    authoring.statistics.note_search(is_stale=is_stale)
    if is_stale:
        return False
    block = template.seal(found.seal, found.witness)
    outcome = await submit_block(authoring.requests, block)
    if not isinstance(outcome, Imported):
        log.error("an own block was not imported", extra={"outcome": repr(outcome)})
        return False
    authoring.statistics.blocks[found.seal.lane] += 1
    log.info(
        "sealed a block",
        extra={
            "number": block.header.number,
            "hash": outcome.head.hash.hex(),
            "lane": found.seal.lane.name.lower(),
            "extrinsics": len(block.extrinsics),
        },
    )
    return True
