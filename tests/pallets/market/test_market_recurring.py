"""Recurring jobs: paid for in advance, posted when they are due, by whoever asks."""

from dataclasses import replace

import pytest

from pallets.market import Bids, Posted, Recurrence, SlotState, declarations
from pallets.market.recurring import (
    RUNS_MAX,
    RUNS_MIN,
    NoSuchRecurring,
    RecurringEnded,
    RecurringStarted,
    RunPosted,
    RunSkipped,
)
from pallets.market.types import TERM_BLOCKS_MAX, Recurring
from runtime.frame import Event, Pays
from runtime.frame.ai_types import RecordVersion, VerifierId
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Root
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    DAVE,
    EVE,
    MODEL_OWNER,
    TERMS,
    MarketStage,
    get_total,
)

PRICE = 1_000_000
EVERY = 30
RUNS = 3


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def recur(
    stage: MarketStage,
    every: int = EVERY,
    runs: int = RUNS,
    price: Posted | Bids = Posted(PRICE),  # noqa: B008 - frozen
    who: AccountId = ALICE,
) -> int:
    """Starts a recurring job; returns its number."""
    number = stage.market.next_recurring.get()
    spec, again = stage.make_spec(rows_per_slot=40), Recurrence(every, runs)
    stage.dispatch(stage.market, "recur", who, spec, price, VerifierId.REPLAY, TERMS, again)
    return number


def renew(stage: MarketStage, number: int) -> None:
    post = stage.dispatch(stage.market, "renew", EVE, number)
    assert post.pays_fee is Pays.YES, "or blocks could be filled for deposits that come back"


def get(stage: MarketStage, number: int) -> Recurring:
    return stage.market.recurring[number]


def get_reserve(stage: MarketStage) -> int:
    return stage.money.get_held(HoldReason.RECURRING, ALICE)


def find(events: list[Event], *kinds: type[Event]) -> list[Event]:
    return [each for each in events if isinstance(each, kinds)]


def expire_model(stage: MarketStage) -> None:
    stage.dispatch(stage.registry, "retire", MODEL_OWNER, stage.model)


def test_the_first_run_is_posted_and_the_others_are_paid_for(stage: MarketStage) -> None:
    stage.take_events()
    number = recur(stage)
    job, entry = stage.get_job(0), get(stage, number)
    cost = job.escrow + job.deposit
    assert (entry.runs_left, entry.run_cost, entry.reserve) == (2, cost, 2 * cost)
    assert entry.next_at == stage.number + EVERY
    assert get_reserve(stage) == 2 * cost + entry.deposit
    assert entry.deposit > 0
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == PRICE
    assert find(stage.take_events(), RecurringStarted, RunPosted) == [
        RecurringStarted(number, ALICE, RUNS, 2 * cost),
        RunPosted(number, 0),
    ]
    stage.try_state()


def test_anybody_posts_a_run_when_it_is_due_for_free(stage: MarketStage) -> None:
    number = recur(stage)
    due = get(stage, number).next_at
    stage.skip(EVERY - 1)
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "renew", EVE, number)
    stage.skip(1)
    wealth, free = stage.get_wealth(ALICE), stage.money.get_free(ALICE)
    renew(stage, number)
    first, second = stage.get_job(0), stage.get_job(1)
    assert (second.owner, second.spec, second.price) == (ALICE, first.spec, first.price)
    assert (second.posted_at, second.work_blocks) == (due, first.work_blocks)
    assert stage.get_wealth(ALICE) == wealth
    assert stage.money.get_free(ALICE) == free
    assert get(stage, number).next_at == due + EVERY
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "renew", EVE, number)
    stage.lock(1)
    stage.submit(1)
    assert stage.get(1).state is SlotState.SETTLED


def test_the_last_run_returns_the_deposit(stage: MarketStage) -> None:
    number = recur(stage, runs=2)
    deposit = get(stage, number).deposit
    stage.skip(EVERY)
    stage.take_events()
    renew(stage, number)
    ends = find(stage.take_events(), RunPosted, RecurringEnded)
    assert ends == [RunPosted(number, 1), RecurringEnded(number, deposit)]
    assert get_reserve(stage) == 0
    with stage.refused(NoSuchRecurring):
        stage.dispatch(stage.market, "renew", EVE, number)


