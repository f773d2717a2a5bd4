"""The author: proposes on the best block, searches for the seal, hands the block to the importer.

A waiting paid product goes first. Where a chain is instant a block is sealed as soon as a
transaction waits, otherwise when its time has come; a shared chain is mined without a pause.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final

import numpy as np
import trio

from chain.authorship.proposer import Proposal, ProposalInput, propose
from chain.authorship.work import PreparedTask, TaskProduct, prepare_task
from chain.client.block import BlockOrigin, Imported, IncomingBlock, OpenBlock
from chain.client.client import Client
from chain.client.importer import ImportRequest, submit_block
from chain.clock import WallClock
from chain.txpool.service import PoolService
from chain.worker import Worker
from consensus.kernels.backend import Cancelled, ProductBackend
from consensus.params import ConsensusParams
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import MatrixWork, SeededWork, SolveResult, Work, solve
from consensus.pouw.witness import WITNESS
from runtime.errors import InvalidTransaction
from runtime.header import Digest, Header, Seal
from runtime.pre_digest import ENGINE, get_pre_digest
from runtime.primitives import AccountId, Root
from runtime.work_summary import Lane, WorkSummary

log = logging.getLogger(__name__)

PRODUCTS_PER_RUN: Final = 32
"""Seeded products between two looks at what else there is to do."""

REFRESH_MS: Final = 2_000
"""A shared chain's template takes in new transactions after so long."""

TRANSACTIONS_OFFERED_MAX: Final = 20_000


@dataclass(slots=True)
class MinerStatistics:
    """What this node's miner has done since it started."""

    products: int = 0
    macs: int = 0
    tickets: int = 0
    stale: int = 0
    blocks: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))


@dataclass(frozen=True, slots=True)
class Authoring:
    """All that an author works with."""

    client: Client
    pool: PoolService
    requests: trio.MemorySendChannel[ImportRequest]
    tasks: trio.MemoryReceiveChannel[TaskProduct]
    worker: Worker
    clock: WallClock
    params: ConsensusParams
    backend: ProductBackend
    author: AccountId
    is_instant: bool
    statistics: MinerStatistics


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """One proposal and the parent it stands on."""

    parent: OpenBlock
    proposal: Proposal
    begun_ms: int


async def author_blocks(authoring: Authoring) -> None:
    """The service: makes blocks until it is cancelled."""
    waiting: TaskProduct | None = None
    while True:
        if waiting is None:
            waiting = await _wait_for_work(authoring)
        if waiting is not None:
            await _mine_task(authoring, waiting)
            waiting = None
        else:
            waiting = await _mine_seeded(authoring)


# --- waiting


async def _wait_for_work(authoring: Authoring) -> TaskProduct | None:
    """A paid product, or None when a block is due anyway."""
    await _wait_for_pool(authoring)
    try:
        return authoring.tasks.receive_nowait()
    except trio.WouldBlock:
        pass
    arrivals = authoring.pool.arrivals
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


async def _wait_for_pool(authoring: Authoring) -> None:
    """Until the pool has taken notice of the best block, it still offers what is in there."""
    async for followed in authoring.pool.followed.changes():
        if followed == authoring.client.best.value.hash:
            return


def _has_ready(authoring: Authoring) -> bool:
    return next(authoring.pool.pool.get_ready(), None) is not None


def _get_idle_s(authoring: Authoring) -> float:
    """How long until the next block is due."""
    pre_digest = get_pre_digest(authoring.client.best.value.header.digest)
    if pre_digest is None:
        return 0
    due_ms = pre_digest.time_ms + authoring.params.difficulty.spacing_ms
    return max(0, due_ms - authoring.clock.now_ms()) / 1_000


async def _wait_first(*waits: Callable[[], Awaitable[None]]) -> None:
    """Returns when one of them does; the others are cancelled."""
    async with trio.open_nursery() as nursery:

        async def run(wait: Callable[[], Awaitable[None]]) -> None:
            await wait()
            nursery.cancel_scope.cancel()

        for wait in waits:
            nursery.start_soon(run, wait)


# --- proposing


async def _begin(authoring: Authoring, summary: WorkSummary) -> _Search:
    """Proposes on the best block: gathers here, where nothing moves, and executes in a worker."""
    client = authoring.client
    parent = client.get_open_block(client.best.value.hash)
    assert parent is not None, "the best block is unfinalised or the finalised one; qed"
    now_ms = authoring.clock.now_ms()
    given = ProposalInput(
        parent,
        get_pre_digest(parent.head.header.digest),
        client.get_pre_digest(parent.head.header.parent_hash),
        authoring.author,
        now_ms,
        summary,
        tuple(islice(authoring.pool.pool.get_ready(), TRANSACTIONS_OFFERED_MAX)),
    )
    difficulty = authoring.params.difficulty
    proposal = await authoring.worker.run(lambda: propose(client.api, difficulty, given))
    _drop_invalid(authoring, proposal)
    return _Search(parent, proposal, now_ms)


