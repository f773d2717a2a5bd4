"""What holds of governance's whole state, whatever happened."""

from collections import Counter

from pallets.governance.proposals import REASON, Proposals
from pallets.governance.types import CallBytes, Power, ProposalState, Tally, Voting
from pallets.governance.votes import LOCK_ID, Votes
from runtime.crypto.hashing import blake2_256
from runtime.frame import StorageMap
from runtime.primitives import AccountId, Id


def ensure_consistent(proposals: Proposals, votes: Votes, calls: StorageMap[Id, CallBytes]) -> None:
    """Asserts that sums are sums, and that every lock is as long as was promised."""
    _ensure_proposals(proposals, calls)
    records = dict(votes.voting.items())
    _ensure_tallies(proposals, records)
    lent: dict[AccountId, Power] = {}
    for who, voting in records.items():
        delegation = voting.delegation
        assert delegation is None or not voting.votes, f"{who}: votes, and delegates"
        if delegation is not None:
            lent[delegation.to] = lent.get(delegation.to, Power()) + delegation.power
        needed = voting.compute_lock(votes.get_now())
        assert needed <= voting.locked, f"{who}: {voting.locked} locked, {needed} promised"
        in_ledger = votes.locks.get_lock(LOCK_ID, who)
        assert in_ledger == voting.locked, f"{who}: {in_ledger} locked in the ledger"
        assert not voting.is_blank, f"{who}: an empty record"
    for who, power in lent.items():
        assert records[who].received == power, f"{who}: received is not what was lent"
    for who, voting in records.items():
        assert voting.received == lent.get(who, Power()), f"{who}: lent by nobody"


def _ensure_proposals(proposals: Proposals, calls: StorageMap[Id, CallBytes]) -> None:
    held: Counter[AccountId] = Counter()
    seated: Counter[int] = Counter()
    for number, entry in proposals.proposal.items():
        held[entry.proposer] += entry.deposit
        if entry.decision_deposit is not None:
            held[entry.decision_deposit.who] += entry.decision_deposit.amount
            assert entry.state.is_ongoing, f"proposal {number}: over, and its deposit is held"
        seated[entry.track] += entry.state is ProposalState.DECIDING
        assert blake2_256(calls[number]) == entry.call_hash, f"proposal {number}: another call"
    assert set(calls.keys()) == set(proposals.proposal.keys()), "calls without proposals"
    for track, terms in enumerate(proposals.tracks):
        assert proposals.seated[track] == seated[track] <= terms.seats, f"track {track}: seats"
    for who, amount in held.items():
        on_hold = proposals.money.get_held(REASON, who)
        assert amount == on_hold, f"{who}: deposits of {amount}, {on_hold} on hold"


def _ensure_tallies(proposals: Proposals, records: dict[AccountId, Voting]) -> None:
    tallies: dict[int, Tally] = {}
    voters: Counter[int] = Counter()
    for voting in records.values():
        for vote in voting.votes:
            before = tallies.get(vote.proposal, Tally())
            tallies[vote.proposal] = before.add(vote.side, vote.power + voting.received)
            voters[vote.proposal] += 1
    for number, entry in proposals.proposal.items():
        assert entry.voters == voters.pop(number, 0), f"proposal {number}: voters"
        if entry.state.is_ongoing:
            assert entry.tally == tallies.get(number, Tally()), f"proposal {number}: tally"
    assert not voters, f"votes on no proposal: {voters}"
