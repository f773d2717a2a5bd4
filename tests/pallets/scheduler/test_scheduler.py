"""Scheduled calls: when they run, in which order, and what is left of them."""

import pytest

from pallets.preimage.declarations import TooBig
from pallets.scheduler import Scheduler
from pallets.scheduler.declarations import (
    CallUnavailable,
    Canceled,
    Dispatched,
    FailedToSchedule,
    Inline,
    Lookup,
    NotFound,
    PeriodicFailed,
    RawOrigin,
    Scheduled,
    TargetBlockNumberInPast,
    Task,
)
from pallets.weights import scheduler as weights
from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_256
from runtime.errors import BadOrigin, Exhausted
from runtime.frame import Origin, dispatch_error
from runtime.frame.dispatch_error import Err, Ok
from runtime.primitives import Hash
from tests.helpers.account_pallets import PREIMAGE_BYTES_MAX, TASKS_MAX
from tests.helpers.mock_runtime import ALICE, signed
from tests.helpers.noop import assert_noop
from tests.pallets.scheduler.stage import ROOT, Stage

NAME, OTHER = b"n" * 32, b"o" * 32


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_call_runs_when_its_block_begins(stage: Stage) -> None:
    stage.schedule(3, stage.give(7))
    assert stage.take_own_events() == [Scheduled(3, 0)]
    task = stage.pallet.agenda[3][0]
    raw = stage.runtime.calls.encode(stage.give(7))
    assert task == Task(None, 0, Inline(raw), None, RawOrigin.ROOT)
    stage.begin(2)
    assert (stage.get_given(), stage.take_own_events()) == (0, [])
    stage.begin(3)
    assert (stage.get_given(), stage.take_own_events()) == (7, [Dispatched((3, 0), None, Ok())])
    assert 3 not in stage.pallet.agenda
    stage.begin(4)
    assert stage.get_given() == 7


def test_a_call_that_fails_is_over(stage: Stage) -> None:
    stage.schedule(2, stage.remark(1))  # root may not make it
    stage.schedule(2, stage.give(7))
    stage.begin(2)
    error = Err(dispatch_error.BadOrigin())
    assert stage.take_own_events() == [
        Dispatched((2, 0), None, error),
        Dispatched((2, 1), None, Ok()),
    ]
    assert stage.get_given() == 7


def test_the_order_is_that_of_priority_then_place(stage: Stage) -> None:
    for priority, amount in ((9, 1), (0, 2), (9, 3), (5, 4)):
        stage.schedule(2, stage.give(amount), priority=priority)
    stage.begin(2)
    order = [event.task[1] for event in stage.take_own_events() if isinstance(event, Dispatched)]
    assert order == [1, 3, 0, 2]


def test_periodic_tasks_come_again(stage: Stage) -> None:
    stage.schedule(2, stage.give(1), periodic=(3, 3))
    ran: list[int] = []
    for number in range(2, 12):
        stage.begin(number)
        ran += [number] * stage.take_own_events().count(Dispatched((number, 0), None, Ok()))
    assert ran == [2, 5, 8]
    for periodic in ((0, 5), (3, 1), (3, 0)):
        stage.schedule(20, stage.give(1), periodic=periodic)
        (*_, task) = stage.pallet.agenda[20]
        assert task is not None
        assert task.maybe_periodic is None


def test_a_full_agenda_ends_a_periodic_task(stage: Stage) -> None:
    stage.schedule(2, stage.give(1), periodic=(1, 5))
    for _ in range(TASKS_MAX):
        stage.schedule(3, stage.give(10))
    with assert_noop(stage.state, Exhausted):
        stage.schedule(3, stage.give(10))
    stage.begin(2)
    assert stage.take_own_events()[-1] == PeriodicFailed((2, 0), None)
    stage.begin(3)
    assert stage.get_given() == 1 + 10 * TASKS_MAX


def test_after_is_counted_from_the_next_block(stage: Stage) -> None:
    stage.send("schedule_after", 0, None, 0, stage.give(1))
    stage.send("schedule_named_after", NAME, 2, None, 0, stage.give(1))
    assert stage.take_own_events() == [Scheduled(2, 0), Scheduled(4, 0)]
    for name in ("schedule_after", "schedule_named_after"):
        args = (*((OTHER,) if "named" in name else ()), (1 << 32) - 1, None, 0, stage.give(1))
        with assert_noop(stage.state, Exhausted):
            stage.send(name, *args)


# --- names


def test_a_name_is_one_tasks(stage: Stage) -> None:
    stage.send("schedule_named", NAME, 2, (1, 2), 0, stage.give(1))
    for name, when in (("schedule_named", 5), ("schedule_named_after", 5)):
        with assert_noop(stage.state, FailedToSchedule):
            stage.send(name, NAME, when, None, 0, stage.give(1))
    stage.begin(2)
    assert stage.pallet.lookup[NAME] == (3, 0)
    stage.begin(3)
    assert NAME not in stage.pallet.lookup
    assert stage.take_own_events() == [Dispatched((3, 0), NAME, Ok())]