def test_runs_keep_their_beat_and_are_not_caught_up_at_once(stage: MarketStage) -> None:
    number = recur(stage, every=5, runs=4)
    start = stage.number
    stage.skip(17)
    renew(stage, number)
    assert get(stage, number).next_at == start + 20
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "renew", EVE, number)
    assert get(stage, number).runs_left == 2


def test_a_run_is_of_the_version_of_its_time(stage: MarketStage) -> None:
    number = recur(stage)
    source = stage.get_job(0).source
    assert source is not None
    body, first = stage.weights.body, source.version
    stage.dispatch(stage.registry, "update", MODEL_OWNER, stage.model, body, Root(b"u" * 32))
    stage.skip(EVERY)
    renew(stage, number)
    assert stage.get_job(0).source == RecordVersion(stage.model, first)
    assert stage.get_job(1).source == RecordVersion(stage.model, first + 1)


def test_a_run_that_cannot_be_posted_is_skipped_and_refunded(stage: MarketStage) -> None:
    number = recur(stage)
    cost = get(stage, number).run_cost
    expire_model(stage)
    stage.skip(EVERY)
    free, total = stage.money.get_free(ALICE), get_total(stage)
    stage.take_events()
    renew(stage, number)
    skipped = RunSkipped(number, declarations.ModelExpired.INDEX, cost)
    assert stage.take_events()[1:] == [skipped]  # after what the ledger says of the release
    assert stage.money.get_free(ALICE) == free + cost
    assert get_total(stage) == total
    assert stage.market.next_job.get() == 1
    assert get(stage, number).runs_left == 1
    stage.skip(EVERY)
    renew(stage, number)
    assert get_reserve(stage) == 0
    stage.try_state()


def test_a_run_that_would_hold_more_is_skipped(stage: MarketStage) -> None:
    """What the owner put aside is the most that a run takes."""
    number = recur(stage)
    entry = get(stage, number)
    stage.market.recurring[number] = replace(entry, run_cost=entry.run_cost - 1)
    stage.money.release(HoldReason.RECURRING, ALICE, entry.runs_left)
    stage.skip(EVERY)
    stage.take_events()
    renew(stage, number)
    skipped = find(stage.take_events(), RunSkipped)
    assert skipped == [RunSkipped(number, declarations.NoEscrow.INDEX, entry.run_cost - 1)]
    assert stage.market.next_job.get() == 1


def test_stopping_returns_what_is_left_and_open_runs_go_on(stage: MarketStage) -> None:
    number = recur(stage)
    entry = get(stage, number)
    with stage.refused(declarations.NotPayer):
        stage.dispatch(stage.market, "stop", BOB, number)
    stage.take_events()
    stage.dispatch(stage.market, "stop", ALICE, number)
    ended = [RecurringEnded(number, entry.reserve + entry.deposit)]
    assert find(stage.take_events(), RecurringEnded) == ended
    assert get_reserve(stage) == 0
    stage.lock(0)
    stage.submit(0)
    for call, who in (("stop", ALICE), ("renew", EVE)):
        with stage.refused(NoSuchRecurring):
            stage.dispatch(stage.market, call, who, number)


def test_a_recurring_job_may_take_bids(stage: MarketStage) -> None:
    number = recur(stage, price=Bids(PRICE))
    stage.skip(EVERY)
    renew(stage, number)
    assert stage.get_job(1).price == Bids(PRICE)


@pytest.mark.parametrize(
    "every, runs",
    [
        (0, RUNS),
        (TERM_BLOCKS_MAX + 1, RUNS),
        (EVERY, RUNS_MIN - 1),
        (EVERY, RUNS_MAX + 1),
    ],
)
def test_how_often_and_how_many_are_bounded(stage: MarketStage, every: int, runs: int) -> None:
    with stage.refused(declarations.BadTerms):
        recur(stage, every, runs)


def test_what_cannot_be_posted_now_cannot_recur(stage: MarketStage) -> None:
    with stage.refused(declarations.BadPrice):
        recur(stage, price=Posted(0))
    recur(stage)  # keeps the version of the model
    expire_model(stage)
    with stage.refused(declarations.ModelExpired):
        recur(stage)


def test_all_runs_are_paid_for_at_once(stage: MarketStage) -> None:
    cost_of_one = stage.money.get_free(DAVE) - 1
    with stage.refused(declarations.NoEscrow):
        recur(stage, price=Posted(cost_of_one // 2), who=DAVE)
