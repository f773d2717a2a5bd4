"""What must hold of the market's state between any two dispatches."""

from collections import Counter

from pallets.market.book import Book, Partners
from pallets.market.prices import Bids
from pallets.market.types import BIDS_MAX, Job, Slot, SlotState
from runtime.frame.ai_types import SlotId
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId


def ensure_consistent(book: Book) -> None:
    """Asserts that escrow, deposits, collateral, indices and counters agree with the slots."""
    market, partners = book.tables, book.partners
    escrow: Counter[AccountId] = Counter()
    deposits: Counter[AccountId] = Counter()
    busy: Counter[int] = Counter()
    waiting: dict[tuple[int, int], bool] = {}
    slots_count = 0
    _ensure_bids(book)
    _ensure_recurring(book)
    for number, job in market.job.items():
        slots = [market.slot[number, index] for index in range(job.slots)]
        slots_count += len(slots)
        live = sum(not slot.state.is_final for slot in slots)
        assert live == job.live, f"job {number}: {live} slots are not final, not {job.live}"
        assert job.escrow == live * job.price_cap, f"job {number}: escrow {job.escrow}"
        escrow[job.owner] += job.escrow
        deposits[job.owner] += job.deposit
        _ensure_distinct(number, job, slots)
        for index, slot in enumerate(slots):
            _ensure_slot(SlotId(number, index), slot, partners)
            if slot.state is SlotState.LOCKED and slot.record is not None:
                busy[slot.record] += 1
            if slot.state in (SlotState.OPEN, SlotState.LATE_OPEN):
                waiting[number, index] = slot.state is SlotState.LATE_OPEN
    assert slots_count == sum(1 for _ in market.slot.items()), "slots without a job"
    assert waiting == dict(market.open_slots.items()), "the index of open slots is wrong"
    assert dict(busy) == dict(market.busy.items()), "the counters of locked slots are wrong"
    for who, amount in escrow.items():
        held = partners.money.get_held(HoldReason.ESCROW, who)
        assert amount == held, f"{who}: {amount} in escrow, {held} on hold"
    for who, amount in deposits.items():
        held = partners.money.get_held(HoldReason.JOB_DEPOSIT, who)
        assert amount == held, f"{who}: deposits of {amount}, {held} on hold"


def _ensure_bids(book: Book) -> None:
    count: Counter[int] = Counter()
    deposits: Counter[AccountId] = Counter()
    for (number, who), bid in book.tables.bid.items():
        job = book.tables.job.get(number)
        assert job is not None, f"a bid for job {number}, which is not there"
        assert isinstance(job.price, Bids), f"a bid for job {number}, which takes none"
        assert 0 < bid.price <= job.price_cap, f"job {number}: {bid}"
        count[number] += 1
        deposits[who] += bid.deposit
    for number, job in book.tables.job.items():
        assert job.bids == count[number] <= BIDS_MAX, f"job {number}: {count[number]} bids"
    for who, amount in deposits.items():
        held = book.partners.money.get_held(HoldReason.BID, who)
        assert amount == held, f"{who}: {amount} in bids, {held} on hold"


def _ensure_recurring(book: Book) -> None:
    reserves: Counter[AccountId] = Counter()
    for number, entry in book.tables.recurring.items():
        assert entry.runs_left > 0, f"recurring job {number} has no runs left"
        assert number < book.tables.next_recurring.get(), f"recurring job {number} of later"
        reserves[entry.owner] += entry.reserve + entry.deposit
    for who, amount in reserves.items():
        held = book.partners.money.get_held(HoldReason.RECURRING, who)
        assert amount == held, f"{who}: {amount} for further runs, {held} on hold"


def _ensure_distinct(number: int, job: Job, slots: list[Slot]) -> None:
    """M10: the replicas of a slot are different providers' work."""
    for part in range(job.parts):
        replicas = [slots[each] for each in job.get_replicas(part)]
        holders = [each.holder for each in replicas if each.holder is not None]
        assert len(set(holders)) == len(holders), f"job {number}, part {part}: {holders}"
        records = [each.record for each in replicas if each.holder and each.record is not None]
        assert len(set(records)) == len(records), f"job {number}, part {part}: {records}"


def _ensure_slot(at: SlotId, slot: Slot, partners: Partners) -> None:
    is_submitted = slot.state is SlotState.SUBMITTED
    assert is_submitted == partners.claims.is_pending(at), f"{at}: {slot.state.name}, its claim not"
    locked = partners.slasher.get_locked(at.to_duty())
    assert locked == slot.bond, f"{at}: {locked} locked, not {slot.bond}"
    has_provider = slot.state not in (SlotState.OPEN, SlotState.REFUNDED)
    assert has_provider == (slot.provider is not None), f"{at}: {slot}"
