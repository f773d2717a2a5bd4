"""What multisig refuses, and that nothing is left of it."""

from typing import Any

import pytest

from pallets.multisig.declarations import (
    AlreadyApproved,
    MaxWeightTooLow,
    MinimumThreshold,
    MultisigCancelled,
    NoApprovalsNeeded,
    NotFound,
    NoTimepoint,
    NotOwner,
    SenderInSignatories,
    SignatoriesOutOfOrder,
    Timepoint,
    TooFewSignatories,
    TooManySignatories,
    UnexpectedTimepoint,
    WrongTimepoint,
)
from pallets.weights import multisig as weights
from runtime.errors import BadOrigin, FundsUnavailable
from runtime.frame import Origin
from runtime.primitives import AccountId, Weight
from tests.helpers.account_pallets import (
    MAX_SIGNATORIES,
)
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, signed
from tests.helpers.noop import assert_noop
from tests.pallets.multisig.stage import BIG, DEPOSIT, FIRST, MULTI, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("name", ["as_multi", "approve_as_multi", "cancel_as_multi"])
@pytest.mark.parametrize(
    "threshold, others, error",
    [
        (0, (BOB, CHARLIE), MinimumThreshold),
        (1, (BOB, CHARLIE), MinimumThreshold),
        (2, (), TooFewSignatories),
        (2, tuple(AccountId(bytes([n]) * 32) for n in range(2, 7)), TooManySignatories),
        (2, (CHARLIE, BOB), SignatoriesOutOfOrder),
        (2, (BOB, BOB), SignatoriesOutOfOrder),
        (2, (ALICE, BOB), SenderInSignatories),
    ],
)
def test_signatories_are_checked(
    stage: Stage, name: str, threshold: int, others: Any, error: Any
) -> None:
    call = stage.give(1)
    args: dict[str, tuple[Any, ...]] = {
        "as_multi": (None, call, BIG),
        "approve_as_multi": (None, stage.hash(call), BIG),
        "cancel_as_multi": (FIRST, stage.hash(call)),
    }
    with assert_noop(stage.runtime.state, error):
        made = stage.make(name, threshold, others, *args[name])
        stage.runtime.dispatch(made, signed(ALICE))
    if threshold > 1:
        with assert_noop(stage.runtime.state, error):
            made = stage.make("as_multi_threshold_1", others, call)
            stage.runtime.dispatch(made, signed(ALICE))


def test_as_many_signatories_as_the_limit_says(stage: Stage) -> None:
    most = tuple(AccountId(bytes([n]) * 32) for n in range(1, MAX_SIGNATORIES + 1))
    stage.as_multi(ALICE, stage.give(1), None, signatories=most)


def test_timepoints_are_checked(stage: Stage) -> None:
    call, state = stage.give(300), stage.runtime.state
    with assert_noop(state, UnexpectedTimepoint):
        stage.as_multi(ALICE, call, FIRST)
    stage.as_multi(ALICE, call, None)
    for send in (stage.as_multi, stage.approve):
        with assert_noop(state, NoTimepoint):
            send(BOB, call, None)
        for wrong in (Timepoint(1, 1), Timepoint(2, 0)):
            with assert_noop(state, WrongTimepoint):
                send(BOB, call, wrong)


def test_a_timepoint_is_the_extrinsics(stage: Stage) -> None:
    for length in (10, 20):
        stage.runtime.system.begin_extrinsic()
        stage.runtime.system.note_extrinsic(length)
    stage.as_multi(ALICE, stage.give(1), None)
    opened = stage.multisig.multisigs[MULTI, stage.hash(stage.give(1))]
    assert opened.when == Timepoint(1, 1)


def test_nobody_approves_twice(stage: Stage) -> None:
    call = stage.give(300)
    stage.approve(ALICE, call, None)
    for send in (stage.as_multi, stage.approve):
        with assert_noop(stage.runtime.state, AlreadyApproved):
            send(ALICE, call, FIRST)


def test_more_approvals_than_needed_are_refused(stage: Stage) -> None:
    call = stage.give(300)
    stage.approve(ALICE, call, None)
    stage.approve(BOB, call, FIRST)
    with assert_noop(stage.runtime.state, NoApprovalsNeeded):
        stage.approve(CHARLIE, call, FIRST)
    with assert_noop(stage.runtime.state, AlreadyApproved):
        stage.approve(BOB, call, FIRST)


def test_the_call_may_not_weigh_more_than_was_said(stage: Stage) -> None:
    call = stage.give(300)
    weight = call.get_dispatch_info().weight
    stage.as_multi(ALICE, call, None, max_weight=Weight())
    less = Weight(weight.ref_time - 1, weight.proof_size)
    with assert_noop(stage.runtime.state, MaxWeightTooLow):
        stage.as_multi(BOB, call, FIRST, max_weight=less)
    spent = stage.as_multi(BOB, call, FIRST, max_weight=weight)
    assert spent == weights.as_multi(2) + weight + weight


def test_a_deposit_needs_money(stage: Stage) -> None:
    poor = AccountId(b"p" * 32)
    stage.runtime.dispatch(stage.give(100 + DEPOSIT - 1, poor), signed(ALICE))
    with assert_noop(stage.runtime.state, FundsUnavailable):
        stage.as_multi(poor, stage.give(1), None, signatories=(ALICE, poor))


def test_who_opened_it_cancels_it(stage: Stage) -> None:
    call, state = stage.give(300), stage.runtime.state
    with assert_noop(state, NotFound):
        stage.cancel(ALICE, call, FIRST)
    stage.as_multi(ALICE, call, None)
    with assert_noop(state, WrongTimepoint):
        stage.cancel(ALICE, call, Timepoint(1, 1))
    with assert_noop(state, NotOwner):
        stage.cancel(BOB, call, FIRST)
    with assert_noop(state, NotFound):
        stage.cancel(ALICE, call, FIRST, threshold=3)
    stage.runtime.take_events()
    stage.cancel(ALICE, call, FIRST)
    assert stage.take_own_events() == [MultisigCancelled(ALICE, FIRST, MULTI, stage.hash(call))]
    assert stage.get_held(ALICE) == 0
    stage.runtime.try_state()
    with assert_noop(state, UnexpectedTimepoint):
        stage.as_multi(BOB, call, FIRST)


def test_only_the_signed_call(stage: Stage) -> None:
    call = stage.give(1)
    made = (
        stage.make("as_multi", 2, (BOB,), None, call, BIG),
        stage.make("as_multi_threshold_1", (BOB,), call),
        stage.make("approve_as_multi", 2, (BOB,), None, stage.hash(call), BIG),
        stage.make("cancel_as_multi", 2, (BOB,), FIRST, stage.hash(call)),
    )
    for each in made:
        for origin in (Origin.root(), Origin.none()):
            with assert_noop(stage.runtime.state, BadOrigin):
                stage.runtime.dispatch(each, origin)
