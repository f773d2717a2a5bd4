"""Deadlines: slots that are missed, filled late, opened again, refunded."""

import pytest

from pallets.market import Posted, SlotState, Terms, declarations
from runtime.frame import Pays
from runtime.frame.ai_types import (
    Role,
    SlotId,
    SlotPhase,
)
from runtime.frame.traits import HoldReason
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    DAVE,
    EVE,
    TERMS,
    MarketStage,
)

PRICE = 1_000_000
COLLATERAL = PRICE // 2


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    return stage.post(Posted(PRICE))


def get_bond(stage: MarketStage) -> tuple[int, int]:
    bond = stage.bonds.bond_[BOB, Role.PROVIDER]
    return bond.active, bond.locked


def miss(stage: MarketStage, job: int) -> None:
    """BOB locks the first slot and lets the deadline pass, not for the first time."""
    stage.spend_grace(BOB)
    stage.lock(job)
    stage.skip(TERMS.work_blocks + 1)


def test_a_result_in_the_last_block_is_in_time(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    stage.skip(TERMS.work_blocks)
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "poke", EVE, job, 0)
    stage.submit(job)
    assert stage.get(job).price == PRICE


def test_a_missed_deadline_opens_the_slot_to_everybody(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    deadline = stage.get(job).deadline
    stage.skip(TERMS.work_blocks + 1)
    stage.take_events()
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    until = deadline + TERMS.work_blocks
    assert stage.take_events() == [declarations.LateOpened(job, 0, BOB, until)]
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.deadline) == (SlotState.LATE_OPEN, BOB, until)
    assert stage.market.open_slots[job, 0] is True
    assert get_bond(stage) == (BOND - COLLATERAL, COLLATERAL)
    assert stage.market.stats[stage.record_of[BOB]].failed == 1
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "poke", EVE, job, 0)
    with stage.refused(declarations.WrongState):
        stage.lock(job, who=CAROL)


@pytest.mark.parametrize("is_poked", [True, False])
def test_a_late_fill_is_free_and_paid_by_the_collateral(
    stage: MarketStage, job: int, is_poked: bool
) -> None:
    miss(stage, job)
    if is_poked:
        stage.dispatch(stage.market, "poke", DAVE, job, 0)
    filler, owner = stage.get_wealth(EVE), stage.get_wealth(ALICE)
    issuance = stage.money.get_issuance()
    stage.take_events()
    post = stage.submit(job, who=EVE)
    assert post.pays_fee is Pays.NO
    half = COLLATERAL // 2
    filled = declarations.LateFilled(job, 0, EVE, BOB, half, half)
    assert filled in stage.take_events()
    assert stage.get_wealth(EVE) == filler + half
    assert stage.get_wealth(ALICE) == owner
    assert stage.money.get_issuance() == issuance - half
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.price) == (SlotState.SETTLED, EVE, 0)
    assert (slot.record, slot.burned, slot.bond) == (None, 0, 0)
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 3 * PRICE
    assert (job, 0) in stage.market.output
    assert stage.bonds.get_locked(SlotId(job, 0).to_duty()) == 0


def test_a_wrong_late_fill_costs_a_fee_and_nothing_else(stage: MarketStage, job: int) -> None:
    miss(stage, job)
    stage.dispatch(stage.market, "poke", DAVE, job, 0)
    before, filler = stage.get(job), stage.get_wealth(EVE)
    post = stage.submit(job, who=EVE, payload=stage.forge(job))
    assert post.pays_fee is Pays.YES
    assert stage.get(job) == before
    assert stage.get_wealth(EVE) == filler
    assert stage.market.open_slots[job, 0] is True
    assert (job, 0) not in stage.market.output
    stage.submit(job, who=CAROL)
    assert stage.get(job).state is SlotState.SETTLED


def test_whoever_missed_may_still_fill_at_half_the_collateral(stage: MarketStage, job: int) -> None:
    miss(stage, job)
    stage.submit(job)
    assert stage.get_wealth(BOB) <= stage.get_wealth(CAROL) - COLLATERAL // 2


def test_nobody_fills_it_and_the_slot_reopens(stage: MarketStage, job: int) -> None:
    miss(stage, job)
    owner = stage.get_wealth(ALICE)
    stage.skip(TERMS.work_blocks)
    stage.take_events()
    stage.dispatch(stage.market, "poke", EVE, job, 0)  # both steps at once
    half = COLLATERAL // 2
    events = [e for e in stage.take_events() if type(e).__module__.startswith("pallets.market")]
    assert events[1:] == [
        declarations.Slashed(job, 0, BOB, COLLATERAL, half, half, 0),
        declarations.Reopened(job, 0, 1),
    ]
    assert stage.get_wealth(ALICE) == owner + half
    stage.lock(job, who=CAROL)


def test_a_lock_applies_what_is_due(stage: MarketStage, job: int) -> None:
    miss(stage, job)
    stage.skip(TERMS.work_blocks)
    stage.lock(job, who=CAROL)
    slot = stage.get(job)
    assert (slot.provider, slot.failures, slot.state) == (CAROL, 1, SlotState.LOCKED)


def test_one_poke_after_everything_ends_a_slot(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE), terms=Terms(3, 5, 8), rows_per_slot=20)
    stage.lock(job, 0)
    stage.skip(50)
    for slot in range(2):
        stage.dispatch(stage.market, "poke", EVE, job, slot)
        assert stage.get(job, slot).state is SlotState.REFUNDED
        with stage.refused(declarations.NotDue):
            stage.dispatch(stage.market, "poke", EVE, job, slot)
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 0
    with stage.refused(declarations.NoSuchJob):
        stage.dispatch(stage.market, "poke", EVE, 9, 0)
    with stage.refused(declarations.NoSuchSlot):
        stage.dispatch(stage.market, "poke", EVE, job, 2)


# --- what work sees


def test_work_sees_who_is_at_work(stage: MarketStage, job: int) -> None:
    def see(slot: int = 0) -> tuple[SlotPhase, object]:
        work = stage.slots.get_slot_work(SlotId(job, slot))
        assert work is not None
        return work.phase, work.provider

    assert see() == (SlotPhase.OPEN, None)
    stage.lock(job)
    assert see() == (SlotPhase.LOCKED, BOB)
    stage.skip(TERMS.work_blocks + 1)
    assert see() == (SlotPhase.OPEN, None)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    assert see() == (SlotPhase.OPEN, None)
    stage.submit(job, who=EVE)
    assert see() == (SlotPhase.SETTLED, EVE)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    assert see(1) == (SlotPhase.CLOSED, None)
    work = stage.slots.get_slot_work(SlotId(job, 3))
    assert work is not None
    assert (work.row_first, work.rows, work.inputs) == (30, 10, stage.input_root)
    for absent in (SlotId(job, 4), SlotId(9, 0)):
        assert stage.slots.get_slot_work(absent) is None
