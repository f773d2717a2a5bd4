"""What must hold of the market's state between any two dispatches."""

from collections import Counter

from pallets.market.book import Book, Partners
from pallets.market.types import Slot, SlotState
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
    for number, job in market.job.items():
        slots = [market.slot[number, index] for index in range(job.slots)]
        slots_count += len(slots)
        live = sum(not slot.state.is_final for slot in slots)
        assert live == job.live, f"job {number}: {live} slots are not final, not {job.live}"
        assert job.escrow == live * job.price_cap, f"job {number}: escrow {job.escrow}"
        escrow[job.owner] += job.escrow
        deposits[job.owner] += job.deposit
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


def _ensure_slot(at: SlotId, slot: Slot, partners: Partners) -> None:
    is_submitted = slot.state is SlotState.SUBMITTED
    assert is_submitted == partners.claims.is_pending(at), f"{at}: {slot.state.name}, its claim not"
    locked = partners.slasher.get_locked(at.to_duty())
    assert locked == slot.bond, f"{at}: {locked} locked, not {slot.bond}"
    has_provider = slot.state not in (SlotState.OPEN, SlotState.REFUNDED)
    assert has_provider == (slot.provider is not None), f"{at}: {slot}"
