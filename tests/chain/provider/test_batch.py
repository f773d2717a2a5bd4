"""Rows of many slots and jobs in one product: stacked, taken by the chain, and given back."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from chain.authorship.work import TaskProduct, prepare_task
from chain.provider import batch as batching
from chain.provider.batch import Batch, Room, SlotRun, choose_batch, load_assignment
from pallets.market import Infer, Posted, Terms
from pallets.work.declarations import UsefulCredited
from runtime.errors import BadMandatory
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT
from runtime.tensor.value import Int32Array, dump_array
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, INPUT_ROOT, MODEL, RECORD_OF, make_economy, run
from tests.helpers.market_stage import ROWS

SLOTS = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
"""Two of 20 rows, three of 15, 15 and 10."""


@pytest.fixture
def chain() -> ChainStage:
    """Two jobs on one model, all slots locked by Bob."""
    chain = make_economy()
    chain.begin_block(BOB)
    terms = Terms(50, 20, 3)
    for rows_per_slot in (20, 15):
        spec = Infer(MODEL, None, INPUT_ROOT, ROWS, rows_per_slot, 1)
        call = make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, terms)
        assert chain.apply(ALICE, call).error is None
    for job, slot in SLOTS:
        call = make_call("Market", "lock", job, slot, RECORD_OF[BOB])
        assert chain.apply(BOB, call).error is None
    chain.next_block(BOB)
    return chain


def begin(chain: ChainStage, slots: Sequence[tuple[int, int]]) -> list[SlotRun]:
    runs: list[SlotRun] = []
    for at in slots:
        slot = SlotId(*at)
        work = chain.runtime.slots.get_slot_work(slot)
        assert work is not None
        assignment = load_assignment(chain.runtime, slot, work)
        assert assignment is not None
        runs.append(SlotRun.begin(assignment))
    return runs


def multiply(task: TaskProduct) -> Int32Array:
    product: Int32Array = task.a.astype(np.int32) @ task.bt.T.astype(np.int32)
    return product


def get_slots(batch: Batch) -> list[tuple[int, int]]:
    slots = [each.assignment.slot for each in batch.runs]
    return [(slot.job, slot.slot) for slot in slots]


def mine(chain: ChainStage, batch: Batch) -> list[UsefulCredited]:
    """A block sealed by the batch's product; what it credits."""
    task = batch.make_task()
    summary = prepare_task(task).summary
    chain.next_block(BOB, summary)
    credited = [each for each in chain.get_events() if isinstance(each, UsefulCredited)]
    with pytest.raises(BadMandatory, match="AlreadyCredited"):
        chain.next_block(BOB, summary)
    chain.begin_block(BOB)
    batch.resume(multiply(task))
    return credited


def test_slots_of_two_jobs_are_mined_layer_by_layer_and_credited_once_each(
    chain: ChainStage,
) -> None:
    expected = {at: run(chain, at) for at in SLOTS}
    runs = begin(chain, SLOTS)
    for layer in (0, 1):
        batch = choose_batch(runs)
        assert get_slots(batch) == SLOTS
        assert len(batch.make_task().a) == 80
        credited = mine(chain, batch)
        assert [(each.job, each.slot, each.layer) for each in credited] == [
            (*at, layer) for at in SLOTS
        ]
        assert {each.author for each in credited} == {BOB}
    assert all(each.is_finished for each in runs)
    assert {
        (each.assignment.slot.job, each.assignment.slot.slot): dump_array(each.run.output)
        for each in runs
    } == expected


def test_only_rows_for_the_same_tensor_are_stacked(chain: ChainStage) -> None:
    """One slot is a layer ahead: it waits for another tensor."""
    runs = begin(chain, SLOTS)
    ahead = Batch((runs[0],))
    ahead.resume(multiply(ahead.make_task()))
    assert get_slots(choose_batch(runs)) == SLOTS[:1]
    assert get_slots(choose_batch(runs[1:])) == SLOTS[1:]
    assert get_slots(choose_batch([*runs[1:], runs[0]])) == SLOTS[1:]


def test_a_single_slot_is_a_batch(chain: ChainStage) -> None:
    runs = begin(chain, SLOTS[:1])
    assert len(mine(chain, choose_batch(runs))) == 1


@pytest.mark.parametrize(
    "room,slots",
    [
        (Room(refs=2), SLOTS[:2]),
        (Room(operand_bytes=2 * 32 * 64), SLOTS[:2]),
        (Room(cells=0), SLOTS[:1]),
        (Room(macs=0), SLOTS),
    ],
)
def test_no_more_than_a_block_may_hold(
    chain: ChainStage, room: Room, slots: list[tuple[int, int]]
) -> None:
    """In the first layer nothing has to be replayed to know where the rows come from."""
    assert get_slots(choose_batch(begin(chain, SLOTS), room)) == slots


def test_later_layers_cost_a_replay_of_those_before(chain: ChainStage) -> None:
    runs = begin(chain, SLOTS)
    batch = choose_batch(runs)
    batch.resume(multiply(batch.make_task()))
    assert get_slots(choose_batch(runs, Room(macs=40 * 64 * 32))) == SLOTS[:2]


def test_too_many_models_are_not_stacked(
    chain: ChainStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = begin(chain, SLOTS)
    other = replace(runs[1].assignment, version=(MODEL, 7))
    runs[1] = SlotRun.begin(other)
    assert get_slots(choose_batch(runs)) == SLOTS
    monkeypatch.setattr(batching, "MODELS_MAX", 1)
    assert get_slots(choose_batch(runs)) == [SLOTS[0], *SLOTS[2:]]
