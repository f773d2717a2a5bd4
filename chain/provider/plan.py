"""What a provider's round has to do: read from a state, and from what was sent before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from chain.blobs import BlobStore
from chain.provider.batch import Assignment, load_assignment
from chain.provider.bids import OPEN_SLOTS_READ_MAX, choose_bids, find_idle_bids
from chain.provider.caution import is_answerable
from chain.provider.commissions import CommissionRun
from chain.provider.heartbeat import find_heartbeats, is_heartbeat_due
from chain.provider.programs import ProductRun, ProgramRun, has_operands, load_run
from chain.provider.renewals import find_renewals, is_renewed
from pallets.market import Commission, Product
from pallets.market.types import SlotState
from pallets.runtime import Runtime
from runtime.frame.ai_types import (
    JobKind,
    ProviderInfo,
    RecordKind,
    Role,
    SlotId,
    SlotPhase,
    VerifierId,
)
from runtime.primitives import AccountId

SLOTS_RESUMED_MAX: Final = 100_000
RETRY_BLOCKS: Final = 8
"""A lock or result that has not taken effect after so many blocks is sent again."""

Sent: TypeAlias = Mapping[tuple[str, SlotId], int]
"""What was sent for a slot, and at which block."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an operator wants of what his record offers; all of it unless said."""

    kinds: frozenset[JobKind] | None = None
    parallel_max: int | None = None
    price_min: int = 0
    """The least for a slot, in planck, whatever the record asks."""

    program: Path | None = None
    """What answers the briefs of commissions; None to take none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose round it is, and where it stands."""

    account: AccountId
    choice: Choice
    number: int
    """The best block's."""

    sent: Sent
    is_stopping: bool
    """Whether nothing new is to be taken."""

    store: BlobStore | None = None
    """Where the operands of products are."""


@dataclass(slots=True)
class Plan:
    """What a round has to do."""

    over: list[tuple[str, SlotId]] = field(default_factory=list[tuple[str, SlotId]])
    """Sent calls that have taken effect, or have not for long."""

    duties: list[SlotId] = field(default_factory=list[SlotId])
    """Slots that the account holds and that this run did not know of."""

    record: int = 0
    """Under which slots are locked."""

    locks: list[SlotId] = field(default_factory=list[SlotId])
    bids: list[tuple[SlotId, int]] = field(default_factory=list[tuple[SlotId, int]])
    """Jobs to bid for, each by its first slot, and what to ask."""

    unbids: list[SlotId] = field(default_factory=list[SlotId])
    """Bids to take back, likewise."""

    renewals: list[SlotId] = field(default_factory=list[SlotId])
    """Recurring jobs of which a run is due; their numbers stand where a job's do."""

    heartbeats: list[SlotId] = field(default_factory=list[SlotId])
    """Records that have lived for half of their time, or have expired; likewise."""

    programs: list[ProgramRun] = field(default_factory=list[ProgramRun])
    products: list[ProductRun] = field(default_factory=list[ProductRun])
    commissions: list[CommissionRun] = field(default_factory=list[CommissionRun])
    assignments: list[Assignment] = field(default_factory=list[Assignment])
    lacking: list[SlotId] = field(default_factory=list[SlotId])
    """Locked slots of which the state lacks a part."""

    held: int = 0
    """How many slots are locked by the account."""

    pending: int = 0
    """Claims of the account that can still be challenged; counted where it is to stop."""

    @property
    def has_duties(self) -> bool:
        """Whether somebody may still lose by it if the account is away from now on."""
        return bool(self.held or self.pending or self.unbids)


def make_plan(runtime: Runtime, standing: Standing) -> Plan:
    """The next round of a provider."""
    records = _find_records(runtime, standing.account)
    plan = Plan()
    sent = dict(standing.sent)
    for key in _find_over(runtime, standing):
        plan.over.append(key)
        del sent[key]
    plan.held = sum(runtime.market.busy[each.id] for each in records)
    plan.duties = _find_unknown(runtime, standing, sent, plan.held)
    sent |= {("lock", slot): standing.number for slot in plan.duties}
    hireable = next((each for each in records if each.is_hireable), None)
    if hireable is not None and not standing.is_stopping:
        plan.record = hireable.id
        plan.locks = _choose_locks(runtime, standing, sent, hireable)
        asked = _get_asked(standing.choice, hireable)
        plan.bids = choose_bids(runtime, hireable, asked, sent)
        plan.renewals = find_renewals(runtime, standing.account, asked, sent)
    is_stopping = standing.is_stopping
    plan.heartbeats = [] if is_stopping else find_heartbeats(runtime, records, hireable, sent)
    plan.unbids = find_idle_bids(runtime, standing.account, sent, is_stopping=is_stopping)
    plan.pending = _count_pending(runtime, standing.account) if is_stopping else 0
    _add_all_work(plan, runtime, standing, sent)
    return plan


def _find_records(runtime: Runtime, account: AccountId) -> list[ProviderInfo]:
    """The account's provider records, those that take no jobs now included."""
    numbers = (
        record
        for (_, record), kind in runtime.registry.by_owner.items(account)
        if kind is RecordKind.PROVIDER
    )
    found = (runtime.registry.records.get_provider(each) for each in numbers)
    return [each for each in found if each is not None]


def _find_unknown(runtime: Runtime, standing: Standing, sent: Sent, held: int) -> list[SlotId]:
    """Slots that are this account's duty and that this run does not know of.

    Those locked before a restart, by hand, or by a call that had been given up for lost.
    """
    account = standing.account
    known = sum(
        call == "lock" and runtime.market.slot[slot.job, slot.slot].provider == account
        for call, slot in sent
    )
    if held <= known:
        return []
    return [
        slot
        for (job, number), entry in islice(runtime.market.slot.items(), SLOTS_RESUMED_MAX)
        if entry.state is SlotState.LOCKED
        and entry.provider == account
        and ("lock", slot := SlotId(job, number)) not in sent
    ]


