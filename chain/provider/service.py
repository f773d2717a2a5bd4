"""The provider's round, at every new block: lock what is open, run what is locked, submit."""

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import trio

from chain.authorship.work import TaskProduct
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.provider.batch import Assignment, Batch, SlotRun, choose_batch, load_assignment
from chain.provider.programs import ProgramRun, load_run
from chain.provider.sender import Sender
from chain.txpool.transaction import PoolRejection
from chain.worker import Worker
from pallets.market.types import SlotState
from pallets.runtime import Runtime
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.errors import InvalidTransaction
from runtime.frame.ai_types import ProviderInfo, RecordKind, Role, SlotId, SlotPhase, VerifierId
from runtime.primitives import AccountId
from runtime.programs import ProgramError
from runtime.tensor.value import Int32Array, dump_array

log = logging.getLogger(__name__)

OPEN_SLOTS_READ_MAX: Final = 256
SLOTS_RESUMED_MAX: Final = 100_000
RETRY_BLOCKS: Final = 8
"""A lock or result that has not taken effect after so many blocks is sent again."""


@dataclass(slots=True)
class ProviderStatistics:
    """What this node's provider has done since it started."""

    locked: int = 0
    submitted: int = 0
    products: int = 0
    """Products computed, each of the rows of one or several slots."""

    sealed: int = 0
    """Those of them that sealed a block."""


@dataclass(frozen=True, slots=True)
class Provider:
    """All that a provider works with."""

    client: Client
    sender: Sender
    tasks: trio.MemorySendChannel[TaskProduct]
    worker: Worker
    statistics: ProviderStatistics
    sent: dict[tuple[str, SlotId], int] = field(default_factory=dict[tuple[str, SlotId], int])
    """What was sent for a slot, and at which block."""

    @property
    def account(self) -> AccountId:
        """The account that works and is paid."""
        return self.sender.signer.account


@dataclass(frozen=True, slots=True)
class Work:
    """What a round has to do."""

    programs: list[ProgramRun]
    assignments: list[Assignment]


async def provide(provider: Provider) -> None:
    """The service: does its round at every new best block."""
    async for head in provider.client.best.changes():
        runtime = get_runtime(provider.client, head.hash)
        records = _find_records(runtime, provider.account)
        _forget_done(provider, runtime, head.number)
        _note_locked(provider, runtime, records, head.number)
        hireable = next((each for each in records if each.is_hireable), None)
        if hireable is not None:
            _lock_open(provider, runtime, hireable, head.number)
        work = _find_work(provider, runtime)
        await _run_programs(provider, work.programs)
        await _fill(provider, work.assignments)


def _find_records(runtime: Runtime, account: AccountId) -> list[ProviderInfo]:
    """The account's provider records, those that take no jobs now included."""
    numbers = (
        record
        for (_, record), kind in runtime.registry.by_owner.items(account)
        if kind is RecordKind.PROVIDER
    )
    found = (runtime.registry.records.get_provider(each) for each in numbers)
    return [each for each in found if each is not None]


def _note_locked(
    provider: Provider, runtime: Runtime, records: list[ProviderInfo], number: int
) -> None:
    """Learns of slots that are this account's duty and that this run does not know of.

    Those locked before a restart, by hand, or by a call that had been given up for lost.
    """
    known = sum(
        call == "lock" and runtime.market.slot[slot.job, slot.slot].provider == provider.account
        for call, slot in provider.sent
    )
    if sum(runtime.market.busy[each.id] for each in records) <= known:
        return
    for (job, slot), entry in islice(runtime.market.slot.items(), SLOTS_RESUMED_MAX):
        if entry.state is SlotState.LOCKED and entry.provider == provider.account:
            provider.sent.setdefault(("lock", SlotId(job, slot)), number)


def _forget_done(provider: Provider, runtime: Runtime, number: int) -> None:
    """Drops what has taken effect and is over, or has not taken effect for long."""
    for (call, slot), sent_at in tuple(provider.sent.items()):
        standing = runtime.slots.get_standing(slot)
        phase = None if standing is None else standing.phase
        is_mine = standing is not None and standing.provider == provider.account
        is_old = sent_at + RETRY_BLOCKS <= number
        if phase is SlotPhase.LOCKED and is_mine:
            is_over = call == "submit" and is_old
        else:
            is_over = is_old or phase is not SlotPhase.OPEN
        if is_over:
            del provider.sent[call, slot]


# --- locking


