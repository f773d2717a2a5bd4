"""The tracks, and when a proposal's votes suffice: pure arithmetic in integers.

Between two changes of a tally only the thresholds move, and they only fall. So the first block in
which the votes suffice can be found afterwards, and who looks, and when, decides nothing.
"""

from pallets.governance.types import (
    Curve,
    GovernanceTerms,
    Proposal,
    ProposalState,
    Tally,
    Track,
    Tracks,
)
from runtime.frozen import replace
from runtime.primitives import BPS, UNIT, AccountId

ROOT, PARAMETERS, TREASURER, CANCELLER = range(4)
"""The numbers of the tracks."""


def _name_account(name: str) -> AccountId:
    return AccountId(f"modlpy/gov/{name}".encode().ljust(32, b"\0"))


PARAMETERS_ACCOUNT = _name_account("parameters")
TREASURER_ACCOUNT = _name_account("treasurer")
ACCOUNTS = (None, PARAMETERS_ACCOUNT, TREASURER_ACCOUNT, _name_account("canceller"))
"""Who the calls of each track come from; root's come from root."""


def make_terms(period_blocks: int, treasury: AccountId) -> GovernanceTerms:
    """The terms of a chain with this voting period."""
    return GovernanceTerms(
        tracks=_make_tracks(period_blocks),
        period_blocks=period_blocks,
        submission_deposit=UNIT,
        byte_deposit=UNIT // 1_000,
        treasury=treasury,
    )


def _make_tracks(period_blocks: int) -> Tracks:
    """The tracks of a chain, whose times are parts of its voting period."""

    def make(number: int, name: str, approval: Curve, support: Curve, seats: int) -> Track:
        part = max(period_blocks // 10, 1)
        return Track(
            name=name,
            account=ACCOUNTS[number],
            decision_deposit=50 * UNIT,
            seats=seats,
            prepare_blocks=part,
            timeout_blocks=2 * period_blocks,
            decision_blocks=period_blocks,
            confirm_blocks=part,
            enact_delay_blocks=part,
            enact_blocks=period_blocks,
            approval=approval,
            support=support,
        )

    return (
        make(ROOT, "root", Curve(10_000, 6_667), Curve(5_000, 1_000), 4),
        make(PARAMETERS, "parameters", Curve(10_000, 6_000), Curve(5_000, 500), 16),
        make(TREASURER, "treasurer", Curve(10_000, 5_001), Curve(5_000, 500), 16),
        make(CANCELLER, "canceller", Curve(10_000, 5_001), Curve(1_000, 100), 16),
    )


def is_passing(track: Track, tally: Tally, electorate: int, elapsed: int) -> bool:
    """Whether votes suffice so many blocks after the decision began; a tie of nothing does not."""
    approval = track.approval.compute_threshold(elapsed, track.decision_blocks)
    support = track.support.compute_threshold(elapsed, track.decision_blocks)
    has_approval = tally.ayes > 0 and tally.ayes * BPS >= approval * (tally.ayes + tally.nays)
    return has_approval and tally.support * BPS >= support * electorate


def advance_decision(proposal: Proposal, track: Track, now: int) -> Proposal:
    """A proposal that is being decided, as its votes have made it by now."""
    end = proposal.since + track.decision_blocks
    start = proposal.confirming
    if start is None:
        start = _find_first_passing(proposal, track, min(now, end))
    if start is None and now >= end:
        rejected_at = max(end, proposal.changed_at)
        return replace(proposal, state=ProposalState.REJECTED, since=rejected_at)
    if start is not None and start + track.confirm_blocks <= now:
        approved_at = start + track.confirm_blocks
        return replace(proposal, state=ProposalState.APPROVED, since=approved_at, confirming=start)
    return replace(proposal, confirming=start)


def change_tally(proposal: Proposal, track: Track, tally: Tally, now: int) -> Proposal:
    """A proposal that was advanced to now and is still being decided, with another tally.

    Votes that still suffice have sufficed since when they did.
    """
    suffices = is_passing(track, tally, proposal.electorate, now - proposal.since)
    before = now if proposal.confirming is None else proposal.confirming
    start = before if suffices else None
    changed = replace(proposal, tally=tally, confirming=start, changed_at=now)
    return advance_decision(changed, track, now)


def _find_first_passing(proposal: Proposal, track: Track, last: int) -> int | None:
    """The first block up to the last in which the tally, as it is, suffices."""

    def suffices(at: int) -> bool:
        return is_passing(track, proposal.tally, proposal.electorate, at - proposal.since)

    first = proposal.changed_at
    if first > last or not suffices(last):
        return None
    while first < last:
        middle = (first + last) // 2
        if suffices(middle):
            last = middle
        else:
            first = middle + 1
    return first
