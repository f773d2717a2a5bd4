"""The work inherent: what is credited, to whom, and what makes a block invalid."""

from dataclasses import replace

import numpy as np
import pytest

from pallets.market import Posted
from pallets.work import Credit, Receipt, declarations, operands
from runtime.claim import compute_claim_roots
from runtime.errors import BadOrigin
from runtime.frame import DispatchClass, Origin, Pays
from runtime.frame.ai_types import TensorInfo
from runtime.primitives import Root
from runtime.tensor.commitment import matrix_root
from runtime.work_summary import Lane, RowRef, WorkSummary
from tests.helpers.market_stage import (
    ALICE,
    BLOCK_MACS,
    BOB,
    CAROL,
    EVE,
    MODEL_OWNER,
    TERMS,
    MarketStage,
    make_classifier,
)

PRICE = 1_000_000
SEEDED = WorkSummary(Lane.SEEDED, 256, 256, 256, Root.zero(), Root.zero())
FIRST, SECOND = 64 * 32, 32 * 10
"""Multiply-accumulates of the model's two products, for one row."""


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    """A job of which BOB has locked the first three slots."""
    job = stage.post(Posted(PRICE))
    for slot in range(3):
        stage.lock(job, slot)
    return job


def get_tensors(stage: MarketStage) -> tuple[TensorInfo, ...]:
    model = stage.records.get_model(stage.model)
    assert model is not None
    return model.tensors


def test_stacked_slots_are_credited_to_the_author(stage: MarketStage, job: int) -> None:
    summary = stage.make_summary(job, (2, 0))
    assert (summary.m, summary.n, summary.k) == (32, 32, 64)
    stage.take_events()
    post = stage.note(summary)
    macs, credited = 10 * FIRST, declarations.UsefulCredited
    assert stage.take_events() == [
        credited(job, 2, 0, BOB, macs),
        credited(job, 0, 0, BOB, macs),
        declarations.WorkNoted(BOB, Lane.TASK, BLOCK_MACS, 2 * macs),
    ]
    assert stage.work.credited[job, 2, 0] == Credit(BOB, macs)
    receipt = Receipt(BOB, Lane.TASK, BLOCK_MACS, 2 * macs, 2)
    assert stage.work.receipt[stage.number] == receipt
    era = stage.work.get_era()
    assert era is not None
    assert (era.task_blocks, era.seeded_blocks, era.useful_macs) == (1, 0, 2 * macs)
    assert stage.work.get_useful_bps() == 2 * macs * 10_000 // (stage.number * BLOCK_MACS)
    info = stage.runtime.make_call(stage.work, "note_block_work", summary).get_dispatch_info()
    assert info.class_ is DispatchClass.MANDATORY
    assert info.pays_fee is Pays.NO
    assert post.actual_weight is not None
    assert post.actual_weight.is_within(info.weight)


def test_a_deeper_layer_stacks_the_replayed_activations(stage: MarketStage, job: int) -> None:
    summary = stage.make_summary(job, (0, 1), layer=1)
    assert (summary.m, summary.n, summary.k) == (32, 32, 64)
    post = stage.note(summary)
    info = stage.runtime.make_call(stage.work, "note_block_work", summary).get_dispatch_info()
    assert post.actual_weight is not None
    assert post.actual_weight.is_within(info.weight)
    assert stage.work.credited[job, 0, 1] == Credit(BOB, 10 * SECOND)
    stage.next_block()
    stage.note(stage.make_summary(job, (0, 1), layer=0))  # another product of the same slots
    assert len(list(stage.work.credited.items(job, 0))) == 2


def test_slots_of_several_jobs_and_models_stack_on_one_tensor(stage: MarketStage, job: int) -> None:
    child = stage.register_child_model(bps=100)
    second = stage.post(model=child)
    stage.lock(second, 1)
    one, two = stage.make_summary(job, (0,)), stage.make_summary(second, (1,))
    rows = np.frombuffer(stage.inputs, np.int8).reshape(-1, 64)
    stack = np.concatenate((rows[:10], rows[10:20]))
    stage.note(stage.make_stacked(stack, one.root_b, [*one.rows, *two.rows]))
    assert stage.work.credited[second, 1, 0].author == BOB


def test_each_product_of_a_slot_counts_once(stage: MarketStage, job: int) -> None:
    summary = stage.make_summary(job, (0,))
    stage.note(summary)
    stage.next_block()
    with stage.refused(declarations.AlreadyCredited):
        stage.note(summary)
    twice = stage.make_summary(job, (1, 1))
    with stage.refused(declarations.AlreadyCredited):
        stage.note(twice)


def test_the_block_names_the_very_rows(stage: MarketStage, job: int) -> None:
    right = stage.make_summary(job, (0, 1))
    first, deep = stage.make_summary(job, (0,)), stage.make_summary(job, (0,), layer=1)
    for wrong in (
        replace(right, rows=right.rows[::-1]),
        replace(right, root_a=stage.make_summary(job, (0, 2)).root_a),
        replace(right, root_a=Root.zero()),
        replace(deep, root_a=first.root_a),
    ):
        with stage.refused(declarations.OperandMismatch):
            stage.note(wrong)
    stage.note(right)


def test_the_tensor_is_that_of_the_models_version_and_layer(stage: MarketStage, job: int) -> None:
    right = stage.make_summary(job, (0,))
    other = make_classifier(seed=9)
    for root in (get_tensors(stage)[2].root, other.body.tensors[0].root, Root.zero()):
        with stage.refused(declarations.TensorMismatch):
            stage.note(replace(right, root_b=root))
    with stage.refused(declarations.TensorMismatch):
        stage.note(replace(right, rows=(replace(right.rows[0], layer=1),)))


