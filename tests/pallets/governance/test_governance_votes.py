"""Votes, delegations, and what stays locked for them, for how long."""

import pytest

from pallets.governance import declarations as declared
from pallets.governance.declarations import (
    Delegated,
    Undelegated,
    Unlocked,
    Voted,
    VoteRemoved,
)
from pallets.governance.types import (
    VOTES_MAX,
    Conviction,
    Delegation,
    ProposalState,
    Side,
    Tally,
    Vote,
)
from runtime.address import Address20
from runtime.errors import CannotLookup, Frozen
from runtime.frame import Origin
from runtime.frame.traits import HoldReason
from runtime.primitives import UNIT, AccountId
from tests.helpers.mock_runtime import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    EVE,
    EXISTENTIAL_DEPOSIT,
    signed,
    to,
)
from tests.pallets.governance.stage import (
    ABSTAIN,
    AYE,
    DOUBLE,
    FUNDS,
    NAY,
    NONE,
    PERIOD,
    POOR,
    GovernanceStage,
    with_seats,
)

NOBODY = AccountId(b"n" * 32)
SIX = Conviction.LOCKED6X


@pytest.fixture
def stage() -> GovernanceStage:
    """Proposal 0 is being decided."""
    stage = GovernanceStage()
    stage.decide()
    return stage


def spend(stage: GovernanceStage, who: AccountId, amount: int) -> None:
    """A transfer to EVE."""
    call = stage.runtime.make_call(stage.runtime.balances, "transfer_allow_death", to(EVE), amount)
    stage.runtime.dispatch(call, signed(who))


# --- votes


def test_a_vote_counts_by_its_conviction_and_locks(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, AYE, 100 * UNIT, DOUBLE)
    assert stage.get_last_events() == [Voted(BOB, Vote(0, AYE, DOUBLE, 100 * UNIT))]
    stage.send(CHARLIE, "vote", 0, NAY, 100 * UNIT, NONE)
    stage.send(DAVE, "vote", 0, ABSTAIN, 50 * UNIT, SIX)
    assert stage.get(0).tally == Tally(200 * UNIT, 10 * UNIT, 150 * UNIT)
    assert stage.get(0).voters == 3
    assert [stage.get_lock(who) for who in (BOB, CHARLIE, DAVE)] == [
        100 * UNIT,
        100 * UNIT,
        50 * UNIT,
    ]
    stage.try_state()


def test_what_is_locked_cannot_be_spent_but_may_be_held(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, AYE, FUNDS - 10 * UNIT, DOUBLE)
    with stage.refused(Frozen):
        spend(stage, BOB, 11 * UNIT)
    spend(stage, BOB, 10 * UNIT)
    stage.runtime.money.hold(HoldReason.BOND, BOB, FUNDS - 11 * UNIT)
    stage.send(BOB, "vote", 0, NAY, FUNDS - 10 * UNIT, DOUBLE)
    stage.try_state()


def test_nobody_votes_with_more_than_he_has(stage: GovernanceStage) -> None:
    for amount, error in (
        (0, declared.ZeroAmount),
        (POOR + 1, declared.InsufficientFunds),
        (1 << 127, declared.InsufficientFunds),
    ):
        with stage.refused(error):
            stage.send(EVE, "vote", 0, AYE, amount, SIX)
        with stage.refused(error):
            stage.send(EVE, "delegate", to(BOB), SIX, amount)
    with stage.refused(declared.InsufficientFunds):
        stage.send(NOBODY, "vote", 0, AYE, 1, SIX)
    stage.send(EVE, "vote", 0, AYE, POOR, SIX)


def test_a_second_vote_replaces_the_first(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, AYE, 100 * UNIT, DOUBLE)
    stage.send(BOB, "vote", 0, NAY, 30 * UNIT, SIX)
    assert stage.get(0).tally == Tally(0, 180 * UNIT, 0)
    assert stage.get(0).voters == 1
    assert stage.get_lock(BOB) == 100 * UNIT, "a lock does not fall by itself"
    stage.send(EVE, "unlock", to(BOB))
    assert stage.get_lock(BOB) == 30 * UNIT
    stage.try_state()


