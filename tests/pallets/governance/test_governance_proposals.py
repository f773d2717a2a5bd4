"""The life of a proposal: what it costs, when it is decided, and what an enacted call may do."""

import pytest

from pallets.governance import CANCELLER, PARAMETERS, ROOT
from pallets.governance import declarations as declared
from pallets.governance.declarations import (
    Approved,
    Cancelled,
    Closed,
    ConfirmAborted,
    Confirming,
    DecisionDepositPlaced,
    DecisionStarted,
    Enacted,
    Killed,
    Lapsed,
    Rejected,
    Submitted,
    TimedOut,
)
from pallets.governance.types import CALL_BYTES_MAX, Conviction, ProposalState, Tally
from runtime.crypto.hashing import blake2_256
from runtime.errors import BadOrigin, FundsUnavailable
from runtime.frame import Origin
from runtime.primitives import UNIT, Hash
from runtime.system import Remarked
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, EVE, to
from tests.pallets.governance.stage import (
    AYE,
    CONFIRM,
    DELAY,
    FUNDS,
    NAY,
    NONE,
    PEOPLE,
    PERIOD,
    POOR,
    PREPARE,
    TREASURY,
    GovernanceStage,
    with_seats,
)

DECISION_DEPOSIT = 50 * UNIT
ONCE = Conviction.LOCKED1X


@pytest.fixture
def stage() -> GovernanceStage:
    return GovernanceStage()


# --- proposing


def test_a_proposal_stores_its_call_for_a_deposit(stage: GovernanceStage) -> None:
    call = stage.remark(b"hello")
    raw = stage.runtime.calls.encode(call)
    stage.send(ALICE, "propose", ROOT, call)
    assert stage.governance.proposed_call[0] == raw
    entry = stage.get(0)
    assert (entry.call_hash, entry.state) == (Hash(blake2_256(raw)), ProposalState.PREPARING)
    assert stage.get_held(ALICE) == entry.deposit == UNIT + len(raw) * UNIT // 1_000
    assert stage.get_last_events() == [Submitted(0, ALICE, ROOT, entry.call_hash)]
    stage.try_state()


def test_a_proposal_needs_a_track_a_deposit_and_a_small_call(stage: GovernanceStage) -> None:
    with stage.refused(declared.UnknownTrack):
        stage.send(ALICE, "propose", len(stage.terms.tracks), stage.remark())
    with stage.refused(FundsUnavailable):
        stage.send(EVE, "propose", ROOT, stage.remark())
    with stage.refused(declared.CallTooLarge):
        stage.send(ALICE, "propose", ROOT, stage.remark(bytes(CALL_BYTES_MAX)))


def test_what_is_not_there_is_refused_everywhere(stage: GovernanceStage) -> None:
    for name, args in (
        ("place_decision_deposit", ()),
        ("poke", ()),
        ("enact", (stage.remark(),)),
        ("close", ()),
        ("vote", (AYE, UNIT, NONE)),
    ):
        with stage.refused(declared.UnknownProposal):
            stage.send(BOB, name, 3, *args)
    for name in ("cancel", "kill"):
        with stage.refused(declared.UnknownProposal):
            stage.send(Origin.root(), name, 3)


# --- the decision deposit


def test_anybody_pays_for_the_decision_once(stage: GovernanceStage) -> None:
    stage.send(ALICE, "propose", ROOT, stage.remark())
    stage.send(BOB, "place_decision_deposit", 0)
    assert stage.get_held(BOB) == DECISION_DEPOSIT
    assert stage.get_last_events() == [DecisionDepositPlaced(0, BOB, DECISION_DEPOSIT)]
    with stage.refused(declared.HasDeposit):
        stage.send(CHARLIE, "place_decision_deposit", 0)
    stage.pass_blocks(PREPARE - 1)
    with stage.refused(declared.NothingDue):
        stage.send(CHARLIE, "poke", 0)
    stage.pass_blocks(1)
    stage.send(CHARLIE, "poke", 0)
    issuance = stage.runtime.money.get_issuance()
    assert stage.get_last_events() == [DecisionStarted(0, issuance)]
    assert stage.get(0).electorate == issuance == 4 * FUNDS + POOR
    stage.try_state()


