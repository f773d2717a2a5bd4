"""Posting, topping up, cancelling and closing jobs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pallets.market import Dutch, Infer, Posted, SlotState, Terms, declarations
from pallets.market.types import ATTEMPTS_MAX, REPLICAS_MAX, SLOTS_MAX, TERM_BLOCKS_MAX
from pallets.registry.declarations import BlobInUse
from pallets.registry.types import Availability
from runtime.errors import BadOrigin
from runtime.frame import Origin, Pays
from runtime.frame.ai_types import JobKind, RecordVersion, SlotId, VerifierId
from runtime.frame.traits import HoldReason
from runtime.primitives import Root
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    COLS,
    EVE,
    FUNDS,
    MODEL_OWNER,
    PARAMS,
    TERMS,
    MarketStage,
    make_inputs,
)
from tests.pallets.registry.stage import take_off_chain

PRICE = 1_000_000


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def held(stage: MarketStage, reason: HoldReason = HoldReason.ESCROW) -> int:
    return stage.money.get_held(reason, ALICE)


def test_posting_holds_the_highest_price_and_a_deposit(stage: MarketStage) -> None:
    job = stage.post(Dutch(1_000, PRICE, 20))
    entry = stage.get_job(job)
    assert (entry.slots, entry.live, entry.source) == (4, 4, RecordVersion(stage.model, 1))
    assert (entry.output_row_bytes, entry.trace_row_bytes) == (40, 0)
    assert held(stage) == entry.escrow == 4 * PRICE
    stored = 4 * 256 + 40 * 40
    assert entry.deposit == PARAMS.job_deposit + PARAMS.byte_deposit * stored
    assert held(stage, HoldReason.JOB_DEPOSIT) == entry.deposit
    posted = declarations.JobPosted(
        job, ALICE, JobKind.INFER, RecordVersion(stage.model, 1), 4, 4 * PRICE
    )
    assert stage.take_events()[-1] == posted
    assert sorted(stage.market.open_slots.items()) == [((job, n), False) for n in range(4)]


def test_the_last_slot_may_be_shorter_and_jobs_are_numbered(stage: MarketStage) -> None:
    assert [stage.post(rows_per_slot=n) for n in (40, 100, 12)] == [0, 1, 2]
    assert [stage.get_job(n).slots for n in range(3)] == [1, 1, 4]
    spec = stage.get_job(2).spec
    assert isinstance(spec, Infer)
    assert [spec.get_rows(n) for n in (0, 3)] == [(0, 12), (36, 4)]


def test_the_open_slots_are_read_with_a_limit(stage: MarketStage) -> None:
    job = stage.post()
    everything = stage.market.get_open_slots(100)
    assert {(at.job, at.slot) for at in everything} == {(job, n) for n in range(4)}
    assert stage.market.get_open_slots(3) == everything[:3]


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"replicas": REPLICAS_MAX + 1}, declarations.ReplicasUnsupported),
        ({"replicas": 0}, declarations.ReplicasUnsupported),
        ({"rows": 0}, declarations.BadTerms),
        ({"rows_per_slot": 0}, declarations.BadTerms),
        ({"rows": SLOTS_MAX + 1, "rows_per_slot": 1}, declarations.TooManySlots),
        ({"rows_per_slot": 1, "replicas": 7}, declarations.TooManySlots),
        ({"model": 99}, declarations.NoSuchModel),
        ({"version": 2}, declarations.NoSuchModel),
        ({"inputs": Root(b"x" * 32)}, declarations.InputMissing),
        ({"rows": 41}, declarations.WrongInputSize),
        ({"rows": 39}, declarations.WrongInputSize),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(
    stage: MarketStage, changes: dict[str, Any], error: type[declarations.MarketError]
) -> None:
    with stage.refused(error):
        stage.post(**changes)


@pytest.mark.parametrize(
    "price", [Posted(0), Dutch(0, 5, 1), Dutch(6, 5, 1), Dutch(1, 5, 0)], ids=repr
)
def test_a_price_that_makes_no_sense_is_refused(stage: MarketStage, price: Posted | Dutch) -> None:
    with stage.refused(declarations.BadPrice):
        stage.post(price)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(0, 5, 1),
        Terms(5, 0, 1),
        Terms(TERM_BLOCKS_MAX + 1, 5, 1),
        Terms(5, TERM_BLOCKS_MAX + 1, 1),
        Terms(5, 5, 0),
        Terms(5, 5, ATTEMPTS_MAX + 1),
    ],
    ids=repr,
)
def test_terms_that_make_no_sense_are_refused(stage: MarketStage, terms: Terms) -> None:
    with stage.refused(declarations.BadTerms):
        stage.post(terms=terms)


def test_verifiers_that_judge_later_are_not_supported(stage: MarketStage) -> None:
    for verifier in set(VerifierId) - {VerifierId.REPLAY, VerifierId.FREIVALDS}:
        with stage.refused(declarations.VerifierUnsupported):
            stage.post(verifier=verifier)


def test_an_expired_a_retired_and_an_absent_model(stage: MarketStage) -> None:
    body = take_off_chain(stage.weights.body)
    assert body.avail is Availability.CONTENT
    elsewhere = stage.register(MODEL_OWNER, body)
    with stage.refused(declarations.ModelOffChain):
        stage.post(model=elsewhere)
    with stage.refused(declarations.NoSuchModel):
        stage.post(model=stage.record_of[BOB])
    stage.dispatch(stage.registry, "retire", MODEL_OWNER, elsewhere)
    with stage.refused(declarations.NoSuchModel):  # nothing needed it: it is gone
        stage.post(model=elsewhere)
    model = stage.records.get_model(stage.model)
    assert model is not None
    stage.system.number.put(model.expires_at + 1)
    with stage.refused(declarations.ModelExpired):
        stage.post()


def test_inputs_out_of_range_are_refused(stage: MarketStage) -> None:
    rows = np.frombuffer(make_inputs(), np.int8).copy()
    rows[-1] = 64
    root = stage.put_blob(ALICE, rows.tobytes())
    with stage.refused(declarations.InputOutOfRange):
        stage.post(inputs=root)


def test_results_that_would_be_too_large_are_refused(stage: MarketStage) -> None:
    rows = 65_536 // COLS
    root = stage.put_blob(ALICE, make_inputs(rows))
    stage.post(inputs=root, rows=rows, rows_per_slot=rows)
    with stage.refused(declarations.ClaimTooLarge):  # 40 + 168 bytes for each row
        stage.post(inputs=root, rows=rows, rows_per_slot=rows, verifier=VerifierId.FREIVALDS)
    stage.post(inputs=root, rows=rows, rows_per_slot=300, verifier=VerifierId.FREIVALDS)
    assert stage.get_job(1).trace_row_bytes == 4 * (32 + 10)


def test_slots_that_could_not_be_judged_are_refused(
    stage: MarketStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.verify, "replay_macs_max", 10 * 2_368)
    stage.post(rows_per_slot=10)
    with stage.refused(declarations.ClaimTooLarge):
        stage.post(rows_per_slot=11)
    stage.post(rows_per_slot=40, verifier=VerifierId.FREIVALDS)
    monkeypatch.setattr(stage.verify, "cells_max", 5_000)
    for verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS):
        with stage.refused(declarations.ClaimTooLarge):
            stage.post(rows_per_slot=1, verifier=verifier)


def test_who_cannot_pay_cannot_post(stage: MarketStage) -> None:
    with stage.refused(declarations.NoEscrow):
        stage.post(Posted(FUNDS // 4))
    with stage.refused(declarations.NoEscrow):
        stage.post(Posted(2**128 - 1))


def test_a_job_keeps_its_version_and_its_inputs(stage: MarketStage) -> None:
    job = stage.post()
    stage.dispatch(
        stage.registry, "update", MODEL_OWNER, stage.model, stage.weights.body, Root(b"2" * 32)
    )
    second = stage.post()
    third = stage.post(version=1)
    sources = [stage.get_job(n).source for n in (job, second, third)]
    assert sources == [RecordVersion(stage.model, n) for n in (1, 2, 1)]
    stage.dispatch(stage.registry, "retire", MODEL_OWNER, stage.model)
    stage.lock(job)
    assert stage.submit(job).pays_fee is Pays.NO
    assert stage.get(job).state is SlotState.SETTLED


def test_topping_up_raises_open_slots_alone(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE))
    stage.lock(job, 0)
    stage.take_events()
    stage.dispatch(stage.market, "top_up", ALICE, job, 500)
    assert declarations.ToppedUp(job, 4 * 500) in stage.take_events()
    assert held(stage) == 4 * (PRICE + 500)
    stage.lock(job, 1)
    assert [stage.get(job, n).price for n in (0, 1)] == [PRICE, PRICE + 500]
    stage.submit(job, 0)
    assert held(stage) == 3 * (PRICE + 500)
    dutch = stage.post(Dutch(10, 20, 5))
    stage.dispatch(stage.market, "top_up", ALICE, dutch, 7)
    assert stage.get_job(dutch).price == Dutch(10, 27, 5)


def test_topping_up_is_refused(stage: MarketStage) -> None:
    job = stage.post()
    for who, number, amount, error in (
        (BOB, job, 5, declarations.NotPayer),
        (ALICE, 9, 5, declarations.NoSuchJob),
        (ALICE, job, 0, declarations.BadPrice),
        (ALICE, job, FUNDS, declarations.NoEscrow),
    ):
        with stage.refused(error):
            stage.dispatch(stage.market, "top_up", who, number, amount)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    with stage.refused(declarations.WrongState):
        stage.dispatch(stage.market, "top_up", ALICE, job, 5)


def test_cancelling_refunds_open_slots_and_leaves_locked_ones(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE))
    stage.lock(job, 2)
    before = stage.get(job, 2)
    stage.take_events()
    stage.dispatch(stage.market, "cancel", ALICE, job)
    events = stage.take_events()
    assert events[-1] == declarations.Cancelled(job, 3)
    assert [e for e in events if isinstance(e, declarations.Refunded)] == [
        declarations.Refunded(job, n, PRICE) for n in (0, 1, 3)
    ]
    assert stage.get(job, 2) == before
    assert held(stage) == PRICE
    assert list(stage.market.open_slots.keys()) == []
    with stage.refused(declarations.WrongState):
        stage.dispatch(stage.market, "cancel", ALICE, job)
    stage.submit(job, 2)
    assert declarations.Finished(job) in stage.take_events()


def test_a_failed_slot_of_a_cancelled_job_does_not_reopen(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE), rows_per_slot=40)
    stage.lock(job)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    stage.submit(job, payload=stage.forge(job))
    assert stage.get(job).state is SlotState.REFUNDED
    assert held(stage) == 0


def test_only_the_owner_cancels_and_closes(stage: MarketStage) -> None:
    job = stage.post()
    for name in ("cancel", "close"):
        with stage.refused(declarations.NotPayer):
            stage.dispatch(stage.market, name, BOB, job)
        with stage.refused(declarations.NoSuchJob):
            stage.dispatch(stage.market, name, ALICE, 7)
    with stage.refused(declarations.NotFinished):
        stage.dispatch(stage.market, "close", ALICE, job)


def test_a_job_that_is_not_closed_holds_others_data_for_a_while_only() -> None:
    """Somebody runs a model on ALICE's blob, and never closes."""
    stage = MarketStage(replace(PARAMS, output_blocks=30))
    job = stage.post(Posted(PRICE), who=EVE)
    stage.dispatch(stage.market, "cancel", EVE, job)
    last = stage.get_job(job).last_block
    assert last == stage.number + TERMS.open_blocks + 2 * TERMS.work_blocks
    with stage.refused(BlobInUse):
        stage.dispatch(stage.registry, "drop_blob", ALICE, stage.input_root)
    stage.skip(last + 30 - stage.number)
    with stage.refused(declarations.NotPayer):
        stage.dispatch(stage.market, "close", ALICE, job)
    stage.next_block()
    wealth = stage.get_wealth(EVE), stage.money.get_free(EVE)
    deposit = stage.get_job(job).deposit
    stage.dispatch(stage.market, "close", ALICE, job)
    assert (stage.get_wealth(EVE), stage.money.get_free(EVE)) == (wealth[0], wealth[1] + deposit)
    stage.dispatch(stage.registry, "drop_blob", ALICE, stage.input_root)


