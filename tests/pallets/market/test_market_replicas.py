"""Replicas: the same rows run by several providers, each judged and paid by itself."""

from dataclasses import replace

import pytest

from pallets.market import Bids, Posted, SlotState, declarations
from pallets.market.bids import Pick
from pallets.market.posting import SLOT_BYTES
from pallets.registry.types import KindPrice, Provider
from pallets.work import Credit
from pallets.work.declarations import AlreadyCredited, RefNotOpen
from runtime.address import Id
from runtime.frame.ai_types import JobKind, Role
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    DAVE,
    EVE,
    PARAMS,
    ROWS,
    TERMS,
    MarketStage,
)

PRICE = 1_000_000
PARTS = 4
"""Slots of ten rows; slot 4 is the second replica of slot 0, and slot 8 the third."""


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    return stage.post(Posted(PRICE), replicas=3)


def test_each_replica_is_a_slot_with_its_own_escrow_and_deposit(stage: MarketStage) -> None:
    job = stage.get_job(stage.post(Posted(PRICE), replicas=2))
    assert (job.slots, job.parts, job.live) == (2 * PARTS, PARTS, 2 * PARTS)
    assert job.escrow == 2 * PARTS * PRICE
    output_bytes = 2 * ROWS * job.output_row_bytes
    stored_bytes = 2 * PARTS * SLOT_BYTES + output_bytes
    assert job.deposit == PARAMS.job_deposit + PARAMS.byte_deposit * stored_bytes
    assert list(job.get_replicas(5)) == list(job.get_replicas(1)) == [1, 5]


def test_replicas_run_the_same_rows_and_are_paid_each(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0, BOB)
    stage.lock(job, PARTS, CAROL)
    assert stage.run(job, 0) == stage.run(job, PARTS) != stage.run(job, 1)
    paid = {who: stage.get_wealth(who) for who in (BOB, CAROL)}
    stage.submit(job, 0, BOB)
    stage.submit(job, PARTS, CAROL)
    gains = {stage.get_wealth(who) - paid[who] for who in (BOB, CAROL)}
    assert len(gains) == 1
    assert min(gains) > PRICE // 2
    assert stage.market.output[job, 0] == stage.market.output[job, PARTS]


def test_one_replica_is_judged_apart_from_the_others(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0, BOB)
    stage.lock(job, PARTS, CAROL)
    stage.submit(job, 0, BOB, stage.forge(job, 0))
    assert stage.get(job, 0).state is SlotState.OPEN
    assert stage.get(job, PARTS).state is SlotState.LOCKED
    stage.submit(job, PARTS, CAROL)
    assert stage.get(job, PARTS).state is SlotState.SETTLED


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_provider_fills_one_replica(stage: MarketStage, job: int, is_settled: bool) -> None:
    stage.lock(job, PARTS)
    if is_settled:
        stage.submit(job, PARTS)
    for slot in (0, 2 * PARTS):
        with stage.refused(declarations.NotDistinct):
            stage.lock(job, slot)
    stage.lock(job, 1)  # other rows


def test_one_record_fills_one_replica(stage: MarketStage, job: int) -> None:
    """A record that is handed over between two locks is still the same machine."""
    prices = (KindPrice(JobKind.INFER, 1),)
    record = stage.register(BOB, Provider("https://b.example", (), prices, 8))
    stage.dispatch(stage.market, "lock", BOB, job, 0, record)
    stage.dispatch(stage.registry, "transfer", BOB, record, Id(CAROL))
    with stage.refused(declarations.NotDistinct):
        stage.dispatch(stage.market, "lock", CAROL, job, PARTS, record)
    stage.lock(job, PARTS, CAROL)


def test_an_account_with_two_records_fills_one_replica(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0)
    other = stage.register_provider(BOB)
    with stage.refused(declarations.NotDistinct):
        stage.dispatch(stage.market, "lock", BOB, job, PARTS, other)


def test_who_fills_late_is_distinct_too(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0, BOB)
    stage.lock(job, PARTS, CAROL)
    stage.submit(job, PARTS, CAROL)
    stage.skip(TERMS.work_blocks + 1)
    with stage.refused(declarations.NotDistinct):
        stage.submit(job, 0, CAROL)
    stage.submit(job, 0, EVE)
    assert stage.get(job, 0).provider == EVE
    record = stage.register_provider(EVE)
    stage.dispatch(stage.bonds, "bond", EVE, Role.PROVIDER, BOND)
    with stage.refused(declarations.NotDistinct):
        stage.dispatch(stage.market, "lock", EVE, job, 2 * PARTS, record)


def test_who_missed_one_replica_may_fill_another(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE), replicas=2)
    stage.lock(job, 0, BOB)
    stage.skip(TERMS.work_blocks + 1)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    stage.lock(job, PARTS, BOB)
    stage.submit(job, 0, CAROL)
    assert {stage.get(job, each).provider for each in (0, PARTS)} == {BOB, CAROL}


def test_bids_are_for_distinct_providers(stage: MarketStage) -> None:
    job = stage.post(Bids(PRICE), replicas=2)
    for who in (BOB, CAROL):
        stage.dispatch(stage.market, "bid", who, job, PRICE, stage.record_of[who])
    with stage.refused(declarations.NotDistinct):
        stage.dispatch(stage.market, "accept", ALICE, job, (Pick(0, BOB), Pick(PARTS, BOB)))
    stage.dispatch(stage.market, "accept", ALICE, job, (Pick(0, BOB), Pick(PARTS, CAROL)))


def test_each_product_of_each_replica_mines_once(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0, BOB)
    stage.lock(job, PARTS, CAROL)
    summary = stage.make_summary(job, (0,))
    twin = replace(summary, rows=tuple(replace(each, slot=PARTS) for each in summary.rows))
    assert twin == stage.make_summary(job, (PARTS,))
    stage.next_block(BOB)
    with stage.refused(RefNotOpen):
        stage.note(twin)  # it is another provider's
    stage.note(summary)
    stage.next_block(CAROL)
    stage.note(twin)
    for who, block in ((BOB, summary), (CAROL, twin)):
        stage.next_block(who)
        with stage.refused(AlreadyCredited):
            stage.note(block)
    macs = stage.work.credited[job, 0, 0].macs
    assert stage.work.credited[job, PARTS, 0] == Credit(CAROL, macs)
    before = stage.get_wealth(CAROL)
    stage.submit(job, 0, BOB)
    assert stage.get_wealth(CAROL) == before
    bonus = stage.work.get_era()
    assert bonus is not None
    assert bonus.bonus > 0


def test_an_unfilled_replica_is_refunded_alone(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE), replicas=2, rows_per_slot=40)
    stage.lock(job, 0)
    stage.submit(job, 0)
    with stage.refused(declarations.NotDistinct):
        stage.lock(job, 1)
    stage.skip(TERMS.open_blocks + 1)
    before = stage.get_wealth(ALICE)
    stage.dispatch(stage.market, "poke", DAVE, job, 1)
    assert stage.get(job, 1).state is SlotState.REFUNDED
    assert stage.get_wealth(ALICE) == before
    assert stage.get_job(job).live == 0
    stage.dispatch(stage.market, "close", ALICE, job)