def test_paid_late_a_proposal_is_decided_at_once(stage: GovernanceStage) -> None:
    stage.send(ALICE, "propose", ROOT, stage.remark())
    for who in PEOPLE:
        stage.send(who, "vote", 0, AYE, FUNDS // 2, ONCE)
    stage.pass_blocks(PREPARE)
    stage.send(BOB, "place_decision_deposit", 0)
    assert stage.get_state(0) is ProposalState.DECIDING
    stage.pass_blocks(PERIOD)
    stage.send(BOB, "poke", 0)
    assert stage.get_state(0) is ProposalState.APPROVED


def test_unpaid_it_times_out(stage: GovernanceStage) -> None:
    stage.send(ALICE, "propose", ROOT, stage.remark())
    stage.pass_blocks(2 * PERIOD - 1)
    with stage.refused(declared.NothingDue):
        stage.send(BOB, "poke", 0)
    stage.pass_blocks(1)
    with stage.refused(declared.NotOngoing):
        stage.send(BOB, "place_decision_deposit", 0)
    stage.send(BOB, "poke", 0)
    assert stage.get_last_events() == [TimedOut(0)]
    stage.send(BOB, "close", 0)
    assert stage.get_last_events() == [Closed(0, UNIT + 3 * UNIT // 1_000)]
    assert stage.get_held(ALICE) == 0
    stage.try_state()


def test_a_full_track_lets_nobody_in() -> None:
    stage = GovernanceStage(with_seats(1))
    first, second = stage.decide(), stage.propose()
    stage.pass_blocks(PREPARE)
    with stage.refused(declared.TrackFull):
        stage.send(BOB, "poke", second)
    other = stage.decide(track=PARAMETERS)
    assert stage.get_state(other) is ProposalState.DECIDING
    stage.send(Origin.root(), "cancel", first)
    stage.send(BOB, "poke", second)
    assert stage.get_state(second) is ProposalState.DECIDING
    stage.try_state()


# --- the decision


def test_votes_that_suffice_for_long_enough_approve(stage: GovernanceStage) -> None:
    number = stage.decide()
    for who in PEOPLE[:3]:
        stage.send(who, "vote", number, AYE, FUNDS, ONCE)
    since = stage.now
    assert Confirming(number, since) in stage.runtime.get_events()
    stage.pass_blocks(CONFIRM - 1)
    with stage.refused(declared.NothingDue):
        stage.send(EVE, "poke", number)
    stage.pass_blocks(1)
    stage.send(EVE, "poke", number)
    assert stage.get_last_events(2)[0] == Approved(
        number, since + CONFIRM, Tally(3 * FUNDS, 0, 3 * FUNDS)
    )
    assert stage.get_held(ALICE) == stage.get(number).deposit, "the decision's is back"
    stage.try_state()


def test_another_aye_does_not_begin_the_confirmation_anew(stage: GovernanceStage) -> None:
    number = stage.decide()
    for who in PEOPLE[:3]:
        stage.send(who, "vote", number, AYE, FUNDS, ONCE)
    since = stage.now
    stage.pass_blocks(CONFIRM - 1)
    stage.send(DAVE, "vote", number, AYE, FUNDS, ONCE)
    assert stage.get(number).confirming == since
    stage.pass_blocks(1)
    stage.send(EVE, "poke", number)
    assert stage.get(number).since == since + CONFIRM


def test_a_vote_against_aborts_the_confirmation(stage: GovernanceStage) -> None:
    number = stage.decide()
    for who in PEOPLE[:3]:
        stage.send(who, "vote", number, AYE, FUNDS, ONCE)
    stage.pass_blocks(1)
    stage.send(DAVE, "vote", number, NAY, FUNDS, Conviction.LOCKED6X)
    assert stage.get(number).confirming is None
    assert ConfirmAborted(number) in stage.runtime.get_events()
    stage.pass_blocks(PERIOD)
    stage.send(EVE, "poke", number)
    assert stage.get_state(number) is ProposalState.REJECTED


def test_a_decision_that_confirms_may_take_longer_and_still_fail(stage: GovernanceStage) -> None:
    number = stage.decide()
    stage.pass_blocks(PERIOD - 1)
    for who in PEOPLE[:3]:
        stage.send(who, "vote", number, AYE, FUNDS, ONCE)
    stage.pass_blocks(1)
    with stage.refused(declared.NothingDue):
        stage.send(EVE, "poke", number)
    stage.send(DAVE, "vote", number, NAY, FUNDS, Conviction.LOCKED6X)
    assert stage.get_state(number) is ProposalState.REJECTED
    tally = Tally(3 * FUNDS, 6 * FUNDS, 3 * FUNDS)
    assert Rejected(number, stage.now, tally) in stage.runtime.get_events()
    stage.try_state()


def test_without_votes_a_proposal_is_rejected(stage: GovernanceStage) -> None:
    number = stage.decide()
    end = stage.now + PERIOD
    stage.pass_blocks(PERIOD + 7)
    stage.send(EVE, "poke", number)
    assert Rejected(number, end, Tally()) in stage.runtime.get_events()
    with stage.refused(declared.NotOngoing):
        stage.send(BOB, "vote", number, AYE, UNIT, NONE)


def test_thresholds_fall_and_whoever_pokes_late_finds_the_same(stage: GovernanceStage) -> None:
    """One of four supports with all it has: 25 % suffices once the support asked has fallen."""
    outcomes: list[int] = []
    for late in (0, 5):
        number = stage.decide(track=CANCELLER)
        begin = stage.now
        stage.send(ALICE, "vote", number, AYE, FUNDS // 20, ONCE)  # 1.25 % of all
        assert stage.get(number).confirming is None
        stage.pass_blocks(PERIOD + CONFIRM + late)
        stage.send(EVE, "poke", number)
        assert stage.get_state(number) is ProposalState.APPROVED
        outcomes.append(stage.get(number).since - begin)
    assert outcomes[0] == outcomes[1] > CONFIRM


# --- enacting


@pytest.mark.parametrize("track", range(4))
def test_an_enacted_call_has_exactly_the_origin_of_its_track(
    stage: GovernanceStage, track: int
) -> None:
    account = stage.terms.tracks[track].account
    of_root, of_signer = stage.mint(BOB, 2 * FUNDS), stage.remark(b"x")
    allowed, forbidden = (of_root, of_signer) if account is None else (of_signer, of_root)
    first, second = stage.approve(allowed, track), stage.approve(forbidden, track)
    stage.pass_blocks(DELAY)
    stage.send(EVE, "enact", first, allowed)
    assert stage.get_last_events() == [Enacted(first)]
    if account is None:
        assert stage.runtime.money.get_free(BOB) == 2 * FUNDS
    else:
        remarked = Remarked(account, Hash(blake2_256(b"x")))
        assert stage.get_last_events(2) == [remarked, Enacted(first)]
    with stage.refused(BadOrigin):
        stage.send(EVE, "enact", second, forbidden)
    stage.try_state()


def test_only_the_proposed_call_is_enacted_once_and_not_early(stage: GovernanceStage) -> None:
    call = stage.mint(CHARLIE, 2 * FUNDS)
    number = stage.decide(call)
    with stage.refused(declared.NotApproved):
        stage.send(EVE, "enact", number, call)
    for who in PEOPLE[:3]:
        stage.send(who, "vote", number, AYE, FUNDS, ONCE)
    stage.pass_blocks(CONFIRM)
    with stage.refused(declared.TooEarly):
        stage.send(EVE, "enact", number, call)
    stage.pass_blocks(DELAY)
    with stage.refused(declared.WrongCall):
        stage.send(EVE, "enact", number, stage.mint(CHARLIE, 3 * FUNDS))
    stage.send(EVE, "enact", number, call)
    assert stage.get_state(number) is ProposalState.ENACTED
    with stage.refused(declared.NotApproved):
        stage.send(EVE, "enact", number, call)
    stage.try_state()


def test_a_call_that_fails_can_be_tried_until_it_lapses(stage: GovernanceStage) -> None:
    call = stage.force_transfer(EVE, BOB, 10 * FUNDS)
    number = stage.approve(call)
    stage.pass_blocks(DELAY)
    with stage.refused(FundsUnavailable):
        stage.send(EVE, "enact", number, call)
    with stage.refused(declared.NotFinal):
        stage.send(EVE, "close", number)
    stage.pass_blocks(PERIOD)
    with stage.refused(FundsUnavailable):
        stage.send(EVE, "enact", number, call)
    stage.pass_blocks(1)
    with stage.refused(declared.NotApproved):
        stage.send(EVE, "enact", number, call)
    stage.send(EVE, "poke", number)
    assert stage.get_last_events() == [Lapsed(number)]


def test_an_enacted_call_cannot_enact_itself_again(stage: GovernanceStage) -> None:
    """The nested call finds the proposal enacted already, so neither happens."""
    inner = stage.remark(b"x")
    first = stage.approve(inner, CANCELLER)
    nested = stage.runtime.make_call(stage.governance, "enact", first, inner)
    batch = stage.runtime.make_call(stage.runtime.utility, "batch_all", (nested, nested))
    account = stage.terms.tracks[PARAMETERS].account
    assert account is not None
    second = stage.approve(batch, PARAMETERS)
    stage.pass_blocks(DELAY)
    with stage.refused(declared.NotApproved):
        stage.send(EVE, "enact", second, batch)
    assert stage.get_state(first) is stage.get_state(second) is ProposalState.APPROVED


def test_enacting_weighs_what_its_call_weighs(stage: GovernanceStage) -> None:
    call = stage.remark(b"")
    for name in ("propose", "enact"):
        outer = stage.runtime.make_call(stage.governance, name, 0, call)
        weight, inner = outer.get_dispatch_info().weight, call.get_dispatch_info().weight
        assert inner.is_within(weight)
        assert not weight.is_within(inner)
    propose = stage.runtime.make_call(stage.governance, "propose", 0, call)
    enact = stage.runtime.make_call(stage.governance, "enact", 0, call)
    weights = [each.get_dispatch_info().weight for each in (enact, propose)]
    assert weights[0].is_within(weights[1]), "what can be proposed can be enacted"


# --- cancelling, killing, closing


@pytest.mark.parametrize("name", ["cancel", "kill"])
def test_root_and_the_canceller_end_a_proposal(stage: GovernanceStage, name: str) -> None:
    account = stage.terms.tracks[CANCELLER].account
    other = stage.terms.tracks[PARAMETERS].account
    assert account is not None
    assert other is not None
    for origin in (Origin.signed(other), Origin.signed(ALICE), Origin.none()):
        with stage.refused(BadOrigin):
            stage.send(origin, name, stage.governance.next_proposal.get())
    for origin in (Origin.root(), Origin.signed(account)):
        number = stage.decide()
        stage.send(origin, name, number)
        assert stage.get(number).state.is_final
        with stage.refused(declared.NotOngoing):
            stage.send(origin, name, number)
        stage.send(EVE, "close", number)
    assert stage.get_held(ALICE) == 0
    stage.try_state()


def test_cancelling_returns_deposits_and_killing_takes_them(stage: GovernanceStage) -> None:
    cancelled, killed = stage.decide(), stage.propose()
    deposit = stage.get(killed).deposit
    stage.send(Origin.root(), "cancel", cancelled)
    assert stage.get_last_events() == [Cancelled(cancelled)]
    assert stage.get_held(ALICE) == 2 * deposit + DECISION_DEPOSIT
    issuance = stage.runtime.money.get_issuance()
    stage.send(Origin.root(), "kill", killed)
    assert stage.get_last_events() == [Killed(killed, deposit + DECISION_DEPOSIT)]
    assert stage.runtime.money.get_free(TREASURY) == deposit + DECISION_DEPOSIT
    assert stage.runtime.money.get_issuance() == issuance
    assert stage.get_held(ALICE) == deposit
    stage.try_state()


def test_a_proposal_is_closed_when_it_is_over_and_nobody_names_it(stage: GovernanceStage) -> None:
    number = stage.decide()
    with stage.refused(declared.NotFinal):
        stage.send(BOB, "close", number)
    stage.send(BOB, "vote", number, NAY, UNIT, NONE)
    stage.pass_blocks(PERIOD)
    with stage.refused(declared.HasVoters):
        stage.send(EVE, "close", number)
    stage.send(EVE, "poke", number)
    stage.send(EVE, "unlock", to(BOB))
    stage.send(EVE, "close", number)
    assert number not in stage.governance.proposal
    assert number not in stage.governance.proposed_call
    assert stage.get_held(ALICE) == 0
    stage.try_state()


def test_terms_are_what_metadata_shows(stage: GovernanceStage) -> None:
    names = [track.name for track in stage.terms.tracks]
    assert names == ["root", "parameters", "treasurer", "canceller"]
    accounts = [track.account for track in stage.terms.tracks]
    assert accounts[0] is None
    assert len(set(accounts)) == 4
    assert TREASURY not in accounts, "whoever spends for the treasury cannot act as the treasury"