def test_nobody_closes_a_job_that_is_not_over() -> None:
    stage = MarketStage(replace(PARAMS, output_blocks=0))
    job = stage.post(Posted(PRICE), who=EVE)
    stage.skip(100)
    with stage.refused(declarations.NotFinished):
        stage.dispatch(stage.market, "close", ALICE, job)


def test_closing_leaves_nothing_of_a_job(stage: MarketStage) -> None:
    untouched = stage.state.changes()
    job = stage.post(Posted(PRICE))
    for slot in range(2):
        stage.lock(job, slot)
        stage.submit(job, slot)
    stage.dispatch(stage.market, "rate", ALICE, job, 0, 90, b"fast")
    stage.dispatch(stage.market, "cancel", ALICE, job)
    assert len(list(stage.market.output.items(job))) == 2
    deposit = stage.get_job(job).deposit
    stage.take_events()
    stage.dispatch(stage.market, "close", ALICE, job)
    assert stage.take_events()[-1] == declarations.Closed(job, deposit)
    assert held(stage, HoldReason.JOB_DEPOSIT) == 0
    for table in (stage.market.slot, stage.market.output, stage.market.rating, stage.verify.claim):
        assert list(table.items(job)) == []
    assert stage.market.job.get(job) is None
    assert stage.slots.get_slot_work(SlotId(job, 0)) is None
    stage.dispatch(stage.registry, "drop_blob", ALICE, stage.input_root)  # nothing needs it
    prefix = stage.market.spec.storage[0].prefix[:16]
    left = {k for k, v in stage.state.changes().items() if k.startswith(prefix) and v is not None}
    kept = {stage.market.next_job.key, stage.market.stats.get_key(stage.record_of[BOB])}
    assert left - untouched.keys() == kept


