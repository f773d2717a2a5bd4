"""What can happen to a proposal, whoever makes it happen.

    Preparing -> Deciding -> Approved -> Enacted     its call was dispatched, and succeeded
                             Approved -> Lapsed      it did not in time
                 Deciding -> Rejected                the votes did not suffice
    Preparing -> TimedOut                            nobody paid for the decision
    Preparing | Deciding -> Cancelled | Killed       a track's voters ended it

Time alone moves a proposal: `advance` brings it up to the block, before anything else happens.
"""

from collections.abc import Callable

from pallets.governance.declarations import (
    Approved,
    ConfirmAborted,
    Confirming,
    DecisionStarted,
    Lapsed,
    NotOngoing,
    Rejected,
    TimedOut,
    UnknownProposal,
)
from pallets.governance.tracks import advance_decision, change_tally
from pallets.governance.types import Power, Proposal, ProposalState, Side, Track, Tracks
from runtime.codec import U8, U32
from runtime.frame import Event, StorageMap
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import Id

REASON = HoldReason.GOVERNANCE


@frozen
class Proposals:
    """The proposals of all tracks, over governance's storage."""

    proposal: StorageMap[Id, Proposal]
    seated: StorageMap[U8, U32]
    """How many proposals of each track are being decided."""

    tracks: Tracks
    money: Money
    get_now: Callable[[], int]
    deposit_event: Callable[[Event], None]

    def get(self, number: int) -> Proposal:
        """A proposal as it is stored; `UnknownProposal` if there is none."""
        proposal = self.proposal.get(number)
        if proposal is None:
            raise UnknownProposal
        return proposal

    def get_track(self, proposal: Proposal) -> Track:
        """The terms of a proposal."""
        return self.tracks[proposal.track]

    def ensure_ongoing(self, number: int) -> Proposal:
        """A proposal brought up to now that votes still count for; `NotOngoing`."""
        proposal = self.advance(number)
        if not proposal.state.is_ongoing:
            raise NotOngoing
        return proposal

    def advance(self, number: int) -> Proposal:
        """Brings a proposal up to now, stores it, says what happened."""
        before = self.get(number)
        after = self._compute_now(before)
        return after if after == before else self.put(number, before, after)

    def add_power(self, number: int, proposal: Proposal, side: Side, power: Power) -> Proposal:
        """Puts more or less behind a side of an ongoing proposal that was advanced."""
        tally, now = proposal.tally.add(side, power), self.get_now()
        if proposal.state is ProposalState.DECIDING:
            after = change_tally(proposal, self.get_track(proposal), tally, now)
        else:
            after = replace(proposal, tally=tally, changed_at=now)
        return self.put(number, proposal, after)

    def has_seat(self, track: int) -> bool:
        """Whether one more proposal can be decided on a track."""
        return self.seated[track] < self.tracks[track].seats

    def put(self, number: int, before: Proposal, after: Proposal) -> Proposal:
        """Stores a proposal; with a change of state come seats, deposits and events.

        Returns it as it is stored: what ends has its decision deposit returned.
        """
        was, becomes = before.state, after.state
        if becomes is ProposalState.DECIDING and was is not ProposalState.DECIDING:
            self.seated[after.track] = self.seated[after.track] + 1
            self.deposit_event(DecisionStarted(number, after.electorate))
        if was is ProposalState.DECIDING and becomes is not ProposalState.DECIDING:
            self.seated[after.track] = self.seated[after.track] - 1
        self._note_confirming(number, before, after)
        if was is not becomes:
            self._note_end(number, after)
        if not becomes.is_ongoing and after.decision_deposit is not None:
            self.money.release(REASON, after.decision_deposit.who, after.decision_deposit.amount)
            after = replace(after, decision_deposit=None)
        self.proposal[number] = after
        return after

    def _compute_now(self, proposal: Proposal) -> Proposal:
        track, now = self.get_track(proposal), self.get_now()
        match proposal.state:
            case ProposalState.PREPARING:
                return self._advance_preparing(proposal, track, now)
            case ProposalState.DECIDING:
                return advance_decision(proposal, track, now)
            case ProposalState.APPROVED:
                last = proposal.since + track.enact_delay_blocks + track.enact_blocks
                return replace(proposal, state=ProposalState.LAPSED) if now > last else proposal
            case _:
                return proposal

    def _advance_preparing(self, proposal: Proposal, track: Track, now: int) -> Proposal:
        if proposal.decision_deposit is None:
            is_over = now >= proposal.submitted_at + track.timeout_blocks
            return replace(proposal, state=ProposalState.TIMED_OUT) if is_over else proposal
        is_early = now < proposal.submitted_at + track.prepare_blocks
        if is_early or not self.has_seat(proposal.track):
            return proposal
        started = replace(
            proposal,
            state=ProposalState.DECIDING,
            since=now,
            changed_at=now,
            electorate=self.money.get_issuance(),
        )
        return advance_decision(started, track, now)

    def _note_confirming(self, number: int, before: Proposal, after: Proposal) -> None:
        if after.confirming is not None and before.confirming is None:
            self.deposit_event(Confirming(number, after.confirming))
        if after.confirming is None and before.confirming is not None:
            self.deposit_event(ConfirmAborted(number))

    def _note_end(self, number: int, after: Proposal) -> None:
        """Of ends that time brings; the calls tell of theirs."""
        match after.state:
            case ProposalState.APPROVED:
                self.deposit_event(Approved(number, after.since, after.tally))
            case ProposalState.REJECTED:
                self.deposit_event(Rejected(number, after.since, after.tally))
            case ProposalState.TIMED_OUT:
                self.deposit_event(TimedOut(number))
            case ProposalState.LAPSED:
                self.deposit_event(Lapsed(number))
            case _:
                pass
