"""The provider's round, at every new block: lock what is open, run what is locked, submit."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import trio

from chain.authorship.work import TaskProduct
from chain.blobs import BlobError, BlobStore
from chain.provider.access import CallRefused, ChainAccess
from chain.provider.batch import Assignment, Batch, SlotRun, choose_batch
from chain.provider.commissions import Answering, CommissionRun
from chain.provider.plan import Choice, Plan, Standing, make_plan
from chain.provider.programs import ProductRun, ProgramRun
from chain.worker import Worker
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.programs import ProgramError
from runtime.tensor.value import Int32Array, dump_array

log = logging.getLogger(__name__)

Multiply: TypeAlias = Callable[[TaskProduct], Awaitable[None]]
"""Has a product computed, which may seal a block on the way; returns when it is done."""


@dataclass(slots=True)
class ProviderStatistics:
    """What this provider has done since it started."""

    locked: int = 0
    submitted: int = 0
    products: int = 0
    """Products computed, each of the rows of one or several slots."""

    sealed: int = 0
    """Those of them that sealed a block."""

    held: int = 0
    """Slots locked now."""


@dataclass(frozen=True, slots=True)
class Provider:
    """All that a provider works with."""

    access: ChainAccess
    multiply: Multiply
    worker: Worker
    statistics: ProviderStatistics
    choice: Choice = field(default_factory=Choice)
    stopping: trio.Event = field(default_factory=trio.Event)
    """Set to end the service when nothing is locked any more."""

    store: BlobStore | None = None
    """Where operands of products are, and where the results go; None to take no products."""

    sent: dict[tuple[str, SlotId], int] = field(default_factory=dict[tuple[str, SlotId], int])
    """What was sent for a slot, and at which block."""

    answering: Answering | None = None
    """Where commissions are answered; None to take none."""


async def provide(provider: Provider) -> None:
    """The service: does its round at every new best block, until it is told to stop."""
    access = provider.access
    async for tip in access.follow():
        standing = Standing(
            access.account,
            provider.choice,
            tip.number,
            provider.sent,
            provider.stopping.is_set(),
            provider.store,
        )
        plan = await access.read(lambda runtime: make_plan(runtime, standing), tip.hash)  # noqa: B023
        await _do_round(provider, plan)
        if standing.is_stopping and not plan.has_duties and not provider.sent:
            return


async def _do_round(provider: Provider, plan: Plan) -> None:
    provider.statistics.held = plan.held
    for key in plan.over:
        del provider.sent[key]
    for slot in plan.duties:
        provider.sent["lock", slot] = provider.access.best.number
    for slot in plan.lacking:
        log.warning("a locked slot lacks data", extra={"job": slot.job, "slot": slot.slot})
    for slot in plan.locks:
        key = ("lock", slot)
        if await _send(provider, key, slot.job, slot.slot, plan.record):
            provider.statistics.locked += 1
    for slot, price in plan.bids:
        await _send(provider, ("bid", slot), slot.job, price, plan.record)
    for slot in plan.unbids:
        await _send(provider, ("unbid", slot), slot.job)
    for slot in plan.renewals:
        await _send(provider, ("renew", slot), slot.job)
    for slot in plan.heartbeats:
        await _send(provider, ("heartbeat", slot), slot.job, pallet="Registry")
    assert provider.answering is not None or not plan.commissions, "who takes them answers; qed"
    if provider.answering is not None:
        await _answer(provider, provider.answering, plan.commissions)
    await _run_programs(provider, plan.programs)
    await _run_products(provider, plan.products)
    await _fill(provider, plan.assignments)


async def _send(
    provider: Provider, key: tuple[str, SlotId], *args: object, pallet: str = "Market"
) -> bool:
    """Sends a call; a refusal is logged, and tried again at a later block."""
    name = key[0]
    try:
        await provider.access.send(pallet, name, *args)
    except CallRefused as error:
        log.warning("a call was refused", extra={"call": name, "why": str(error)})
        return False
    provider.sent[key] = provider.access.best.number
    return True


# --- running


async def _run_programs(provider: Provider, runs: list[ProgramRun]) -> None:
    """Runs each off the event loop, and submits it; one that cannot run is left to its deadline."""
    for run in runs:
        try:
            output = await provider.worker.run(run.compute)
        except ProgramError as error:
            where = {"job": run.slot.job, "slot": run.slot.slot}
            log.warning("a program cannot run", extra={**where, "why": str(error)})
            continue
        await _submit(provider, run.slot, output, b"")


async def _answer(provider: Provider, answering: Answering, runs: list[CommissionRun]) -> None:
    """Has briefs answered, and submits the answers; what is refused or lost is tried again."""
    assert provider.store is not None, "who answers has a store; qed"
    for run in runs:
        provider.sent["answer", run.slot] = provider.access.best.number
        answering.begin(run, provider.store, provider.worker)
    answering.keep_only([slot for call, slot in provider.sent if call == "answer"])
    for slot, root in tuple(answering.answers.items()):
        if ("submit", slot) not in provider.sent:
            await _submit(provider, slot, bytes(root), b"")


async def _run_products(provider: Provider, runs: list[ProductRun]) -> None:
    """Multiplies each, keeps the result for whoever asks for it, and submits its root."""
    for run in runs:
        try:
            task = await provider.worker.run(run.load_task)
            await provider.multiply(task)
            product = task.product
            assert product is not None, "what multiplies always gives the product; qed"
            provider.statistics.products += 1
            provider.statistics.sealed += task.has_sealed
            root = await provider.worker.run(partial(run.store.put_result, product))
        except BlobError as error:
            where = {"job": run.slot.job, "slot": run.slot.slot}
            log.warning("a product cannot be computed", extra={**where, "why": str(error)})
            continue
        await _submit(provider, run.slot, bytes(root), b"")


async def _fill(provider: Provider, assignments: list[Assignment]) -> None:
    """Runs slots side by side, products on one tensor as one, and submits each when it is done."""
    running = [SlotRun.begin(each) for each in assignments]
    while True:
        for each in running:
            if each.is_finished:
                await _submit_run(provider, each)
        running = [each for each in running if not each.is_finished]
        if not running:
            return
        batch = choose_batch(running)
        batch.resume(await _multiply(provider, batch))


async def _submit_run(provider: Provider, done: SlotRun) -> None:
    """Submits the result of a finished run."""
    output, trace = done.run.output, b""
    if done.assignment.verifier is VerifierId.FREIVALDS:
        trace = b"".join(each.astype("<i4").tobytes() for each in done.products)
    await _submit(provider, done.assignment.slot, dump_array(output), trace)


async def _submit(provider: Provider, slot: SlotId, output: bytes, trace: bytes) -> None:
    """Submits a result with the commitment that makes it this provider's."""
    access, roots = provider.access, compute_claim_roots(output, trace)
    commitment = compute_commitment(access.genesis_hash, slot, access.account, roots)
    key = ("submit", slot)
    if await _send(provider, key, slot.job, slot.slot, commitment, output + trace):
        provider.statistics.submitted += 1


async def _multiply(provider: Provider, batch: Batch) -> Int32Array:
    """One product through the miner."""
    task = batch.make_task()
    await provider.multiply(task)
    assert task.product is not None, "what multiplies always gives the product; qed"
    provider.statistics.products += 1
    provider.statistics.sealed += task.has_sealed
    return task.product