def test_shapes_are_those_of_rows_and_tensor(stage: MarketStage, job: int) -> None:
    right = stage.make_summary(job, (0, 1))
    first = right.rows[0]
    for wrong in (
        replace(right, m=64),
        replace(right, n=64),
        replace(right, k=128),
        replace(right, m=0),
        replace(right, rows=(replace(first, count=9), replace(first, slot=1, count=11))),
        replace(right, rows=(replace(first, layer=2),)),
        replace(right, rows=(replace(first, count=0),)),
    ):
        with stage.refused(declarations.ShapeMismatch):
            stage.note(wrong)


def test_only_whoever_is_at_work_on_a_slot_mines_with_it(stage: MarketStage, job: int) -> None:
    summary = stage.make_summary(job, (0,))
    stage.next_block(CAROL)
    with stage.refused(declarations.RefNotOpen):
        stage.note(summary)
    stage.next_block(BOB)
    for ref in (RowRef(job, 3, 0, 10), RowRef(job, 4, 0, 10), RowRef(77, 0, 0, 10)):
        with stage.refused(declarations.RefNotOpen):
            stage.note(replace(summary, rows=(ref,)))
    stage.submit(job, 0)
    with stage.refused(declarations.RefNotOpen):
        stage.note(summary)
    late = stage.make_summary(job, (1,))
    stage.skip(TERMS.work_blocks + 1)
    with stage.refused(declarations.RefNotOpen):
        stage.note(late)
    stage.dispatch(stage.market, "poke", EVE, job, 1)
    with stage.refused(declarations.RefNotOpen):
        stage.note(late)


def test_rows_belong_to_the_task_lane(stage: MarketStage, job: int) -> None:
    summary = stage.make_summary(job, (0,))
    for wrong in (
        replace(summary, rows=()),
        replace(summary, lane=Lane.SEEDED),
        replace(summary, lane=Lane.PRIVATE),
    ):
        with stage.refused(declarations.BadSummary):
            stage.note(wrong)


def test_a_block_notes_its_work_once_and_nobody_else_does(stage: MarketStage) -> None:
    stage.note(SEEDED)
    with stage.refused(declarations.AlreadyNoted):
        stage.note(SEEDED)
    stage.next_block()
    stage.note(replace(SEEDED, lane=Lane.PRIVATE))
    era = stage.work.get_era()
    assert era is not None
    assert (era.seeded_blocks, era.private_blocks, era.task_blocks) == (1, 1, 0)
    assert (era.blocks, era.useful_macs) == (2, 0)
    stage.next_block()
    call = stage.runtime.make_call(stage.work, "note_block_work", SEEDED)
    for origin in (Origin.signed(ALICE), Origin.root()):
        with stage.refused(BadOrigin):
            stage.runtime.dispatch(call, origin)


def test_useful_work_is_at_most_what_the_block_cost(stage: MarketStage, job: int) -> None:
    stage.next_block(BOB, macs=1_000)
    before = stage.work.get_era()
    assert before is not None
    stage.note(stage.make_summary(job, (0,)))
    era = stage.work.get_era()
    assert era is not None
    assert era.useful_macs == before.useful_macs + 1_000
    assert stage.work.credited[job, 0, 0].macs == 10 * FIRST


def test_a_retired_models_products_count_for_a_while(
    stage: MarketStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operands, "STALE_BLOCKS", 3)
    stage.dispatch(stage.registry, "retire", MODEL_OWNER, stage.model)
    stage.skip(2)
    stage.note(stage.make_summary(job, (0,)))
    stage.skip(1)
    with stage.refused(declarations.StaleModel):
        stage.note(stage.make_summary(job, (1,)))
    stage.submit(job, 1)  # which is paid for all the same


def test_an_expired_models_products_count_for_a_while(
    stage: MarketStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operands, "STALE_BLOCKS", 3)
    record = stage.registry.record[stage.model]
    stage.registry.record[stage.model] = replace(record, expires_at=stage.number)
    stage.skip(2)
    stage.note(stage.make_summary(job, (0,)))
    stage.skip(1)
    with stage.refused(declarations.StaleModel):
        stage.note(stage.make_summary(job, (1,)))
    stage.dispatch(stage.registry, "heartbeat", MODEL_OWNER, stage.model)
    stage.note(stage.make_summary(job, (1,)))


def test_a_block_may_not_ask_for_too_much(
    stage: MarketStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep, wide = stage.make_summary(job, (0, 1), layer=1), stage.make_summary(job, (0,))
    limits = (
        ("REPLAY_MACS_MAX", 20 * FIRST - 1, deep),
        ("CELLS_MAX", 7 * 1_500, wide),
        ("MODELS_MAX", 0, wide),
        ("OPERAND_BYTES_MAX", 32 * 64 - 1, wide),
    )
    for name, limit, summary in limits:
        with monkeypatch.context() as patch, stage.refused(declarations.ReplayTooLarge):
            patch.setattr(operands, name, limit)
            stage.note(summary)


def test_rows_whose_data_is_gone_are_refused(
    stage: MarketStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = stage.make_summary(job, (0,))
    monkeypatch.setattr(stage.records, "get_blob", lambda root: None)
    with stage.refused(declarations.RefNotOpen):
        stage.note(summary)


def test_roots_are_those_of_mining(stage: MarketStage, job: int) -> None:
    """The registered root is that of the transposed tensor, padded, as a seal names operand B."""
    weights = np.frombuffer(stage.weights.blobs[0], np.int8).reshape(64, 32)
    assert stage.make_summary(job, (0,)).root_b == matrix_root(np.ascontiguousarray(weights.T))
    assert compute_claim_roots(b"o", b"").trace_root == Root.zero()
