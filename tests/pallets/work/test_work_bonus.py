"""Bonuses and eras."""

from dataclasses import replace

import pytest

from pallets.market import Posted
from pallets.market import declarations as market
from pallets.work import Era, Work, declarations
from pallets.work.pallet import BLOCK_MACS_MAX
from runtime.frame.ai_types import SlotId
from runtime.primitives import UNIT, AccountId, Root
from runtime.work_summary import Lane, WorkSummary
from tests.helpers.market_stage import (
    BLOCK_MACS,
    BOB,
    CAROL,
    EVE,
    TERMS,
    WORK_PARAMS,
    MarketStage,
)

PRICE = 1_000_000
BURNED = PRICE // 10
FIRST, SECOND = 64 * 32, 32 * 10
SEEDED = WorkSummary(Lane.SEEDED, 256, 256, 256, Root.zero(), Root.zero())


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def prepare(stage: MarketStage, *layers: int) -> int:
    """A job of one slot, locked by BOB, whose products at these layers mined blocks of his."""
    job = stage.post(Posted(PRICE), rows_per_slot=40)
    stage.lock(job)
    for layer in layers:
        stage.note(stage.make_summary(job, (0,), layer))
        stage.next_block()
    return job


def test_a_slot_that_mined_earns_a_bonus_when_it_settles(stage: MarketStage) -> None:
    job = prepare(stage, 0, 1)
    before, issuance = stage.get_wealth(BOB), stage.money.get_issuance()
    stage.take_events()
    stage.submit(job)
    first = BURNED * 8 * FIRST // (10 * (FIRST + SECOND))
    second = BURNED * 8 * SECOND // (10 * (FIRST + SECOND))
    events = stage.take_events()
    paid = [e for e in events if isinstance(e, declarations.BonusPaid)]
    assert sorted(e.amount for e in paid) == [second, first]
    settled = next(e for e in events if isinstance(e, market.Settled))
    assert settled.bonus == first + second <= BURNED * 8 // 10
    assert stage.get_wealth(BOB) == before + settled.paid + settled.bonus
    assert stage.money.get_issuance() == issuance - BURNED + settled.bonus
    era = stage.work.get_era()
    assert era is not None
    assert (era.burned, era.bonus) == (BURNED, settled.bonus)
    assert list(stage.work.credited.items()) == []


def test_a_part_of_the_products_earns_its_part(stage: MarketStage) -> None:
    job = prepare(stage, 1)
    stage.take_events()
    stage.submit(job)
    settled = next(e for e in stage.take_events() if isinstance(e, market.Settled))
    assert settled.bonus == BURNED * 8 * SECOND // (10 * (FIRST + SECOND))


def test_a_slot_that_did_not_mine_earns_none(stage: MarketStage) -> None:
    job = prepare(stage)
    stage.take_events()
    stage.submit(job)
    events = stage.take_events()
    assert not any(isinstance(e, declarations.BonusPaid) for e in events)
    assert next(e for e in events if isinstance(e, market.Settled)).bonus == 0


def test_a_forger_loses_the_bonus_and_nobody_inherits_it(stage: MarketStage) -> None:
    job = prepare(stage, 0)
    stage.submit(job, payload=stage.forge(job))
    assert stage.work.credited[job, 0, 0].author is None
    stage.next_block(CAROL)
    stage.lock(job, who=CAROL)
    with stage.refused(declarations.AlreadyCredited):
        stage.note(stage.make_summary(job, (0,)))
    stage.note(stage.make_summary(job, (0,), layer=1))  # what BOB left is hers
    stage.take_events()
    stage.submit(job, who=CAROL)
    settled = next(e for e in stage.take_events() if isinstance(e, market.Settled))
    assert settled.bonus == BURNED * 8 * SECOND // (10 * (FIRST + SECOND))


def test_whoever_misses_loses_the_bonus(stage: MarketStage) -> None:
    job = prepare(stage, 0)
    stage.skip(TERMS.work_blocks + 1)
    stage.take_events()
    stage.submit(job)  # late, by BOB himself
    assert not any(isinstance(e, declarations.BonusPaid) for e in stage.take_events())
    assert list(stage.work.credited.items()) == []


def test_a_refunded_slot_leaves_no_credit(stage: MarketStage) -> None:
    job = prepare(stage, 0)
    stage.skip(50)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    assert list(stage.work.credited.items()) == []
    era = stage.work.get_era()
    assert era is not None
    assert era.burned == 0


def test_a_bonus_that_cannot_be_received_is_not_minted(stage: MarketStage) -> None:
    job, ghost = prepare(stage, 0), AccountId(b"n" * 32)
    credit = stage.work.credited[job, 0, 0]
    stage.work.credited[job, 0, 0] = type(credit)(ghost, credit.macs)
    issuance = stage.money.get_issuance()
    assert stage.work.note_settled(SlotId(job, 0), ghost, 10) == 0
    assert stage.money.get_issuance() == issuance


def test_eras_close_and_are_forgotten(stage: MarketStage) -> None:
    stage.skip(8)
    era = stage.work.get_era(0)
    assert era == Era(1, blocks=9, total_macs=9 * BLOCK_MACS)
    job = stage.post(Posted(PRICE), rows_per_slot=40)
    stage.lock(job)
    stage.note(stage.make_summary(job, (0,)))
    stage.submit(job)
    last = stage.work.get_era(0)
    assert last is not None
    stage.take_events()
    stage.next_block()
    reward = 9 * UNIT  # of which the treasury's is a tenth
    parts = (last.bonus, reward * 9 // 10, reward // 10)
    closed = declarations.EraClosed(0, 9 * BLOCK_MACS, 40 * FIRST, BURNED, *parts)
    assert stage.take_events() == [closed]
    assert last.bonus == BURNED * 8 * FIRST // (10 * (FIRST + SECOND))
    assert stage.work.get_era() == Era(10, blocks=1, total_macs=BLOCK_MACS)
    assert stage.work.get_useful_bps(0) == 40 * FIRST * 10_000 // (9 * BLOCK_MACS)
    stage.skip(30)
    assert sorted(index for index, _ in stage.work.era.items()) == [1, 2, 3, 4]
    assert stage.work.get_era(0) is None
    assert stage.work.get_useful_bps(0) == 0


def test_receipts_are_kept_for_a_while(stage: MarketStage) -> None:
    for _ in range(40):
        stage.note(SEEDED)
        stage.next_block()
    numbers = sorted(number for number, _ in stage.work.receipt.items())
    assert numbers == list(range(stage.number - 24, stage.number))


def test_a_block_that_says_nothing_counts_as_work(stage: MarketStage) -> None:
    stage.next_block(macs=3 * BLOCK_MACS)
    era = stage.work.get_era()
    assert era == Era(1, blocks=2, total_macs=4 * BLOCK_MACS)


def test_an_absurd_target_does_not_leave_the_type(stage: MarketStage) -> None:
    stage.next_block(macs=1 << 256)
    stage.note(SEEDED)
    assert stage.work.receipt[stage.number].total_macs == BLOCK_MACS_MAX


def test_a_bonus_of_all_that_was_burned_is_no_parameter(stage: MarketStage) -> None:
    args = (stage.state, stage.system, stage.money, stage.records, stage.slots)
    with pytest.raises(AssertionError):
        Work(*args, index=24, params=replace(WORK_PARAMS, bonus_bps=10_000))
    with pytest.raises(AssertionError):
        Work(*args, index=24, params=replace(WORK_PARAMS, era_blocks=0))
