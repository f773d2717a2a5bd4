"""Jobs that pay the going price: what a slot costs, and what moves it."""

from dataclasses import replace

import pytest

from pallets.market import Going, Posted, Slot, SlotState, Terms, declarations
from pallets.market.going import make_offer
from pallets.market.posting import UNIT_COST
from pallets.work import declarations as work
from pallets.work.prices import UNIT_PRICE_START, GoingPrice
from runtime.frame.ai_types import JobKind, Role, SlotId
from runtime.model import count_cells, load_model
from runtime.primitives import UNIT
from tests.helpers.market_stage import ALICE, BOB, CAROL, MarketStage, get_total
from tests.helpers.program_jobs import ProgramStage

TERMS = Terms(open_blocks=400, work_blocks=10, attempts=3)
RICH = 50 * UNIT
KIND = JobKind.INFER


@pytest.fixture
def stage() -> MarketStage:
    stage = MarketStage()
    for who in (ALICE, BOB, CAROL):
        stage.money.mint(who, 10_000 * UNIT)
    for who in (BOB, CAROL):
        stage.dispatch(stage.bonds, "bond", who, Role.PROVIDER, 1_000 * UNIT)
    return stage


def post(stage: MarketStage, price_max: int = RICH, model: int | None = None) -> int:
    spec = stage.make_spec() if model is None else stage.make_spec(model=model)
    return stage.post_spec(spec, Going(price_max), terms=TERMS)


def get_unit(stage: MarketStage) -> int:
    return stage.work.prices.get_unit_price(KIND, stage.model)


def get_asked(stage: MarketStage, job: int) -> int:
    """What locking its first slot would cost now."""
    price = stage.market.compute_lock_price(SlotId(job, 0), stage.number)
    assert price is not None
    return price


def fill(stage: MarketStage, job: int, slot: int = 0) -> int:
    """Locks and submits; returns the price."""
    stage.lock(job, slot)
    price = stage.get(job, slot).price
    stage.submit(job, slot)
    return price