def test_tasks_are_cancelled_by_place_or_name(stage: Stage) -> None:
    stage.send("schedule_named", NAME, 2, None, 0, stage.give(1))
    stage.schedule(2, stage.give(10))
    stage.schedule(2, stage.give(100))
    stage.runtime.take_events()
    stage.send("cancel", 2, 1)
    stage.send("cancel_named", NAME)
    assert stage.take_own_events() == [Canceled(2, 1), Canceled(2, 0)]
    for name, args in (
        ("cancel", (2, 1)),
        ("cancel", (2, 3)),
        ("cancel", (9, 0)),
        ("cancel_named", (NAME,)),
    ):
        with assert_noop(stage.state, NotFound):
            stage.send(name, *args)
    stage.schedule(2, stage.give(1_000))  # a free place is taken again
    assert stage.take_own_events() == [Scheduled(2, 0)]
    stage.begin(2)
    assert stage.get_given() == 1_100


def test_a_task_may_cancel_the_one_behind_it(stage: Stage) -> None:
    stage.send("schedule_named", NAME, 2, None, 5, stage.give(1))
    stage.schedule(2, stage.make("cancel_named", NAME))
    stage.begin(2)
    assert (stage.get_given(), 2 in stage.pallet.agenda) == (0, False)


def test_a_task_may_take_its_own_name_for_another(stage: Stage) -> None:
    """The periodic task whose name is gone ends; the other one keeps it."""
    again = stage.make("schedule_named", NAME, 9, None, 0, stage.give(1))
    stage.send("schedule_named", NAME, 2, (2, 2), 0, again)
    stage.begin(2)
    assert stage.pallet.lookup[NAME] == (9, 0)
    assert stage.take_own_events()[-1] == PeriodicFailed((2, 0), NAME)


# --- long calls


def test_a_long_call_is_a_preimage_while_it_waits(stage: Stage) -> None:
    call = stage.batch(stage.give(7), stage.give(10))
    raw = stage.runtime.calls.encode(call)
    hashed = Hash(blake2_256(raw))
    stage.schedule(2, call, periodic=(1, 2))
    task = stage.pallet.agenda[2][0]
    assert task is not None
    assert task.call == Lookup(hashed, len(raw))
    assert stage.preimage.get_preimage(hashed, len(raw)) == raw
    stage.begin(2)
    assert stage.get_given() == 17
    assert stage.preimage.get_preimage(hashed, len(raw)) == raw
    stage.begin(3)
    assert stage.get_given() == 34
    assert hashed not in stage.preimage.request_status_for
    stage.schedule(9, call)
    stage.send("cancel", 9, 0)
    assert hashed not in stage.preimage.request_status_for


def test_a_call_longer_than_any_preimage_is_refused(stage: Stage) -> None:
    with assert_noop(stage.state, TooBig):
        stage.schedule(2, stage.remark(PREIMAGE_BYTES_MAX))


def test_a_call_that_is_gone_is_given_up(stage: Stage) -> None:
    call = stage.batch(*[stage.give(1)] * 2)
    hashed = Hash(blake2_256(stage.runtime.calls.encode(call)))
    stage.send("schedule_named", NAME, 2, (1, 5), 0, call)
    stage.runtime.dispatch(
        stage.runtime.make_call(stage.preimage, "unrequest_preimage", hashed), ROOT
    )
    stage.begin(2)
    assert stage.take_own_events() == [CallUnavailable((2, 0), NAME)]
    assert (2 in stage.pallet.agenda, NAME in stage.pallet.lookup) == (False, False)


# --- who may


def test_only_root_schedules(stage: Stage) -> None:
    call = stage.give(1)
    made = (
        stage.make("schedule", 5, None, 0, call),
        stage.make("schedule_named", NAME, 5, None, 0, call),
        stage.make("schedule_after", 5, None, 0, call),
        stage.make("schedule_named_after", NAME, 5, None, 0, call),
        stage.make("cancel", 5, 0),
        stage.make("cancel_named", NAME),
    )
    assert len(made) == len(Scheduler.spec.calls)
    for each in made:
        for origin in (signed(ALICE), Origin.none()):
            with assert_noop(stage.state, BadOrigin):
                stage.runtime.dispatch(each, origin)


def test_not_in_the_past(stage: Stage) -> None:
    for when in (0, 1):
        with assert_noop(stage.state, TargetBlockNumberInPast):
            stage.schedule(when, stage.give(1))
        with assert_noop(stage.state, TargetBlockNumberInPast):
            stage.send("schedule_named", NAME, when, None, 0, stage.give(1))


def test_weight_is_its_own_and_the_calls(stage: Stage) -> None:
    call = stage.give(1)
    inner = call.get_dispatch_info().weight
    for name in ("schedule", "schedule_named", "schedule_after", "schedule_named_after"):
        made = stage.make(name, *((NAME,) if "named" in name else ()), 5, None, 0, call)
        assert made.get_dispatch_info().weight == weights.SCHEDULE + inner


def test_wire(stage: Stage) -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Scheduler.spec.calls]
    task = ["maybe_periodic", "priority", "call"]
    assert calls == [
        (0, "schedule", ["when", *task]),
        (1, "cancel", ["when", "index"]),
        (2, "schedule_named", ["id_", "when", *task]),
        (3, "cancel_named", ["id_"]),
        (4, "schedule_after", ["after", *task]),
        (5, "schedule_named_after", ["id_", "after", *task]),
    ]
    inline = Task(NAME, 3, Inline(b"ab"), (2, 1), RawOrigin.ROOT)
    raw = b"\1" + NAME + bytes([3, 1, 8]) + b"ab" + bytes([1, 2, 0, 0, 0, 1, 0, 0, 0, 0])
    assert codec_of(Task).encode(inline) == raw
    codec = Scheduler.spec.events
    assert codec is not None
    assert codec.encode(Scheduled(5, 1)) == bytes([0, 5, 0, 0, 0, 1, 0, 0, 0])
