"""Who votes with what: votes, delegations, and the locks that go with them.

Power that was delegated counts where the other votes himself, and nowhere else: it is not passed
on. A lock is the largest of an account's votes, its delegation, and what remains of earlier ones;
it grows by itself, and falls only when somebody unlocks.
"""

from collections.abc import Callable

from pallets.governance.declarations import (
    AlreadyDelegating,
    AlreadyVoting,
    Delegated,
    DelegateToSelf,
    InsufficientFunds,
    NotDelegating,
    NothingToUnlock,
    NotVoted,
    TooManyVotes,
    Undelegated,
    Unlocked,
    Voted,
    VoteRemoved,
    ZeroAmount,
)
from pallets.governance.proposals import Proposals
from pallets.governance.types import VOTES_MAX, Delegation, Power, Prior, Vote, Voting
from runtime.frame import Event, StorageMap
from runtime.frame.traits import MoneyLocks
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId

LOCK_ID = b"govern.."


@frozen
class Votes:
    """Every voter's record, over governance's storage."""

    voting: StorageMap[AccountId, Voting]
    proposals: Proposals
    locks: MoneyLocks
    period_blocks: int
    get_now: Callable[[], int]
    deposit_event: Callable[[Event], None]

    def cast(self, who: AccountId, vote: Vote) -> None:
        """Votes, or votes anew; what was delegated to the account goes with it."""
        self._ensure_amount(who, vote.amount)
        voting = self.voting[who]
        if voting.delegation is not None:
            raise AlreadyDelegating
        number = vote.proposal
        proposal = self.proposals.ensure_ongoing(number)
        before = voting.find(number)
        if before is not None:
            power = -(before.power + voting.received)
            tally = proposal.tally.add(before.side, power)
            # Both steps are one change of the tally: between them nothing is decided.
            proposal = replace(proposal, tally=tally)
        elif len(voting.votes) == VOTES_MAX:
            raise TooManyVotes
        else:
            proposal = replace(proposal, voters=proposal.voters + 1)
        others = tuple(each for each in voting.votes if each.proposal != number)
        power = vote.power + voting.received
        self.proposals.add_power(number, proposal, vote.side, power)
        self._put(who, replace(voting, votes=(*others, vote)))
        self.deposit_event(Voted(who, vote))

    def remove(self, who: AccountId, number: int) -> None:
        """Takes back a vote while it counts: nothing of it stays locked."""
        voting = self.voting[who]
        vote = voting.find(number)
        if vote is None:
            raise NotVoted
        proposal = self.proposals.ensure_ongoing(number)
        proposal = replace(proposal, voters=proposal.voters - 1)
        self.proposals.add_power(number, proposal, vote.side, -(vote.power + voting.received))
        self._put(who, replace(voting, votes=_without(voting, number)))
        self.deposit_event(VoteRemoved(who, number))

    def delegate(self, who: AccountId, delegation: Delegation) -> None:
        """Lends power to another account, wherever that votes."""
        if delegation.to == who:
            raise DelegateToSelf
        self._ensure_amount(who, delegation.amount)
        voting = self.voting[who]
        if voting.delegation is not None:
            raise AlreadyDelegating
        if voting.votes:
            raise AlreadyVoting
        self._lend(delegation.to, delegation.power)
        self._put(who, replace(voting, delegation=delegation))
        self.deposit_event(Delegated(who, delegation))

    def undelegate(self, who: AccountId) -> None:
        """Takes power back; it stays locked for as long as was promised, from now on."""
        voting, now = self.voting[who], self.get_now()
        delegation = voting.delegation
        if delegation is None:
            raise NotDelegating
        self._lend(delegation.to, -delegation.power)
        until = now + delegation.conviction.lock_periods * self.period_blocks
        prior = voting.prior.extend(delegation.amount, until, now)
        self._put(who, replace(voting, delegation=None, prior=prior))
        self.deposit_event(Undelegated(who, delegation.to))

    def unlock(self, who: AccountId) -> None:
        """Forgets votes on what is over, and lowers the lock to what has to be."""
        now, before = self.get_now(), self.voting[who]
        voting = before
        for vote in before.votes:
            proposal = self.proposals.get(vote.proposal)
            if proposal.state.is_ongoing:
                continue
            self.proposals.proposal[vote.proposal] = replace(proposal, voters=proposal.voters - 1)
            prior = voting.prior
            if proposal.state.is_won_by(vote.side):
                until = proposal.since + vote.conviction.lock_periods * self.period_blocks
                prior = prior.extend(vote.amount, until, now)
            voting = replace(voting, votes=_without(voting, vote.proposal), prior=prior)
        if voting.prior.get_locked(now) == 0:
            voting = replace(voting, prior=Prior())
        locked = voting.compute_lock(now)
        if voting == before and locked == before.locked:
            raise NothingToUnlock
        if locked != before.locked:
            self.locks.set_lock(LOCK_ID, who, locked)
            self.deposit_event(Unlocked(who, locked))
        self._store(who, replace(voting, locked=locked))

    def _lend(self, to: AccountId, power: Power) -> None:
        """Adds to what an account votes with, in every vote of its that counts."""
        voting = self.voting[to]
        for vote in voting.votes:
            proposal = self.proposals.advance(vote.proposal)
            if proposal.state.is_ongoing:
                self.proposals.add_power(vote.proposal, proposal, vote.side, power)
        self._store(to, replace(voting, received=voting.received + power))

    def _ensure_amount(self, who: AccountId, amount: int) -> None:
        if amount == 0:
            raise ZeroAmount
        if amount > self.locks.get_total(who):
            raise InsufficientFunds

    def _put(self, who: AccountId, voting: Voting) -> None:
        """Stores a record, with a lock that covers it and never falls here."""
        locked = max(voting.locked, voting.compute_lock(self.get_now()))
        if locked != voting.locked:
            self.locks.set_lock(LOCK_ID, who, locked)
        self._store(who, replace(voting, locked=locked))

    def _store(self, who: AccountId, voting: Voting) -> None:
        if voting.is_blank:
            del self.voting[who]
        else:
            self.voting[who] = voting


def _without(voting: Voting, number: int) -> tuple[Vote, ...]:
    return tuple(vote for vote in voting.votes if vote.proposal != number)
