"""Governance: proposals on tracks, conviction voting, and calls that a vote lets through.

A proposal names a call. Once its votes have sufficed for long enough, anybody can dispatch that
call, with exactly the origin of its track: root, or an account that nobody has the key of.
"""

from typing import Protocol

from pallets.governance import declarations as declared
from pallets.governance.declarations import GovernanceError, GovernanceEvent
from pallets.governance.invariants import ensure_consistent
from pallets.governance.proposals import REASON, Proposals
from pallets.governance.tracks import CANCELLER
from pallets.governance.types import (
    CALL_BYTES_MAX,
    CallBytes,
    Conviction,
    DecisionDeposit,
    Delegation,
    GovernanceTerms,
    Proposal,
    ProposalState,
    Side,
    Tally,
    Vote,
    Voting,
)
from pallets.governance.votes import Votes
from pallets.weights import governance as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U8, U32, Compact
from runtime.crypto.hashing import blake2_256
from runtime.errors import BadOrigin
from runtime.frame import (
    FREE_ON_SUCCESS,
    Call,
    Constant,
    Event,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    RuntimeCall,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.origin import OriginKind
from runtime.frame.traits import EventSink, Money, MoneyLocks
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, Hash, Id, Weight
from runtime.state.externalities import Externalities


def _propose_weight(track: int, call: Call) -> Weight:
    del track  # what the call itself weighs bounds the cost of encoding it
    return weights.PROPOSE + call.get_dispatch_info().weight


def _enact_weight(proposal: int, call: Call) -> Weight:
    del proposal
    return weights.ENACT + call.get_dispatch_info().weight


class VotersMoney(Money, MoneyLocks, Protocol):
    """Deposits on hold, and the locks of votes."""


class Governance(Pallet, events=GovernanceEvent, errors=GovernanceError):
    """What the holders of the token decide."""

    terms: Constant[GovernanceTerms]
    """The tracks, the voting period, and what proposing costs."""

    next_proposal: StorageValue[Id] = value(default=0)
    """The number of the next proposal."""

    proposal: StorageMap[Id, Proposal] = mapping(twox_64_concat)
    """Every proposal that is not closed."""

    proposed_call: StorageMap[Id, CallBytes] = mapping(twox_64_concat)
    """The encoded call of each, for voters to read."""

    seated: StorageMap[U8, U32] = mapping(twox_64_concat, default=0)
    """How many proposals of each track are being decided."""

    voting: StorageMap[AccountId, Voting] = mapping(blake2_128_concat, default=Voting())
    """Every voter's votes, delegation and locks."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: VotersMoney,
        calls: InnerCalls,
        *,
        index: int,
        terms: GovernanceTerms,
    ) -> None:
        super().__init__(state, index=index)
        self.terms = terms
        self._system = system
        self._money = money
        self._calls = calls
        get_now, emit = system.get_block_number, self._deposit_event
        self._proposals = Proposals(self.proposal, self.seated, terms.tracks, money, get_now, emit)
        period = terms.period_blocks
        self._votes = Votes(self.voting, self._proposals, money, period, get_now, emit)

    # --- proposals

    @call(index=0, weight=_propose_weight)
    def propose(self, origin: Origin, track: U8, call: RuntimeCall) -> None:
        """Proposes a call on a track; the call is stored for voters to read.

        The signer's deposit, for the proposal and each byte of the call, is held until it is
        closed.
        Origin: signed. Events: `Submitted`.
        Errors: `UnknownTrack`, `CallTooLarge`, the ledger's where too little is free.
        """
        who = origin.ensure_signed()
        if track >= len(self.terms.tracks):
            raise declared.UnknownTrack
        raw = self._calls.encode(call)
        if len(raw) > CALL_BYTES_MAX:
            raise declared.CallTooLarge
        number, now = self.next_proposal.get(), self._system.get_block_number()
        deposit = self.terms.submission_deposit + self.terms.byte_deposit * len(raw)
        self._money.hold(REASON, who, deposit)
        call_hash = Hash(blake2_256(raw))
        self.proposed_call[number] = raw
        self.proposal[number] = Proposal(
            proposer=who,
            track=track,
            call_hash=call_hash,
            deposit=deposit,
            decision_deposit=None,
            submitted_at=now,
            state=ProposalState.PREPARING,
            since=now,
            confirming=None,
            changed_at=now,
            electorate=0,
            tally=Tally(),
            voters=0,
        )
        self.next_proposal.put(number + 1)
        self._deposit_event(declared.Submitted(number, who, track, call_hash))

    @call(index=1, weight=weights.PLACE_DECISION_DEPOSIT)
    def place_decision_deposit(self, origin: Origin, proposal: Compact[Id]) -> None:
        """Pays for a proposal's decision, anybody's; it is back when the decision is made.

        Origin: signed. Events: `DecisionDepositPlaced`, `DecisionStarted`, `Confirming`.
        Errors: `UnknownProposal`, `NotOngoing`, `HasDeposit`, the ledger's.
        """
        who = origin.ensure_signed()
        entry = self._proposals.ensure_ongoing(proposal)
        if entry.decision_deposit is not None:
            raise declared.HasDeposit
        amount = self._proposals.get_track(entry).decision_deposit
        self._money.hold(REASON, who, amount)
        paid = replace(entry, decision_deposit=DecisionDeposit(who, amount))
        self._proposals.put(proposal, entry, paid)
        self._deposit_event(declared.DecisionDepositPlaced(proposal, who, amount))
        self._proposals.advance(proposal)

    @call(index=2, weight=weights.POKE)
    def poke(self, origin: Origin, proposal: Compact[Id]) -> PostDispatch:
        """Does what time has made due for a proposal: anybody may, and pays nothing if it was.

        Origin: signed. Events: `DecisionStarted`, `Confirming`, `Approved`, `Rejected`, `TimedOut`,
        `Lapsed`. Errors: `UnknownProposal`, `NothingDue`, `TrackFull`.
        """
        origin.ensure_signed()
        before = self._proposals.get(proposal)
        if self._proposals.advance(proposal) == before:
            raise declared.TrackFull if self._is_waiting(before) else declared.NothingDue
        return FREE_ON_SUCCESS

    @call(index=3, weight=_enact_weight)
    def enact(self, origin: Origin, proposal: Compact[Id], call: RuntimeCall) -> PostDispatch:
        """Dispatches an approved proposal's call with its track's origin: anybody may.

        A call that fails is as if it had not been tried, and can be tried again until it lapses.
        Origin: signed. Events: `Enacted`, and those of the call.
        Errors: `UnknownProposal`, `NotApproved`, `TooEarly`, `WrongCall`, and any of the call.
        """
        origin.ensure_signed()
        entry = self._proposals.advance(proposal)
        if entry.state is not ProposalState.APPROVED:
            raise declared.NotApproved
        track = self._proposals.get_track(entry)
        if self._system.get_block_number() < entry.since + track.enact_delay_blocks:
            raise declared.TooEarly
        if blake2_256(self._calls.encode(call)) != entry.call_hash:
            raise declared.WrongCall
        enacted = replace(entry, state=ProposalState.ENACTED)
        self._proposals.put(proposal, entry, enacted)
        body = Origin.root() if track.account is None else Origin.signed(track.account)
        attempt = self._calls.attempt(call, body)
        if attempt.error is not None:
            raise attempt.error
        self._deposit_event(declared.Enacted(proposal))
        return PostDispatch(weights.ENACT + attempt.weight, Pays.NO)

    @call(index=4, weight=weights.CANCEL)
    def cancel(self, origin: Origin, proposal: Compact[Id]) -> None:
        """Ends a proposal that is not decided; its deposits are returned.

        Origin: root, or the canceller's account. Events: `Cancelled`.
        Errors: `UnknownProposal`, `NotOngoing`.
        """
        self._ensure_canceller(origin)
        entry = self._proposals.ensure_ongoing(proposal)
        ended = replace(entry, state=ProposalState.CANCELLED)
        self._proposals.put(proposal, entry, ended)
        self._deposit_event(declared.Cancelled(proposal))

    @call(index=5, weight=weights.KILL)
    def kill(self, origin: Origin, proposal: Compact[Id]) -> None:
        """Ends a proposal that is not decided; its deposits go to the treasury.

        Origin: root, or the canceller's account. Events: `Killed`.
        Errors: `UnknownProposal`, `NotOngoing`.
        """
        self._ensure_canceller(origin)
        entry = self._proposals.ensure_ongoing(proposal)
        self._money.transfer_held(REASON, entry.proposer, self.terms.treasury, entry.deposit)
        amount, paid = entry.deposit, entry.decision_deposit
        if paid is not None:
            self._money.transfer_held(REASON, paid.who, self.terms.treasury, paid.amount)
            amount += paid.amount
        ended = replace(entry, state=ProposalState.KILLED, deposit=0, decision_deposit=None)
        self._proposals.put(proposal, entry, ended)
        self._deposit_event(declared.Killed(proposal, amount))

    @call(index=6, weight=weights.CLOSE)
    def close(self, origin: Origin, proposal: Compact[Id]) -> None:
        """Forgets a proposal that is over and that no voter's record names: anybody may.

        Origin: signed. Events: `Closed`, and that of its end if it was due.
        Errors: `UnknownProposal`, `NotFinal`, `HasVoters`.
        """
        origin.ensure_signed()
        entry = self._proposals.advance(proposal)
        if not entry.state.is_final:
            raise declared.NotFinal
        if entry.voters > 0:
            raise declared.HasVoters
        self._money.release(REASON, entry.proposer, entry.deposit)
        del self.proposal[proposal]
        del self.proposed_call[proposal]
        self._deposit_event(declared.Closed(proposal, entry.deposit))

    # --- votes

    @call(index=7, weight=weights.VOTE)
    def vote(
        self,
        origin: Origin,
        proposal: Compact[Id],
        side: Side,
        amount: Compact[Balance],
        conviction: Conviction,
    ) -> None:
        """Votes with a part of the signer's balance, holds included; a second vote replaces it.

        The amount is locked until the proposal is over, and for the winning side, abstentions
        apart, so many periods longer as the conviction says.
        Origin: signed. Events: `Voted`, `Confirming`, `ConfirmAborted`.
        Errors: `UnknownProposal`, `NotOngoing`, `ZeroAmount`, `InsufficientFunds`, `TooManyVotes`,
        `AlreadyDelegating`.
        """
        self._votes.cast(origin.ensure_signed(), Vote(proposal, side, conviction, amount))

    @call(index=8, weight=weights.REMOVE_VOTE)
    def remove_vote(self, origin: Origin, proposal: Compact[Id]) -> None:
        """Takes a vote back while it counts; `unlock` is for what is over.

        Origin: signed. Events: `VoteRemoved`, `Confirming`, `ConfirmAborted`.
        Errors: `NotVoted`, `NotOngoing`.
        """
        self._votes.remove(origin.ensure_signed(), proposal)

    @call(index=9, weight=weights.DELEGATE)
    def delegate(
        self, origin: Origin, to: MultiAddress, conviction: Conviction, amount: Compact[Balance]
    ) -> None:
        """Lends the power of an amount to another account, wherever that votes itself.

        Origin: signed. Events: `Delegated`, `Confirming`, `ConfirmAborted`.
        Errors: `ZeroAmount`, `InsufficientFunds`, `AlreadyDelegating`, `AlreadyVoting`,
        `DelegateToSelf`.
        """
        who = origin.ensure_signed()
        self._votes.delegate(who, Delegation(lookup(to), conviction, amount))

    @call(index=10, weight=weights.UNDELEGATE)
    def undelegate(self, origin: Origin) -> None:
        """Takes the signer's power back; it stays locked as its conviction says, from now on.

        Origin: signed. Events: `Undelegated`, `Confirming`, `ConfirmAborted`. Errors:
        `NotDelegating`.
        """
        self._votes.undelegate(origin.ensure_signed())

    @call(index=11, weight=weights.UNLOCK)
    def unlock(self, origin: Origin, target: MultiAddress) -> None:
        """Lowers an account's lock to what has to be, and forgets its votes on what is over.

        Origin: signed. Events: `Unlocked`. Errors: `NothingToUnlock`.
        """
        origin.ensure_signed()
        self._votes.unlock(lookup(target))

    # --- parts of the above

    def try_state(self) -> None:
        """Tallies, seats, voters, deposits and locks are the sums of what they are made of."""
        ensure_consistent(self._proposals, self._votes, self.proposed_call)

    def _is_waiting(self, entry: Proposal) -> bool:
        """Whether a proposal waits for nothing but a seat."""
        ready_at = entry.submitted_at + self._proposals.get_track(entry).prepare_blocks
        is_paid = entry.decision_deposit is not None
        is_ready = is_paid and self._system.get_block_number() >= ready_at
        return entry.state is ProposalState.PREPARING and is_ready

    def _ensure_canceller(self, origin: Origin) -> None:
        if origin.kind is OriginKind.ROOT:
            return
        if origin.ensure_signed() != self.terms.tracks[CANCELLER].account:
            raise BadOrigin

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