def _find_over(runtime: Runtime, standing: Standing) -> list[tuple[str, SlotId]]:
    """What has taken effect and is over, or has not taken effect for long."""
    found: list[tuple[str, SlotId]] = []
    for (call, slot), sent_at in standing.sent.items():
        state = runtime.slots.get_standing(slot)
        phase = None if state is None else state.phase
        has_bid = (slot.job, standing.account) in runtime.market.bid_
        is_mine = state is not None and state.provider == standing.account
        is_old = sent_at + RETRY_BLOCKS <= standing.number
        if call in ("bid", "unbid"):
            is_over = is_old or has_bid == (call == "bid")
        elif call == "renew":
            is_over = is_old or is_renewed(runtime, slot.job)
        elif call == "heartbeat":
            is_over = is_old or not is_heartbeat_due(runtime, slot.job)
        elif phase is SlotPhase.LOCKED and is_mine:
            is_over = call == "submit" and is_old
        else:
            is_over = is_old or phase is not SlotPhase.OPEN
        if is_over:
            found.append((call, slot))
    return found


def _count_pending(runtime: Runtime, account: AccountId) -> int:
    claims = (
        runtime.verify.claim[key]
        for key in islice(runtime.verify.pending.keys(), SLOTS_RESUMED_MAX)
    )
    # Of a commission nothing is asked any more: its buyer is silent, or says what he likes.
    waiting = (each for each in claims if each.verifier is not VerifierId.BUYER_ACCEPT)
    return sum(claim.claimant == account for claim in waiting)


def _get_asked(choice: Choice, record: ProviderInfo) -> dict[JobKind, int]:
    """The least for a slot of each kind of jobs that is taken.

    Nobody can say whether a commission is filled but who asked for it: none is taken unasked.
    """
    return {
        kind: max(price, choice.price_min)
        for kind, price in record.prices
        if (choice.kinds is None or kind in choice.kinds)
        and (kind is not JobKind.COMMISSION or choice.program is not None)
    }


def _choose_locks(
    runtime: Runtime, standing: Standing, sent: Sent, record: ProviderInfo
) -> list[SlotId]:
    """Open slots to lock, as far as prices, the bond and the places allow."""
    market, choice, number = runtime.market, standing.choice, standing.number
    found: list[SlotId] = []
    taken: set[tuple[int, int]] = set()
    most = record.max_parallel if choice.parallel_max is None else choice.parallel_max
    room = min(most, record.max_parallel) - market.busy[record.id]
    free = runtime.bonds.get_bonded(standing.account, Role.PROVIDER)
    asked = _get_asked(choice, record)
    slots = market.get_open_slots(OPEN_SLOTS_READ_MAX)
    jobs = {each: market.job[each] for each in {slot.job for slot in slots}}
    for slot in slots:
        if room <= 0:
            break
        job = jobs[slot.job]
        part = (slot.job, slot.slot % job.parts)
        if ("lock", slot) in sent:
            taken.add(part)
            room -= 1
            continue
        least = asked.get(job.kind)
        if least is None or job.price_cap < least or not is_answerable(job):
            continue  # nothing that it takes, or a trap; not worth to read more of it
        if market.open_slots[slot.job, slot.slot] or not market.is_ready(slot):
            continue  # a missed slot, or a segment whose turn has not come
        if not has_operands(standing.store, job.spec):
            continue  # a product whose operands nobody brought
        if part in taken or not market.is_distinct(slot, standing.account, record.id):
            continue  # a replica of what it fills itself
        price = market.compute_lock_price(slot, number + 1)
        if price is None:
            continue  # its slots go to bids
        bond = runtime.market.compute_bond(slot.job, price)
        if number >= job.open_until or price < least or bond > free:
            continue
        found.append(slot)
        taken.add(part)
        room -= 1
        free -= bond
    return found


def _add_all_work(plan: Plan, runtime: Runtime, standing: Standing, sent: Sent) -> None:
    """The slots locked by this provider that it has not submitted yet."""
    for call, slot in sent:
        state = runtime.slots.get_standing(slot)
        if call != "lock" or state is None or state.phase is not SlotPhase.LOCKED:
            continue
        if state.provider != standing.account or not sent.keys().isdisjoint(_list_begun(slot)):
            continue
        if not _add_work(plan, runtime, slot, standing):
            plan.lacking.append(slot)


def _list_begun(slot: SlotId) -> tuple[tuple[str, SlotId], ...]:
    """What was sent or begun of a slot that is not to be filled again."""
    return ("submit", slot), ("answer", slot)


def _add_work(plan: Plan, runtime: Runtime, slot: SlotId, standing: Standing) -> bool:
    """Whether everything is there that the slot needs; then it is among the work."""
    spec, store = runtime.market.job[slot.job].spec, standing.store
    if isinstance(spec, Commission):
        brief, program = runtime.registry.records.get_blob(spec.brief), standing.choice.program
        if brief is None or program is None or store is None:
            return False
        plan.commissions.append(CommissionRun(slot, brief, program))
        return True
    if isinstance(spec, Product):
        if store is None or not has_operands(store, spec):
            return False
        plan.products.append(ProductRun(slot, spec.program, store))
        return True
    work = runtime.slots.get_slot_work(slot)
    if work is None:
        run = load_run(runtime, slot)
        plan.programs.extend(() if run is None else (run,))
        return run is not None
    assignment = load_assignment(runtime, slot, work)
    plan.assignments.extend(() if assignment is None else (assignment,))
    return assignment is not None
