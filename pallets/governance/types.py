"""What governance stores."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, U32, U128, MaxLen
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id

VOTES_MAX = 32
"""Proposals that one account may have votes on at a time."""

CALL_BYTES_MAX = 16 * 1024
TRACKS_MAX = 8

CallBytes: TypeAlias = Annotated[bytes, MaxLen(CALL_BYTES_MAX)]


class Side(IntEnum):
    """What a vote says."""

    SCALE_PATH = nonmember("pallet_governance::types::Side")

    AYE = 0
    NAY = 1
    ABSTAIN = 2


class Conviction(IntEnum):
    """How much longer a balance stays locked, and so how much more it says."""

    SCALE_PATH = nonmember("pallet_governance::types::Conviction")

    NONE = 0
    LOCKED1X = 1
    LOCKED2X = 2
    LOCKED3X = 3
    LOCKED4X = 4
    LOCKED5X = 5
    LOCKED6X = 6

    @property
    def lock_periods(self) -> int:
        """Periods for which the winning side stays locked: 0, 1, 2, 4, 8, 16, 32."""
        return 0 if self is Conviction.NONE else 1 << (self - 1)

    def count_votes(self, amount: int) -> int:
        """The votes of an amount: a tenth of it, rounded down, or 1 to 6 times it."""
        return amount // 10 if self is Conviction.NONE else amount * self


@frozen
class Power:
    """What voters put behind a side: votes, and the balance that they are made of."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Power"

    votes: U128 = 0
    capital: Balance = 0

    def __add__(self, other: "Power") -> "Power":
        return Power(self.votes + other.votes, self.capital + other.capital)

    def __neg__(self) -> "Power":
        return Power(-self.votes, -self.capital)


@frozen
class Tally:
    """The sums of a proposal's votes."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Tally"

    ayes: U128 = 0
    nays: U128 = 0
    support: Balance = 0
    """The balance behind ayes and abstentions, whatever its conviction."""

    def add(self, side: Side, power: Power) -> "Tally":
        """The tally with more behind a side, or less where the power is negative."""
        match side:
            case Side.AYE:
                return Tally(self.ayes + power.votes, self.nays, self.support + power.capital)
            case Side.NAY:
                return Tally(self.ayes, self.nays + power.votes, self.support)
            case Side.ABSTAIN:
                return Tally(self.ayes, self.nays, self.support + power.capital)


class ProposalState(IntEnum):
    """Where a proposal stands; all but the first three are final."""

    SCALE_PATH = nonmember("pallet_governance::types::ProposalState")

    PREPARING = 0
    DECIDING = 1
    APPROVED = 2
    ENACTED = 3
    LAPSED = 4
    REJECTED = 5
    TIMED_OUT = 6
    CANCELLED = 7
    KILLED = 8

    @property
    def is_ongoing(self) -> bool:
        """Whether votes count."""
        return self in (ProposalState.PREPARING, ProposalState.DECIDING)

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the proposal but its removal."""
        return not self.is_ongoing and self is not ProposalState.APPROVED

    def is_won_by(self, side: Side) -> bool:
        """Whether voters of a side got what they wanted, and stay locked for it."""
        if self is ProposalState.REJECTED:
            return side is Side.NAY
        won = (ProposalState.APPROVED, ProposalState.ENACTED, ProposalState.LAPSED)
        return side is Side.AYE and self in won


@frozen
class DecisionDeposit:
    """Who paid for the decision, and how much; None when it is not, or no longer, on hold."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::DecisionDeposit"

    who: AccountId
    amount: Balance


@frozen
class Proposal:
    """A call that a track's voters may let through."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Proposal"

    proposer: AccountId
    track: U8
    call_hash: Hash
    deposit: Balance
    """The proposer's, for what is stored; back when the proposal is closed."""

    decision_deposit: DecisionDeposit | None
    submitted_at: BlockNumber
    state: ProposalState
    since: BlockNumber
    """When it came to be decided, or was decided."""

    confirming: BlockNumber | None
    """From when on the votes have sufficed without a break."""

    changed_at: BlockNumber
    """When the tally changed last."""

    electorate: Balance
    """The issuance when it came to be decided: all that could support it."""

    tally: Tally
    voters: U32
    """Accounts whose records name this proposal."""


