"""What does not fit in a block waits, in front of what comes later; what never fits is given up."""

from pallets.scheduler.declarations import (
    AgendaIncomplete,
    Dispatched,
    PermanentlyOverweight,
)
from pallets.weights import scheduler as weights
from runtime.frame.dispatch_error import Ok
from runtime.primitives import Weight
from tests.pallets.scheduler.stage import BASE, Stage

TASK = weights.SERVICE_TASK + Stage().give(1).get_dispatch_info().weight
"""One transfer."""


def times(weight: Weight, count: int) -> Weight:
    return Weight(weight.ref_time * count, weight.proof_size * count)


def test_an_idle_block_costs_two_reads() -> None:
    assert Stage().begin(2) == BASE


def test_the_overflow_rolls_over() -> None:
    stage = Stage(BASE + times(TASK, 2))
    for amount in (1, 10, 100):
        stage.schedule(2, stage.give(amount))
    stage.schedule(3, stage.give(1_000))
    assert stage.begin(2).is_within(BASE + times(TASK, 2))
    assert stage.get_given() == 11
    assert stage.take_own_events()[-1] == AgendaIncomplete(2)
    assert stage.pallet.incomplete_since.get() == 2
    stage.begin(3)  # the agenda of block 3 costs what another task would
    assert stage.take_own_events()[0] == Dispatched((2, 2), None, Ok())
    stage.begin(4)
    assert stage.get_given() == 1_111
    stage.begin(5)
    assert stage.pallet.incomplete_since.get() is None
    assert stage.take_own_events() == []


def test_a_name_waits_with_its_task() -> None:
    stage = Stage(BASE + TASK)
    stage.schedule(2, stage.give(1))
    stage.send("schedule_named", b"n" * 32, 2, None, 9, stage.give(10))
    stage.begin(2)
    assert stage.pallet.lookup[b"n" * 32] == (2, 1)
    stage.send("cancel_named", b"n" * 32)
    stage.begin(3)
    assert (stage.get_given(), stage.pallet.incomplete_since.get()) == (1, None)


def test_what_fits_in_no_block_is_given_up() -> None:
    stage = Stage(BASE + TASK)
    heavy = stage.batch(stage.give(1))
    stage.schedule(2, heavy)
    stage.schedule(2, stage.give(10))
    stage.begin(2)
    assert stage.take_own_events()[0] == PermanentlyOverweight((2, 0), None)
    stage.begin(3)
    assert (stage.get_given(), 2 in stage.pallet.agenda) == (10, False)


def test_what_just_fits_runs() -> None:
    stage = Stage(BASE + TASK)
    stage.schedule(2, stage.give(7))
    assert stage.begin(2) == BASE + TASK
    assert stage.get_given() == 7


def test_many_late_blocks_take_many_blocks() -> None:
    """Each block does as much as it may, however far behind the first agenda is."""
    stage = Stage(BASE + TASK)
    for when in (2, 3, 4, 5):
        for _ in range(3):
            stage.schedule(when, stage.give(1))
    for number in range(2, 30):
        before = stage.get_given()
        stage.begin(number)
        assert stage.get_given() - before <= 1
    assert (stage.get_given(), stage.pallet.incomplete_since.get()) == (12, None)


def test_a_look_at_an_idle_block_may_make_a_long_task_wait_once() -> None:
    """What was cancelled is passed over; a task that fits only alone is the first of the next."""
    stage = Stage(BASE + TASK)
    for when, amount in ((2, 1), (2, 2), (3, 10)):
        stage.schedule(when, stage.give(amount))
    stage.begin(2)
    stage.send("cancel", 2, 1)
    assert 2 not in stage.pallet.agenda
    assert stage.begin(3) == BASE + weights.SERVICE_AGENDA
    assert (stage.get_given(), stage.pallet.incomplete_since.get()) == (1, 3)
    stage.begin(4)
    assert stage.get_given() == 11


def test_a_call_too_long_to_be_read_in_a_block_is_not_read() -> None:
    """What a task names by its hash is weighed by its length first."""
    stage = Stage(BASE + weights.SERVICE_TASK + weights.read_preimage(140))
    long = stage.batch(stage.give(1), stage.give(1))
    assert len(stage.runtime.calls.encode(long)) == 141
    stage.schedule(2, long)
    used = stage.begin(2)
    assert stage.take_own_events() == [PermanentlyOverweight((2, 0), None)]
    assert used == BASE + weights.SERVICE_TASK
    assert list(stage.preimage.request_status_for.keys()) == []
