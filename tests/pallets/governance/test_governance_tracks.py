"""Thresholds and votes in integers, against the slow way of saying the same."""

from dataclasses import replace
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.governance import make_terms
from pallets.governance.tracks import advance_decision, change_tally, is_passing
from pallets.governance.types import (
    Conviction,
    Curve,
    Proposal,
    ProposalState,
    Side,
    Tally,
    Track,
    Voting,
)
from runtime.primitives import AccountId, Hash
from tests.pallets.governance.stage import TREASURY

TRACKS = make_terms(30, TREASURY).tracks
AMOUNTS = st.integers(0, 10**20)
STARTED_AT = 7


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    floor = draw(st.integers(0, 10_000))
    return Curve(draw(st.integers(floor, 10_000)), floor)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    if draw(st.booleans()):
        return Tally(1_000, draw(st.integers(0, 1)), 1_000)
    ayes, nays = draw(st.integers(0, 1_000)), draw(st.integers(0, 1_000))
    return Tally(ayes, nays, draw(st.integers(0, 1_000)))


def make_proposal(tally: Tally) -> Proposal:
    """A proposal whose decision has just begun, among an electorate of 1000."""
    return Proposal(
        AccountId(b"a" * 32),
        0,
        Hash.zero(),
        1,
        None,
        0,
        ProposalState.DECIDING,
        STARTED_AT,
        None,
        STARTED_AT,
        1_000,
        tally,
        0,
    )


@given(curves(), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_thresholds_fall_from_ceil_to_floor(curve: Curve, period: int, a: int, b: int) -> None:
    early, late = sorted((a, b))
    first, second = (curve.compute_threshold(at, period) for at in (early, late))
    assert curve.ceil_bps >= first >= second >= curve.floor_bps
    assert curve.compute_threshold(0, period) == curve.ceil_bps
    assert curve.compute_threshold(period, period) == curve.floor_bps
    exact = curve.ceil_bps * period - (curve.ceil_bps - curve.floor_bps) * min(early, period)
    assert first * period >= exact > (first - 1) * period, "rounded up"


def test_thresholds_of_the_tracks_are_falls_within_a_whole() -> None:
    for track in TRACKS:
        for curve in (track.approval, track.support):
            assert 10_000 >= curve.ceil_bps >= curve.floor_bps > 0
        assert track.approval.floor_bps > 5_000, "a majority, on every track"
        assert track.confirm_blocks > 0


@given(tallies(), st.sampled_from(TRACKS), st.integers(0, 60))
def test_votes_suffice_as_fractions_say(tally: Tally, track: Track, elapsed: int) -> None:
    approval = track.approval.compute_threshold(elapsed, track.decision_blocks)
    support = track.support.compute_threshold(elapsed, track.decision_blocks)
    votes = tally.ayes + tally.nays
    slow = votes > 0 and tally.ayes / votes >= approval / 10_000
    slow = slow and tally.ayes > 0 and tally.support / 1_000 >= support / 10_000
    assert is_passing(track, tally, 1_000, elapsed) == slow


def decide_slowly(changes: dict[int, Tally], track: Track) -> tuple[ProposalState, int]:
    """Block by block, before its votes and after them: how it ends, and in which block."""
    confirming: int | None = None
    tally = Tally()
    for offset in range(60):
        at = STARTED_AT + offset
        for votes in (tally, changes.get(offset, tally)):
            tally = votes
            passes = is_passing(track, tally, 1_000, offset)
            if passes and confirming is None:
                confirming = at
            if not passes:
                confirming = None
            if confirming is not None and at >= confirming + track.confirm_blocks:
                return ProposalState.APPROVED, at
            if confirming is None and offset >= track.decision_blocks:
                return ProposalState.REJECTED, at
    raise AssertionError("every decision ends")


@given(
    st.lists(st.tuples(st.integers(0, 4), tallies()), max_size=12),
    st.sampled_from(TRACKS),
    st.sets(st.integers(0, 50), max_size=4),
)
@settings(max_examples=300)
def test_nobody_decides_by_when_he_looks(
    changes: list[tuple[int, Tally]], track: Track, looks: set[int]
) -> None:
    """The end of a decision is what looking in every block would find."""
    offsets = accumulate(gap for gap, _ in changes)
    by_offset = dict(zip(offsets, (tally for _, tally in changes), strict=True))
    expected = decide_slowly(by_offset, track)
    proposal = make_proposal(Tally())
    for offset in sorted({*by_offset, *looks, 59}):
        if proposal.state is not ProposalState.DECIDING:
            break
        proposal = advance_decision(proposal, track, STARTED_AT + offset)
        if offset in by_offset and proposal.state is ProposalState.DECIDING:
            proposal = change_tally(proposal, track, by_offset[offset], STARTED_AT + offset)
    assert (proposal.state, proposal.since) == expected


@given(AMOUNTS, st.sampled_from(Conviction))
def test_conviction(amount: int, conviction: Conviction) -> None:
    votes = conviction.count_votes(amount)
    expected = {0: amount // 10, **{n: n * amount for n in range(1, 7)}}
    assert votes == expected[int(conviction)]
    assert conviction.lock_periods == (0, 1, 2, 4, 8, 16, 32)[conviction]


def test_who_stays_locked() -> None:
    for state in ProposalState:
        ayes_won = state in (
            ProposalState.APPROVED,
            ProposalState.ENACTED,
            ProposalState.LAPSED,
        )
        assert state.is_won_by(Side.AYE) == ayes_won
        assert state.is_won_by(Side.NAY) == (state is ProposalState.REJECTED)
        assert not state.is_won_by(Side.ABSTAIN)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), max_size=5))
def test_a_prior_lock_covers_every_lock_it_is_made_of(locks: list[tuple[int, int]]) -> None:
    voting, now = Voting(), 10
    for amount, until in locks:
        voting = replace(voting, prior=voting.prior.extend(amount, until, now))
    for amount, until in locks:
        for at in (now, until - 1):
            if now <= at < until:
                assert voting.compute_lock(at) >= amount
    assert voting.compute_lock(101) == 0