@frozen
class Vote:
    """One account's vote on one proposal."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Vote"

    proposal: Id
    side: Side
    conviction: Conviction
    amount: Balance

    @property
    def power(self) -> Power:
        """What the vote is worth by itself."""
        return Power(self.conviction.count_votes(self.amount), self.amount)


@frozen
class Delegation:
    """An account's power, lent to another."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Delegation"

    to: AccountId
    conviction: Conviction
    amount: Balance

    @property
    def power(self) -> Power:
        """What the other can vote with on top of its own."""
        return Power(self.conviction.count_votes(self.amount), self.amount)


@frozen
class Prior:
    """What remains locked of votes and delegations that are over."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Prior"

    amount: Balance = 0
    until: BlockNumber = 0

    def get_locked(self, now: int) -> int:
        """The amount that is still locked."""
        return self.amount if now < self.until else 0

    def extend(self, amount: int, until: int, now: int) -> "Prior":
        """One lock for both: as much as the larger, as long as the longer."""
        if until <= now:
            return self
        locked = self.get_locked(now)
        return Prior(max(locked, amount), max(self.until, until) if locked else until)


@frozen
class Voting:
    """One account as a voter; it has votes or delegates, never both."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Voting"

    votes: Annotated[tuple[Vote, ...], MaxLen(VOTES_MAX)] = ()
    delegation: Delegation | None = None
    received: Power = Power()
    """What others delegate to it; it counts where this account votes itself."""

    prior: Prior = Prior()
    locked: Balance = 0
    """What the ledger keeps for it under the lock of governance."""

    def find(self, proposal: int) -> Vote | None:
        """The vote on a proposal."""
        return next((vote for vote in self.votes if vote.proposal == proposal), None)

    def compute_lock(self, now: int) -> int:
        """The least that has to be locked."""
        amounts = [self.prior.get_locked(now), *(vote.amount for vote in self.votes)]
        if self.delegation is not None:
            amounts.append(self.delegation.amount)
        return max(amounts)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is left to remember."""
        return (
            not self.votes
            and self.delegation is None
            and self.received == Power()
            and (self.locked == 0)
        )


@frozen
class Curve:
    """A share that is asked, falling in a straight line from one bound to the other."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Curve"

    ceil_bps: Bps
    floor_bps: Bps

    def compute_threshold(self, elapsed: int, period: int) -> int:
        """What is asked after so many blocks of the period, in basis points, rounded up."""
        fall = (self.ceil_bps - self.floor_bps) * min(elapsed, period) // period
        return self.ceil_bps - fall


@frozen
class Track:
    """The terms for proposals of one kind."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::Track"

    name: Annotated[str, MaxLen(32)]
    account: AccountId | None
    """Who an enacted call comes from, without a key of its own; None for root."""

    decision_deposit: Balance
    seats: U32
    """Proposals that are decided at a time."""

    prepare_blocks: BlockNumber
    timeout_blocks: BlockNumber
    """A proposal without its decision deposit is over so long after its submission."""

    decision_blocks: BlockNumber
    confirm_blocks: BlockNumber
    """For so long the votes have to suffice without a break."""

    enact_delay_blocks: BlockNumber
    enact_blocks: BlockNumber
    """From the delay on, an approved call can be enacted for so long."""

    approval: Curve
    """The share of ayes among votes."""

    support: Curve
    """The share of the electorate behind ayes and abstentions."""


Tracks: TypeAlias = Annotated[tuple[Track, ...], MaxLen(TRACKS_MAX)]


@frozen
class GovernanceTerms:
    """The tracks, the voting period, and what proposing costs."""

    SCALE_PATH: ClassVar[str] = "pallet_governance::types::GovernanceTerms"

    tracks: Tracks
    """By their numbers."""

    period_blocks: BlockNumber
    """The voting period, by which conviction locks."""

    submission_deposit: Balance
    """What a proposal costs until it is closed, beside its bytes."""

    byte_deposit: Balance
    """What a byte of a proposed call costs until then."""

    treasury: AccountId
    """Who gets the deposits of a proposal that is killed."""
