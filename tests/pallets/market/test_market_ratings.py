"""Ratings and the history of providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.market import MarketParams, Posted, Stats, declarations
from pallets.market.settlement import OPINION_ONE, add_verdict
from runtime.decay import compute_decay
from tests.helpers.market_stage import ALICE, BOB, CAROL, EVE, TERMS, TREASURY, MarketStage

PRICE = 1_000_000
HALF_LIFE = 10


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage(MarketParams(TREASURY, rating_half_life_blocks=HALF_LIFE))


@pytest.fixture
def job(stage: MarketStage) -> int:
    job = stage.post(Posted(PRICE))
    for slot in range(2):
        stage.lock(job, slot)
        stage.submit(job, slot)
    return job


def rate(stage: MarketStage, job: int, slot: int, score: int, who: object = ALICE) -> None:
    stage.dispatch(stage.market, "rate", who, job, slot, score, b"tag")  # type: ignore[arg-type]


def test_a_rating_weighs_what_the_slot_burned(stage: MarketStage, job: int) -> None:
    burned = stage.get(job).burned
    assert burned == PRICE // 10
    rate(stage, job, 0, 80)
    record = stage.record_of[BOB]
    event = declarations.Rated(job, 0, record, 80, burned, b"tag")
    assert stage.take_events()[-1] == event
    stats = stage.market.stats[record]
    assert (stats.rating_sum, stats.rating_weight) == (80 * burned, burned)
    stage.skip(HALF_LIFE)
    rate(stage, job, 1, 20)
    stats = stage.market.stats[record]
    assert (stats.rating_sum, stats.rating_weight) == (60 * burned, burned // 2 + burned)


def test_who_may_rate_what(stage: MarketStage, job: int) -> None:
    for who in (BOB, CAROL):
        with stage.refused(declarations.NotPayer):
            rate(stage, job, 0, 50, who)
    with stage.refused(declarations.BadScore):
        rate(stage, job, 0, 101)
    with stage.refused(declarations.WrongState):
        rate(stage, job, 2, 50)
    with stage.refused(declarations.NoSuchSlot):
        rate(stage, job, 4, 50)
    with stage.refused(declarations.NoSuchJob):
        rate(stage, 9, 0, 50)
    rate(stage, job, 0, 100)
    with stage.refused(declarations.AlreadyRated):
        rate(stage, job, 0, 100)


def test_a_late_fill_is_rated_without_weight(stage: MarketStage, job: int) -> None:
    stage.spend_grace(BOB)
    stage.lock(job, 2)
    stage.skip(TERMS.work_blocks + 1)
    stage.submit(job, 2, EVE)
    before = stage.market.stats[stage.record_of[BOB]]
    rate(stage, job, 2, 0)
    assert stage.take_events()[-1] == declarations.Rated(job, 2, None, 0, 0, b"tag")
    assert stage.market.stats[stage.record_of[BOB]] == before


def test_verdicts_are_remembered_and_fade() -> None:
    stats = add_verdict(Stats(), is_valid=True, price=7)
    assert (stats.alpha, stats.beta, stats.settled, stats.value) == (OPINION_ONE, 0, 1, 7)
    stats = add_verdict(stats, is_valid=False, price=7)
    assert (stats.alpha, stats.beta, stats.failed, stats.value) == (999_000, OPINION_ONE, 1, 7)
    for _ in range(10_000):
        stats = add_verdict(stats, is_valid=True, price=1)
    assert stats.beta < 100
    assert 999 * OPINION_ONE < stats.alpha <= 1_000 * OPINION_ONE


@given(st.integers(0, 2**128 - 1), st.integers(0, 5_000), st.integers(1, 1_000))
def test_decay_only_ever_lessens(amount: int, age: int, half_life: int) -> None:
    now, later = (compute_decay(amount, n, half_life) for n in (age, age + 1))
    assert 0 <= later <= now <= amount
    assert compute_decay(amount, half_life, half_life) == amount // 2
    assert compute_decay(amount, 129 * half_life, half_life) == 0