def _lock_open(provider: Provider, runtime: Runtime, record: ProviderInfo, number: int) -> None:
    """Locks open slots as far as prices, the bond and `max_parallel` allow."""
    market = runtime.market
    room = record.max_parallel - market.busy[record.id]
    free = runtime.bonds.get_bonded(provider.account, Role.PROVIDER)
    asked = dict(record.prices)
    for slot in market.get_open_slots(OPEN_SLOTS_READ_MAX):
        if room <= 0:
            return
        key = ("lock", slot)
        if key in provider.sent:
            room -= 1
            continue
        job = market.job[slot.job]
        unit_price = asked.get(job.kind)
        if market.open_slots[slot.job, slot.slot] or unit_price is None:
            continue  # a missed slot, or a kind of job it does not take
        if not market.is_ready(slot):
            continue  # a segment whose turn has not come
        price = job.compute_price(number + 1)
        factor_bps = runtime.verify.get_bond_factor_bps(job.verifier)
        bond = max(price * factor_bps // 10_000 + 1, market.params.bond_min)
        if number >= job.open_until or price < unit_price or bond > free:
            continue
        if _send(provider, key, "lock", slot.job, slot.slot, record.id):
            provider.statistics.locked += 1
            room -= 1
            free -= bond


def _send(provider: Provider, key: tuple[str, SlotId], *call: object) -> bool:
    """Sends a market call; a refusal is logged, and tried again at a later block."""
    name, *args = call
    try:
        provider.sender.send("Market", str(name), *args)
    except (PoolRejection, InvalidTransaction) as error:
        log.warning("a market call was refused", extra={"call": name, "why": repr(error)})
        return False
    provider.sent[key] = provider.client.best.value.number
    return True


# --- running


def _find_work(provider: Provider, runtime: Runtime) -> Work:
    """The slots locked by this provider that it has not submitted yet."""
    found = Work([], [])
    for what in tuple(provider.sent):
        slot = what[1]
        standing = runtime.slots.get_standing(slot)
        if what[0] != "lock" or standing is None or standing.phase is not SlotPhase.LOCKED:
            continue
        if standing.provider != provider.account or ("submit", slot) in provider.sent:
            continue
        if not _add_work(found, runtime, slot):
            log.warning("a locked slot lacks data", extra={"job": slot.job, "slot": slot.slot})
    return found


def _add_work(found: Work, runtime: Runtime, slot: SlotId) -> bool:
    """Whether everything is there that the slot needs; then it is among the work."""
    work = runtime.slots.get_slot_work(slot)
    if work is None:
        run = load_run(runtime, slot)
        found.programs.extend(() if run is None else (run,))
        return run is not None
    assignment = load_assignment(runtime, slot, work)
    found.assignments.extend(() if assignment is None else (assignment,))
    return assignment is not None


async def _run_programs(provider: Provider, runs: list[ProgramRun]) -> None:
    """Runs each off the event loop, and submits it; one that cannot run is left to its deadline."""
    for run in runs:
        try:
            output = await provider.worker.run(run.compute)
        except ProgramError as error:
            where = {"job": run.slot.job, "slot": run.slot.slot}
            log.warning("a program cannot run", extra={**where, "why": str(error)})
            continue
        _submit(provider, run.slot, output, b"")


async def _fill(provider: Provider, assignments: list[Assignment]) -> None:
    """Runs slots side by side, products on one tensor as one, and submits each when it is done."""
    running = [SlotRun.begin(each) for each in assignments]
    while True:
        for each in running:
            if each.is_finished:
                _submit_run(provider, each)
        running = [each for each in running if not each.is_finished]
        if not running:
            return
        batch = choose_batch(running)
        batch.resume(await _multiply(provider, batch))


def _submit_run(provider: Provider, done: SlotRun) -> None:
    """Submits the result of a finished run."""
    output, trace = done.run.output, b""
    if done.assignment.verifier is VerifierId.FREIVALDS:
        trace = b"".join(each.astype("<i4").tobytes() for each in done.products)
    _submit(provider, done.assignment.slot, dump_array(output), trace)


def _submit(provider: Provider, slot: SlotId, output: bytes, trace: bytes) -> None:
    """Submits a result with the commitment that makes it this provider's."""
    roots = compute_claim_roots(output, trace)
    genesis = provider.client.genesis_hash
    commitment = compute_commitment(genesis, slot, provider.account, roots)
    key = ("submit", slot)
    if _send(provider, key, "submit", slot.job, slot.slot, commitment, output + trace):
        provider.statistics.submitted += 1


async def _multiply(provider: Provider, batch: Batch) -> Int32Array:
    """One product through the miner; it may seal a block on the way."""
    task = batch.make_task()
    await provider.tasks.send(task)
    await task.done.wait()
    assert task.product is not None, "the author always returns the product; qed"
    provider.statistics.products += 1
    provider.statistics.sealed += task.has_sealed
    return task.product
