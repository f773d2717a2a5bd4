"""Schedules against what the words say: a task runs when due, in order, as often as said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.scheduler.declarations import (
    AgendaIncomplete,
    Dispatched,
    PeriodicFailed,
    Scheduled,
)
from pallets.weights import scheduler as weights
from runtime.errors import DispatchError
from runtime.frame.dispatch_error import Ok
from runtime.primitives import Weight
from tests.helpers.account_pallets import TASKS_MAX
from tests.pallets.scheduler.stage import BASE, Stage

ONE = Stage().give(1).get_dispatch_info().weight + weights.SERVICE_TASK
LONG_BYTES = 141
TIME = BASE + ONE + ONE + weights.SERVICE_AGENDA + weights.read_preimage(LONG_BYTES)
LIMIT = Weight(TIME.ref_time, 10**7)
NAMES = (None, None, b"a" * 32, b"b" * 32)


@dataclass(frozen=True)
class Due:
    """A task as the model keeps it."""

    amount: int
    priority: int
    name: bytes | None
    left: int
    period: int
    take_weight: Weight
    """To take it up and read its call, whether or not the block has room for that."""
    call_weight: Weight


@dataclass(frozen=True)
class Step:
    """What a block does next if there is weight for it: look, take a task up, make its call."""

    weight: Weight
    when: int
    calls: tuple[int, int] | None = None


class SchedulerMachine(RuleBasedStateMachine):
    """Two tasks or so fit in a block; the model keeps what is due where."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(LIMIT)
        self.due: dict[tuple[int, int], Due] = {}
        self.number = 1
        self.since = 2
        self.given = 0

    def send(self, name: str, *args: object) -> bool:
        before = self.stage.state.changes()
        self.stage.runtime.take_events()
        try:
            self.stage.send(name, *args)
        except DispatchError:
            assert self.stage.state.changes() == before
            return False
        return True

    @rule(
        after=st.integers(0, 3),
        priority=st.integers(0, 2),
        amount=st.integers(1, 9),
        periodic=st.sampled_from((None, None, (1, 2), (2, 3), (0, 4))),
        name=st.sampled_from(NAMES),
        is_long=st.booleans(),
    )
    def schedule(
        self,
        after: int,
        priority: int,
        amount: int,
        periodic: tuple[int, int] | None,
        name: bytes | None,
        is_long: bool,
    ) -> None:
        when, call = self.number + after, self.stage.give(amount)
        if is_long:
            call = self.stage.batch(call, self.stage.give(0))
        names = {each.name for each in self.due.values() if each.name is not None}
        full = sum(1 for at in self.due if at[0] == when) == TASKS_MAX
        named = ("schedule_named", name) if name is not None else ("schedule",)
        done = self.send(*named, when, periodic, priority, call)
        assert done == (after > 0 and name not in names and not full)
        if done:
            (event,) = [e for e in self.stage.runtime.get_events() if isinstance(e, Scheduled)]
            period, count = periodic or (0, 1)
            left = count if period else 1
            assert (event.when, event.index) not in self.due
            reading = weights.read_preimage(LONG_BYTES if is_long else 0)
            costs = weights.SERVICE_TASK + reading, call.get_dispatch_info().weight
            self.due[event.when, event.index] = Due(amount, priority, name, left, period, *costs)

    @rule(choice=st.integers(0, 100))
    def cancel(self, choice: int) -> None:
        known = sorted(self.due)
        at = known[choice % len(known)] if known and choice % 5 else (choice, 0)
        name = self.due[at].name if at in self.due else None
        if name is not None and choice % 2:
            assert self.send("cancel_named", name)
        else:
            assert self.send("cancel", *at) == (at in self.due)
        self.due.pop(at, None)

    @rule(blocks=st.integers(1, 3))
    def pass_blocks(self, blocks: int) -> None:
        for _ in range(blocks):
            self.number += 1
            self.read_block(self.stage.begin(self.number))

    def get_steps(self) -> Iterator[Step]:
        """All there is to do, in order; a block without tasks takes a look as well."""
        for when in range(self.since, self.number + 1):
            yield Step(weights.SERVICE_AGENDA, when)
            here = [at for at in self.due if at[0] == when]
            for at in sorted(here, key=lambda at: (self.due[at].priority, at[1])):
                yield Step(self.due[at].take_weight, when)
                yield Step(self.due[at].call_weight, when, calls=at)

    def serve(self) -> tuple[list[tuple[int, int]], Weight]:
        """What runs in this block: every step, until one has no room."""
        used, runs = weights.SERVICE_AGENDAS, list[tuple[int, int]]()
        for step in self.get_steps():
            if not (used + step.weight).is_within(LIMIT):
                self.since = step.when
                return runs, used
            used = used + step.weight
            runs += [] if step.calls is None else [step.calls]
        self.since = self.number + 1
        return runs, used

    def read_block(self, used: Weight) -> None:
        """As much ran as fits, in order; and every block goes on, by a task or past idle ones."""
        events = self.stage.take_own_events()
        placed = [(e.when, e.index) for e in events if isinstance(e, Scheduled)]
        ran = [e.task for e in events if isinstance(e, Dispatched)]
        failed = {e.task for e in events if isinstance(e, PeriodicFailed)}
        assert all(e.result == Ok() for e in events if isinstance(e, Dispatched))
        since = self.since
        assert (ran, used) == self.serve()
        assert ran or self.since > since
        incomplete = [e.when for e in events if isinstance(e, AgendaIncomplete)]
        assert incomplete == ([self.since] if self.since <= self.number else [])
        again: dict[tuple[int, int], Due] = {}
        for at in ran:
            task = self.due.pop(at)
            self.given += task.amount
            if task.left > 1 and at not in failed:
                to = placed.pop(0)
                assert to[0] == self.number + task.period
                again[to] = replace(task, left=task.left - 1)
        assert not placed
        self.due |= again

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        self.stage.runtime.try_state()
        found = {
            (when, index): (task.priority, task.maybe_id)
            for when, agenda in self.stage.pallet.agenda.items()
            for index, task in enumerate(agenda)
            if task is not None
        }
        assert found == {at: (task.priority, task.name) for at, task in self.due.items()}
        assert self.stage.get_given() == self.given

    def teardown(self) -> None:
        """In the end nothing is left over, and no preimage either."""
        for _ in range(60):
            self.pass_blocks(1)
        assert self.due == {}
        assert list(self.stage.preimage.request_status_for.keys()) == []


TestSchedulerMachine = SchedulerMachine.TestCase
TestSchedulerMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=25
)
