"""Batches in batches, against what the words say: until one fails, all or none, every one."""

from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.utility import (
    BatchCompleted,
    BatchCompletedWithErrors,
    BatchInterrupted,
    ItemCompleted,
    ItemFailed,
)
from runtime.errors import DispatchError
from runtime.frame import Call
from runtime.primitives import AccountId
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime, signed, to

PEOPLE = (ALICE, BOB, CHARLIE)
DEPOSIT = 10
FUNDS = 200
Free: TypeAlias = dict[AccountId, int]


@dataclass(frozen=True)
class Gift:
    """A transfer that keeps the giver alive."""

    to: AccountId
    amount: int


@dataclass(frozen=True)
class Batch:
    """A batch of one of the three kinds."""

    kind: str
    items: tuple["Gift | Batch", ...]


class Failed(Exception):
    """The model's call fails."""


GIFTS = st.builds(Gift, st.sampled_from(PEOPLE), st.sampled_from((0, 1, 10, 60, 195, 500)))
KINDS = st.sampled_from(("batch", "batch_all", "force_batch"))
TREES = st.recursive(
    GIFTS,
    lambda items: st.builds(Batch, KINDS, st.lists(items, max_size=4).map(tuple)),
    max_leaves=8,
)


def run(free: Free, who: AccountId, item: Gift | Batch) -> tuple[Free, list[str]]:
    """The balances after an item and the batches' events; `Failed` if it fails."""
    if isinstance(item, Gift):
        return give(free, who, item), []
    events: list[str] = []
    failures = 0
    for each in item.items:
        try:
            free, inner = run(free, who, each)
        except Failed:
            if item.kind == "batch_all":
                raise
            if item.kind == "batch":
                return free, [*events, "BatchInterrupted"]
            failures += 1
            events.append("ItemFailed")
        else:
            events += [*inner, "ItemCompleted"]
    return free, [*events, "BatchCompletedWithErrors" if failures else "BatchCompleted"]


def give(free: Free, who: AccountId, gift: Gift) -> Free:
    if gift.amount == 0:
        return free
    if free[who] - gift.amount < DEPOSIT:
        raise Failed
    after = dict(free)
    after[who] -= gift.amount
    after[gift.to] += gift.amount
    return after


class UtilityMachine(RuleBasedStateMachine):
    """Does the same to the runtime and to the definition."""

    def __init__(self) -> None:
        super().__init__()
        everybody = [(who, FUNDS) for who in PEOPLE]
        self.runtime = MockRuntime(everybody, existential_deposit=DEPOSIT)
        self.free: Free = dict(everybody)

    def make(self, item: Gift | Batch) -> Call:
        runtime = self.runtime
        if isinstance(item, Gift):
            args = (to(item.to), item.amount)
            return runtime.make_call(runtime.balances, "transfer_keep_alive", *args)
        calls = tuple(self.make(each) for each in item.items)
        return runtime.make_call(runtime.utility, item.kind, calls)

    @rule(who=st.sampled_from(PEOPLE), kind=KINDS, items=st.lists(TREES, max_size=4).map(tuple))
    def dispatch(self, who: AccountId, kind: str, items: tuple[Gift | Batch, ...]) -> None:
        tree, runtime = Batch(kind, items), self.runtime
        runtime.take_events()
        before, call = runtime.state.changes(), self.make(tree)
        try:
            post = runtime.dispatch(call, signed(who))
        except DispatchError:
            assert runtime.state.changes() == before
            assert runtime.take_events() == []
            failed = True
        else:
            assert post.actual_weight is not None
            assert post.actual_weight.is_within(call.get_dispatch_info().weight)
            failed = False
        try:
            self.free, said = run(self.free, who, tree)
        except Failed:
            assert failed
            return
        assert not failed
        own = (
            BatchCompleted,
            BatchCompletedWithErrors,
            BatchInterrupted,
            ItemCompleted,
            ItemFailed,
        )
        assert [type(e).__name__ for e in runtime.take_events() if isinstance(e, own)] == said

    @invariant()
    def balances_are_the_models(self) -> None:
        self.runtime.try_state()
        assert {who: self.runtime.money.get_free(who) for who in PEOPLE} == self.free


TestUtilityMachine = UtilityMachine.TestCase
TestUtilityMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=12
)