def _drop_invalid(authoring: Authoring, proposal: Proposal) -> None:
    for transaction in proposal.invalid:
        authoring.pool.drop_invalid(transaction)


def _is_stale(authoring: Authoring, search: _Search) -> bool:
    return authoring.client.best.value.hash != search.parent.head.hash


# --- mining


async def _mine_task(authoring: Authoring, task: TaskProduct) -> None:
    """Runs a paid product once; its result goes to its owner whether or not it seals a block."""
    try:
        prepared = await authoring.worker.run(lambda: prepare_task(task))
        try:
            search = await _begin(authoring, prepared.summary)
        except InvalidTransaction as error:
            log.info("a paid product cannot seal a block", extra={"why": str(error)})
            task.product = await authoring.worker.run(lambda: _multiply(prepared, task))
            return
        work = MatrixWork(Lane.TASK, prepared.a, prepared.bt)
        result = await authoring.worker.run(lambda: _solve(authoring, search, work))
        assert result.product is not None, "the Task lane returns the product; qed"
        task.product = result.product[: len(task.a), : len(task.bt)]
        task.has_sealed = await _submit(authoring, search, result)
    finally:
        task.done.set()


def _multiply(
    prepared: PreparedTask, task: TaskProduct
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """The plain product, where there is nothing to mine."""
    product = prepared.a.astype(np.int32) @ prepared.bt.T.astype(np.int32)
    return product[: len(task.a), : len(task.bt)]


async def _mine_seeded(authoring: Authoring) -> TaskProduct | None:
    """Mines seeded products on one proposal until one seals it, or something better comes up."""
    shape = authoring.params.pow.seeded
    zero = Root.zero()
    summary = WorkSummary(Lane.SEEDED, shape.m, shape.n, shape.k, zero, zero)
    search = await _begin(authoring, summary)
    nonce = 0
    while not _is_stale(authoring, search):
        result = await authoring.worker.run(partial(_solve_seeded, authoring, search, nonce))
        if result is not None:
            await _submit(authoring, search, result)
            return None
        nonce += PRODUCTS_PER_RUN
        try:
            return authoring.tasks.receive_nowait()
        except trio.WouldBlock:
            pass
        if authoring.clock.now_ms() - search.begun_ms > REFRESH_MS and _has_ready(authoring):
            return None
    authoring.statistics.stale += 1
    return None


def _solve_seeded(authoring: Authoring, search: _Search, first: int) -> SolveResult | None:
    """The first winning product of a run of nonces; None if none wins or the head has moved."""
    for nonce in range(first, first + PRODUCTS_PER_RUN):
        try:
            result = _solve(authoring, search, SeededWork(nonce))
        except Cancelled:
            return None
        if result.seal is not None:
            return result
    return None


def _solve(authoring: Authoring, search: _Search, work: Work) -> SolveResult:
    proposal = search.proposal
    is_paid = isinstance(work, MatrixWork)
    result = solve(
        proposal.pre_hash,
        authoring.author,
        work,
        proposal.pre_digest.target,
        authoring.params.pow,
        authoring.backend,
        lambda: not is_paid and _is_stale(authoring, search),
    )
    authoring.statistics.products += 1
    authoring.statistics.macs += result.macs
    authoring.statistics.tickets += result.tickets
    return result


async def _submit(authoring: Authoring, search: _Search, result: SolveResult) -> bool:
    """Seals the proposal with a winning result and imports it; whether it became a block."""
    if result.seal is None or _is_stale(authoring, search):
        return False
    item = Seal(ENGINE, SEAL.encode(result.seal))
    header = search.proposal.header
    sealed = Header(
        header.parent_hash,
        header.number,
        header.state_root,
        header.extrinsics_root,
        Digest((*header.digest.logs, item)),
    )
    witness = None if result.witness is None else WITNESS.encode(result.witness)
    block = IncomingBlock(sealed, search.proposal.extrinsics, witness, BlockOrigin.OWN)
    outcome = await submit_block(authoring.requests, block)
    if not isinstance(outcome, Imported):
        log.error("an own block was not imported", extra={"outcome": repr(outcome)})
        return False
    authoring.statistics.blocks[result.seal.lane] += 1
    log.info(
        "sealed a block",
        extra={
            "number": header.number,
            "hash": outcome.head.hash.hex(),
            "lane": result.seal.lane.name.lower(),
            "extrinsics": len(block.extrinsics),
        },
    )
    return True
