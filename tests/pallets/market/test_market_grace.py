"""The first miss in a while is forgiven: the bond freezes, the slot's price pays the filler."""

import pytest

from pallets.bonds.declarations import RoleFroze, RoleFrozen
from pallets.market import Posted, SlotState, declarations
from runtime.frame import Event, Pays
from runtime.frame.ai_types import Role, SlotId
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    EVE,
    ROYALTY_BPS,
    TERMS,
    MarketStage,
    get_total,
)

PRICE = 1_000_000
COLLATERAL = PRICE // 2
GRACE_BLOCKS, FREEZE_BLOCKS = 50, 10
"""Those of the stage."""


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    return stage.post(Posted(PRICE))


def miss(stage: MarketStage, job: int, *slots: int) -> None:
    """BOB locks slots and lets their deadlines pass."""
    for slot in slots:
        stage.lock(job, slot)
    stage.skip(TERMS.work_blocks + 1)
    stage.take_events()


def find(events: list[Event], kind: type[Event]) -> list[Event]:
    return [each for each in events if isinstance(each, kind)]


def test_a_forgiven_miss_costs_time_and_the_filler_is_paid_the_price(
    stage: MarketStage, job: int
) -> None:
    miss(stage, job, 0)
    wealth = {who: stage.get_wealth(who) for who in (ALICE, BOB, EVE)}
    total = get_total(stage)
    assert stage.submit(job, 0, EVE).pays_fee is Pays.NO
    events = stage.take_events()
    paid = PRICE * (10_000 - 1_000 - 200 - ROYALTY_BPS) // 10_000
    burned, royalties, treasury = PRICE // 10, PRICE * ROYALTY_BPS // 10_000, PRICE // 50
    parts = (burned, treasury, royalties, paid, 0)
    assert find(events, declarations.Settled) == [declarations.Settled(job, 0, EVE, PRICE, *parts)]
    assert find(events, declarations.LateFilled) == find(events, declarations.Slashed) == []
    until = stage.number + FREEZE_BLOCKS
    duty = SlotId(job, 0).to_duty()
    assert find(events, RoleFroze) == [RoleFroze(BOB, Role.PROVIDER, duty, until)]
    assert stage.get_wealth(ALICE) == wealth[ALICE] - PRICE
    assert stage.get_wealth(BOB) == wealth[BOB]
    assert stage.get_wealth(EVE) == wealth[EVE] + paid
    assert get_total(stage) == total - burned
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.record) == (SlotState.SETTLED, EVE, None)
    assert (slot.price, slot.bond, slot.burned) == (PRICE, 0, burned)
    stage.try_state()


def test_a_forgiven_miss_is_in_the_history(stage: MarketStage, job: int) -> None:
    miss(stage, job, 0)
    stage.submit(job, 0, EVE)
    stats = stage.market.stats[stage.record_of[BOB]]
    assert (stats.settled, stats.failed) == (0, 1)


def test_nobody_fills_it_and_nothing_is_slashed(stage: MarketStage, job: int) -> None:
    miss(stage, job, 0)
    stage.skip(TERMS.work_blocks)
    owner = stage.get_wealth(ALICE)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    events = stage.take_events()
    assert find(events, declarations.Slashed) == []
    assert find(events, declarations.Reopened) == [declarations.Reopened(job, 0, 1)]
    assert stage.get_wealth(ALICE) == owner
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND
    with stage.refused(RoleFrozen):
        stage.lock(job)
    stage.lock(job, who=CAROL)


def test_the_second_miss_pays_the_filler_from_the_collateral(stage: MarketStage, job: int) -> None:
    """M5: then the requester pays nothing, and the filler has no more than the collateral."""
    miss(stage, job, 0, 1)
    stage.submit(job, 0, EVE)
    owner, filler = stage.get_wealth(ALICE), stage.get_wealth(CAROL)
    stage.take_events()
    stage.submit(job, 1, CAROL)
    half = COLLATERAL // 2
    filled = declarations.LateFilled(job, 1, CAROL, BOB, half, half)
    assert find(stage.take_events(), declarations.LateFilled) == [filled]
    assert stage.get_wealth(ALICE) == owner
    assert stage.get_wealth(CAROL) == filler + half
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND - COLLATERAL


def test_a_miss_long_after_another_is_forgiven_again(stage: MarketStage) -> None:
    for _ in range(2):
        job = stage.post(Posted(PRICE))
        miss(stage, job, 0)
        stage.submit(job, 0, EVE)
        assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND
        stage.skip(GRACE_BLOCKS + 1)


def test_whoever_missed_may_fill_it_and_is_paid(stage: MarketStage, job: int) -> None:
    """It is late, once in a while: the freeze is what that costs."""
    miss(stage, job, 0)
    before = stage.get_wealth(BOB)
    stage.submit(job, 0, BOB)
    assert stage.get_wealth(BOB) > before
    with stage.refused(RoleFrozen):
        stage.lock(job, 1)


def test_fraud_is_never_forgiven(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    stage.submit(job, payload=stage.forge(job))
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND - COLLATERAL


def test_what_was_mined_before_a_forgiven_miss_earns_no_bonus(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    stage.next_block(BOB)
    stage.note(stage.make_summary(job, (0,)))
    stage.skip(TERMS.work_blocks)
    stage.submit(job, 0, EVE)
    era = stage.work.get_era()
    assert era is not None
    assert (era.bonus, era.burned) == (0, PRICE // 10)
    assert list(stage.work.credited.items()) == []