def test_a_slot_costs_its_units_at_the_price_of_its_lock(stage: MarketStage) -> None:
    job = post(stage)
    entry = stage.get_job(job)
    info = stage.records.get_model(stage.model)
    assert info is not None
    loaded = load_model(info, stage.records)
    assert loaded is not None
    cost = loaded.checked.macs * 10 + count_cells(loaded.checked, 10)
    assert entry.units == -(-cost // UNIT_COST) == 1
    assert entry.escrow == 4 * RICH
    stage.next_block()
    before = stage.money.get_free(ALICE)
    assert get_asked(stage, job) == UNIT_PRICE_START
    assert fill(stage, job) == UNIT_PRICE_START
    assert stage.money.get_free(ALICE) == before + RICH - UNIT_PRICE_START


def test_units_are_counted_of_large_slots(stage: MarketStage) -> None:
    job = post(stage)
    stage.market.job[job] = replace(stage.get_job(job), units=7)
    stage.next_block()
    assert fill(stage, job) == 7 * UNIT_PRICE_START
    stage.market.job[job] = replace(stage.get_job(job), units=70)
    assert fill(stage, job, 1) == RICH, "never more than the job allows"


def test_slots_taken_at_once_make_it_fall_and_slots_that_wait_rise(stage: MarketStage) -> None:
    units = [get_unit(stage)]
    for _ in range(8):
        job = post(stage)
        stage.next_block()
        fill(stage, job)
        stage.next_block()
        units.append(get_unit(stage))
    assert units == sorted(units, reverse=True)
    assert units[-1] < units[0]
    low = units[-1]
    job = post(stage)
    stage.skip(30)
    assert get_unit(stage) == low, "waiting tells nothing before somebody pays for it"
    asked = get_asked(stage, job)
    stage.take_events()
    assert fill(stage, job) == asked
    assert low < asked <= low * 102**30 // 100**30
    moved = next(e for e in stage.take_events() if isinstance(e, work.PriceMoved))
    assert (moved.kind, moved.model, moved.after) == (KIND, stage.model, asked)


def test_one_price_a_block(stage: MarketStage) -> None:
    waiting, fresh = post(stage), 0
    stage.skip(20)
    fresh = post(stage)
    first = fill(stage, waiting)
    assert fill(stage, waiting, 1) == first > UNIT_PRICE_START
    assert fill(stage, fresh) == first


def test_who_moves_the_price_and_then_does_nothing_is_not_forgiven(stage: MarketStage) -> None:
    """Else the price of a model could be had at any height for the fee of one lock."""
    job = post(stage)
    stage.skip(100)
    stage.lock(job)
    assert get_unit(stage) > 5 * UNIT_PRICE_START
    collateral = stage.get(job).bond
    assert collateral > 0
    total, wealth = get_total(stage), stage.get_wealth(BOB)
    stage.skip(2 * TERMS.work_blocks + 2)
    stage.dispatch(stage.market, "poke", CAROL, job, 0)
    assert stage.get_wealth(BOB) == wealth - collateral
    assert get_total(stage) == total - collateral // 2
    assert stage.get(job).state is SlotState.OPEN
    stage.try_state()


def test_who_fills_such_a_slot_late_is_paid_by_the_collateral(stage: MarketStage) -> None:
    job = post(stage)
    stage.skip(20)
    stage.lock(job)
    collateral, owner = stage.get(job).bond, stage.get_wealth(ALICE)
    filler = stage.get_wealth(CAROL)
    stage.skip(TERMS.work_blocks + 1)
    stage.submit(job, 0, CAROL)
    assert stage.get_wealth(CAROL) == filler + collateral // 2
    assert stage.get_wealth(ALICE) == owner
    stage.try_state()


def test_an_offer_that_nobody_could_take_tells_nothing(stage: MarketStage) -> None:
    """Who offers little, waits, and then takes his own slot moves the price nowhere."""
    low = post(stage, UNIT_PRICE_START // 2)
    stage.skip(50)
    assert fill(stage, low) == UNIT_PRICE_START // 2
    assert list(stage.work.price.items()) == []
    stage.dispatch(stage.market, "top_up", ALICE, low, RICH)
    assert fill(stage, low, 1) == UNIT_PRICE_START, "it waits anew since the top-up"
    assert stage.work.price[KIND, stage.model].unit == UNIT_PRICE_START


def test_an_offer_raises_the_price_as_far_as_it_pays(stage: MarketStage) -> None:
    job = post(stage, UNIT_PRICE_START * 11 // 10)
    stage.skip(300)
    price = fill(stage, job)
    assert UNIT_PRICE_START * 107 // 100 < price <= UNIT_PRICE_START * 11 // 10


def test_a_slot_that_was_in_somebodys_hands_did_not_wait(stage: MarketStage) -> None:
    job = post(stage)
    stage.next_block()
    stage.lock(job)
    stage.skip(3)
    stage.submit(job, payload=stage.forge(job))
    assert stage.get(job).state is SlotState.OPEN
    stage.skip(20)
    stage.lock(job, who=CAROL)
    assert stage.get(job).price <= UNIT_PRICE_START


def test_other_rules_leave_the_price_alone(stage: MarketStage) -> None:
    job = stage.post(Posted(RICH), terms=TERMS)
    stage.skip(30)
    fill(stage, job)
    assert list(stage.work.price.items()) == []


def test_each_model_and_each_kind_has_its_price(stage: MarketStage) -> None:
    other = stage.register_child_model(bps=100)
    job, child = post(stage), post(stage, model=other)
    stage.skip(40)
    fill(stage, job)
    stage.next_block()
    assert get_unit(stage) > UNIT_PRICE_START
    prices = stage.work.prices
    assert prices.get_unit_price(KIND, other) == UNIT_PRICE_START
    assert prices.get_unit_price(JobKind.RENDER, None) == UNIT_PRICE_START
    assert get_asked(stage, child) > UNIT_PRICE_START
    assert [key for key, _ in stage.work.price.items()] == [(KIND, stage.model)]


def test_a_refused_lock_moves_nothing(stage: MarketStage) -> None:
    job = post(stage)
    stage.skip(30)
    stage.record_of[CAROL] = stage.record_of[BOB]
    with stage.refused(declarations.RequirementUnmet):
        stage.lock(job, who=CAROL)
    assert stage.work.price[KIND, stage.model] == GoingPrice()


def test_a_price_of_nothing_is_none(stage: MarketStage) -> None:
    with stage.refused(declarations.BadPrice):
        post(stage, 0)


def test_only_what_everybody_could_take_waits() -> None:
    stage = ProgramStage()
    for kind, spec in stage.make_specs().items():
        job = stage.get_job(stage.post_spec(spec, terms=TERMS))
        offers = [make_offer(job, Slot(), SlotId(0, slot)) for slot in (0, 1)]
        since = [offer.open_since for offer in offers]
        assert since == [job.posted_at, None if kind == "train" else job.posted_at], kind
        assert offers[0].model == (stage.model if kind == "eval" else None)
        assert offers[0].units == job.units > 0
    plain = stage.get_job(stage.post(terms=TERMS))
    assert make_offer(plain, Slot(failures=1), SlotId(0, 0)).open_since is None
    for blocks, told in ((9, None), (10, plain.posted_at)):
        hasty = replace(plain, work_blocks=blocks)
        assert make_offer(hasty, Slot(), SlotId(0, 0)).open_since == told