def test_every_call_needs_a_signature(stage: MarketStage) -> None:
    job = stage.post()
    spec, market = stage.make_spec(), stage.market
    commitment = stage.commit(job, 0, BOB, stage.run(job))
    for name, args in (
        ("post", (spec, Posted(5), VerifierId.REPLAY, TERMS)),
        ("top_up", (job, 5)),
        ("cancel", (job,)),
        ("lock", (job, 0, stage.record_of[BOB])),
        ("submit", (job, 0, commitment, b"")),
        ("poke", (job, 0)),
        ("rate", (job, 0, 5, b"")),
        ("close", (job,)),
    ):
        call = stage.runtime.make_call(market, name, *args)
        for origin in (Origin.none(), Origin.root()):
            with stage.refused(BadOrigin):
                stage.runtime.dispatch(call, origin)


def test_posting_weighs_by_slots_and_never_fails_to_weigh(stage: MarketStage) -> None:
    def weigh(rows: int, rows_per_slot: int) -> int:
        spec = replace(stage.make_spec(), rows=rows, rows_per_slot=rows_per_slot)
        args = (spec, Posted(5), VerifierId.REPLAY, TERMS)
        call = stage.runtime.make_call(stage.market, "post", *args)
        return call.get_dispatch_info().weight.ref_time

    assert weigh(40, 0) < weigh(40, 10) < weigh(40, 1) < weigh(2**32 - 1, 1)
    assert weigh(2**32 - 1, 1) == weigh(SLOTS_MAX, 1)