def test_a_vote_taken_back_leaves_nothing(stage: GovernanceStage) -> None:
    with stage.refused(declared.NotVoted):
        stage.send(BOB, "remove_vote", 0)
    stage.send(BOB, "vote", 0, AYE, 100 * UNIT, SIX)
    stage.send(BOB, "remove_vote", 0)
    assert stage.get_last_events() == [VoteRemoved(BOB, 0)]
    assert stage.get(0).tally == Tally()
    stage.send(BOB, "unlock", to(BOB))
    assert stage.get_lock(BOB) == 0
    assert BOB not in stage.governance.voting
    stage.try_state()


def test_what_is_over_takes_no_votes_back(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, NAY, 100 * UNIT, SIX)
    stage.pass_blocks(PERIOD)
    with stage.refused(declared.NotOngoing):
        stage.send(BOB, "remove_vote", 0)


def test_one_account_has_so_many_votes() -> None:
    stage = GovernanceStage(with_seats(VOTES_MAX + 1))
    for _ in range(VOTES_MAX + 1):
        stage.send(ALICE, "propose", 0, stage.remark())
    for number in range(VOTES_MAX):
        stage.send(BOB, "vote", number, AYE, UNIT, NONE)
    with stage.refused(declared.TooManyVotes):
        stage.send(BOB, "vote", VOTES_MAX, AYE, UNIT, NONE)
    stage.send(BOB, "vote", 0, NAY, UNIT, NONE)
    stage.send(CHARLIE, "delegate", to(BOB), DOUBLE, 10 * UNIT)
    assert stage.get(VOTES_MAX - 1).tally == Tally(20 * UNIT + UNIT // 10, 0, 11 * UNIT)
    stage.try_state()


# --- locks


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("wins", [True, False])
@pytest.mark.parametrize("conviction", [NONE, Conviction.LOCKED1X, Conviction.LOCKED3X])
def test_the_winning_side_stays_locked_as_long_as_it_promised(
    side: Side, wins: bool, conviction: Conviction
) -> None:
    stage = GovernanceStage()
    number = stage.decide()
    stage.send(BOB, "vote", number, side, 100 * UNIT, conviction)
    for who in (ALICE, CHARLIE, DAVE):
        stage.send(who, "vote", number, AYE if wins else NAY, FUNDS - 60 * UNIT, SIX)
    stage.pass_blocks(PERIOD)
    stage.send(EVE, "poke", number)
    entry = stage.get(number)
    assert entry.state is (ProposalState.APPROVED if wins else ProposalState.REJECTED)
    won = side is (AYE if wins else NAY)
    until = entry.since + conviction.lock_periods * PERIOD if won else stage.now
    stage.send(EVE, "unlock", to(BOB))
    if until > stage.now:
        assert stage.get_lock(BOB) == 100 * UNIT
        stage.pass_blocks(until - 1 - stage.now)
        with stage.refused(declared.NothingToUnlock):
            stage.send(EVE, "unlock", to(BOB))
        stage.pass_blocks(1)
        stage.send(EVE, "unlock", to(BOB))
    assert stage.get_lock(BOB) == 0
    assert BOB not in stage.governance.voting
    stage.try_state()


def test_what_was_cancelled_locks_nobody(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, AYE, 100 * UNIT, SIX)
    stage.send(Origin.root(), "cancel", 0)
    stage.send(EVE, "unlock", to(BOB))
    assert stage.get_last_events() == [Unlocked(BOB, 0)]
    assert stage.get_lock(BOB) == 0


def test_an_account_with_a_lock_is_not_reaped(stage: GovernanceStage) -> None:
    stage.send(EVE, "vote", 0, AYE, 1, NONE)
    call = stage.runtime.make_call(stage.runtime.balances, "transfer_all", to(BOB), False)
    stage.runtime.dispatch(call, signed(EVE))
    assert stage.runtime.money.get_free(EVE) == EXISTENTIAL_DEPOSIT
    stage.try_state()


def test_nothing_to_unlock_is_refused(stage: GovernanceStage) -> None:
    for who in (EVE, NOBODY):
        with stage.refused(declared.NothingToUnlock):
            stage.send(BOB, "unlock", to(who))
    stage.send(BOB, "vote", 0, AYE, UNIT, NONE)
    with stage.refused(declared.NothingToUnlock):
        stage.send(BOB, "unlock", to(BOB))


# --- delegation


def test_delegated_power_follows_the_vote(stage: GovernanceStage) -> None:
    stage.send(BOB, "vote", 0, AYE, 10 * UNIT, NONE)
    stage.send(CHARLIE, "delegate", to(BOB), DOUBLE, 100 * UNIT)
    delegation = Delegation(BOB, DOUBLE, 100 * UNIT)
    assert stage.get_last_events() == [Delegated(CHARLIE, delegation)]
    assert stage.get(0).tally == Tally(201 * UNIT, 0, 110 * UNIT)
    assert stage.get(0).voters == 1
    stage.send(BOB, "vote", 0, NAY, 10 * UNIT, NONE)
    assert stage.get(0).tally == Tally(0, 201 * UNIT, 0)
    stage.send(CHARLIE, "undelegate")
    assert stage.get_last_events() == [Undelegated(CHARLIE, BOB)]
    assert stage.get(0).tally == Tally(0, UNIT, 0)
    stage.try_state()


def test_taken_back_it_stays_locked_from_then_on(stage: GovernanceStage) -> None:
    stage.send(CHARLIE, "delegate", to(BOB), DOUBLE, 100 * UNIT)
    assert stage.get_lock(CHARLIE) == 100 * UNIT
    stage.pass_blocks(3 * PERIOD)
    stage.send(CHARLIE, "undelegate")
    with stage.refused(declared.NothingToUnlock):
        stage.send(EVE, "unlock", to(CHARLIE))
    stage.pass_blocks(2 * PERIOD - 1)
    with stage.refused(declared.NothingToUnlock):
        stage.send(EVE, "unlock", to(CHARLIE))
    stage.pass_blocks(1)
    stage.send(EVE, "unlock", to(CHARLIE))
    assert stage.get_lock(CHARLIE) == 0
    assert BOB not in stage.governance.voting
    assert CHARLIE not in stage.governance.voting
    stage.try_state()


def test_power_is_not_passed_on_and_counts_once(stage: GovernanceStage) -> None:
    stage.send(CHARLIE, "delegate", to(BOB), DOUBLE, 100 * UNIT)
    stage.send(BOB, "delegate", to(ALICE), DOUBLE, 10 * UNIT)
    stage.send(ALICE, "vote", 0, AYE, UNIT, NONE)
    assert stage.get(0).tally == Tally(20 * UNIT + UNIT // 10, 0, 11 * UNIT)
    stage.send(BOB, "undelegate")
    stage.send(BOB, "vote", 0, AYE, 10 * UNIT, NONE)
    assert stage.get(0).tally == Tally(201 * UNIT + UNIT // 10, 0, 111 * UNIT)
    stage.try_state()


def test_one_votes_or_delegates(stage: GovernanceStage) -> None:
    with stage.refused(declared.DelegateToSelf):
        stage.send(BOB, "delegate", to(BOB), NONE, UNIT)
    with stage.refused(CannotLookup):
        stage.send(BOB, "delegate", Address20(bytes(20)), NONE, UNIT)
    with stage.refused(declared.NotDelegating):
        stage.send(BOB, "undelegate")
    stage.send(BOB, "vote", 0, AYE, UNIT, NONE)
    with stage.refused(declared.AlreadyVoting):
        stage.send(BOB, "delegate", to(ALICE), NONE, UNIT)
    stage.send(CHARLIE, "delegate", to(ALICE), NONE, UNIT)
    with stage.refused(declared.AlreadyDelegating):
        stage.send(CHARLIE, "delegate", to(BOB), NONE, UNIT)
    with stage.refused(declared.AlreadyDelegating):
        stage.send(CHARLIE, "vote", 0, AYE, UNIT, NONE)


def test_a_delegation_can_abort_a_confirmation_in_time_only(stage: GovernanceStage) -> None:
    stage.send(ALICE, "vote", 0, AYE, FUNDS, Conviction.LOCKED1X)
    stage.send(BOB, "vote", 0, AYE, FUNDS, Conviction.LOCKED1X)
    stage.send(DAVE, "vote", 0, NAY, UNIT, NONE)
    stage.pass_blocks(PERIOD)
    stage.send(CHARLIE, "delegate", to(DAVE), SIX, FUNDS)
    assert stage.get_state(0) is ProposalState.APPROVED, "it was approved before"
    assert stage.get(0).tally.nays == UNIT // 10
    stage.try_state()
