"""The events and errors of governance."""

from typing import TypeAlias

from pallets.governance.types import Delegation, Tally, Vote
from runtime.codec import U8
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id


@frozen
class Submitted(Event, index=0):
    """A proposal was made; votes count from now on."""

    proposal: Id
    proposer: AccountId
    track: U8
    call_hash: Hash


@frozen
class DecisionDepositPlaced(Event, index=1):
    """Somebody paid for a proposal's decision."""

    proposal: Id
    who: AccountId
    amount: Balance


@frozen
class DecisionStarted(Event, index=2):
    """A proposal has a seat on its track; its support is measured against this electorate."""

    proposal: Id
    electorate: Balance


@frozen
class Confirming(Event, index=3):
    """The votes suffice, and have since this block."""

    proposal: Id
    since: BlockNumber


@frozen
class ConfirmAborted(Event, index=4):
    """The votes no longer suffice."""

    proposal: Id


@frozen
class Approved(Event, index=5):
    """The votes sufficed for long enough, by this block; the call can be enacted after a delay."""

    proposal: Id
    since: BlockNumber
    tally: Tally


@frozen
class Rejected(Event, index=6):
    """The time to decide passed, and the votes did not suffice."""

    proposal: Id
    since: BlockNumber
    tally: Tally


@frozen
class TimedOut(Event, index=7):
    """Nobody paid for the decision in time."""

    proposal: Id


@frozen
class Cancelled(Event, index=8):
    """A proposal was ended; its deposits are returned."""

    proposal: Id


@frozen
class Killed(Event, index=9):
    """A proposal was ended, and its deposits went to the treasury."""

    proposal: Id
    amount: Balance


@frozen
class Enacted(Event, index=10):
    """An approved proposal's call was dispatched, and succeeded."""

    proposal: Id


@frozen
class Lapsed(Event, index=11):
    """An approved proposal's call did not succeed in time."""

    proposal: Id


@frozen
class Closed(Event, index=12):
    """A proposal was forgotten; its proposer has the deposit back."""

    proposal: Id
    deposit: Balance


@frozen
class Voted(Event, index=13):
    """An account voted, for the first time or anew."""

    who: AccountId
    vote: Vote


@frozen
class VoteRemoved(Event, index=14):
    """An account took its vote back."""

    who: AccountId
    proposal: Id


@frozen
class Delegated(Event, index=15):
    """An account lent its power to another."""

    who: AccountId
    delegation: Delegation


@frozen
class Undelegated(Event, index=16):
    """An account took its power back."""

    who: AccountId
    to: AccountId


@frozen
class Unlocked(Event, index=17):
    """An account's lock fell to this amount."""

    who: AccountId
    locked: Balance


class UnknownTrack(ModuleError, index=0):
    """There is no track of this number."""


class CallTooLarge(ModuleError, index=1):
    """The call has more bytes than a proposal stores."""


class UnknownProposal(ModuleError, index=2):
    """There is no proposal of this number."""


class NotOngoing(ModuleError, index=3):
    """The proposal is decided, or was ended."""


class HasDeposit(ModuleError, index=4):
    """The decision is paid for already."""


class NothingDue(ModuleError, index=5):
    """Nothing has changed for the proposal by now."""


class TrackFull(ModuleError, index=6):
    """As many proposals are being decided as the track has seats for."""


class NotApproved(ModuleError, index=7):
    """The proposal is not approved, or no longer."""


class TooEarly(ModuleError, index=8):
    """The delay before enacting is not over."""


class WrongCall(ModuleError, index=9):
    """The call is not the one that was proposed."""


class NotFinal(ModuleError, index=10):
    """The proposal can still change."""


class HasVoters(ModuleError, index=11):
    """Some accounts' records name the proposal; unlock them first."""


class ZeroAmount(ModuleError, index=12):
    """The amount is zero."""


class InsufficientFunds(ModuleError, index=13):
    """The account has less than that, holds included."""


class TooManyVotes(ModuleError, index=14):
    """The account has votes on as many proposals as it may."""


class NotVoted(ModuleError, index=15):
    """The account has no vote on the proposal."""


class AlreadyDelegating(ModuleError, index=16):
    """The account delegates; it votes through another."""


class AlreadyVoting(ModuleError, index=17):
    """The account has votes; it must take them back, or unlock, before it delegates."""


class NotDelegating(ModuleError, index=18):
    """The account does not delegate."""


class DelegateToSelf(ModuleError, index=19):
    """Nobody can delegate to himself."""


class NothingToUnlock(ModuleError, index=20):
    """All that is locked has to be."""


GovernanceEvent: TypeAlias = (
    Submitted
    | DecisionDepositPlaced
    | DecisionStarted
    | Confirming
    | ConfirmAborted
    | Approved
    | Rejected
    | TimedOut
    | Cancelled
    | Killed
    | Enacted
    | Lapsed
    | Closed
    | Voted
    | VoteRemoved
    | Delegated
    | Undelegated
    | Unlocked
)


GovernanceError: TypeAlias = (
    UnknownTrack
    | CallTooLarge
    | UnknownProposal
    | NotOngoing
    | HasDeposit
    | NothingDue
    | TrackFull
    | NotApproved
    | TooEarly
    | WrongCall
    | NotFinal
    | HasVoters
    | ZeroAmount
    | InsufficientFunds
    | TooManyVotes
    | NotVoted
    | AlreadyDelegating
    | AlreadyVoting
    | NotDelegating
    | DelegateToSelf
    | NothingToUnlock
)
