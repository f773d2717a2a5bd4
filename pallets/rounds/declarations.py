"""The events and errors of labelling rounds."""

from typing import TypeAlias

from pallets.rounds.types import Judge, Phase
from runtime.codec import U8, U16, U32
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id


@frozen
class RoundPosted(Event, index=0):
    """A round waits for labellers; the pool and the deposit for the gold are on hold."""

    round: Id
    owner: AccountId
    items: U32
    seats: U8
    pool: Balance
    gold_deposit: Balance
    ends_at: BlockNumber


@frozen
class SeatTaken(Event, index=1):
    """A labeller joined, with this much of a bond locked."""

    round: Id
    who: AccountId
    record: Id
    bond: Balance


@frozen
class PhaseBegan(Event, index=2):
    """A round went on; the phase lasts until this block, or until all have done their part."""

    round: Id
    phase: Phase
    ends_at: BlockNumber


@frozen
class Committed(Event, index=3):
    """A labeller is bound to answers that nobody else can see."""

    round: Id
    who: AccountId
    commitment: Hash


@frozen
class Revealed(Event, index=4):
    """A labeller's answers are there for all to see."""

    round: Id
    who: AccountId


@frozen
class DutyMissed(Event, index=5):
    """A labeller did not commit or reveal in time: frozen at first, slashed when it repeats."""

    round: Id
    who: AccountId
    slashed: Balance
    to_owner: Balance


@frozen
class GoldRevealed(Event, index=6):
    """The hidden labels are known; the deposit for them returned."""

    round: Id
    gold_deposit: Balance


@frozen
class GoldForfeited(Event, index=7):
    """The hidden labels were never shown; the deposit for them is burned."""

    round: Id
    gold_deposit: Balance


@frozen
class LabellerPaid(Event, index=8):
    """What a labeller earned, and why: so many of the answers asked for were right."""

    round: Id
    who: AccountId
    right: U16
    asked: U16
    weight: U32
    paid: Balance


@frozen
class RoundSettled(Event, index=9):
    """The labels are there; what was paid and what was burned are the pool."""

    round: Id
    judge: Judge
    paid: Balance
    burned: Balance


@frozen
class RoundRefunded(Event, index=10):
    """A round ended without answers; pool and deposit for the gold returned."""

    round: Id
    amount: Balance


@frozen
class RoundClosed(Event, index=11):
    """A round and all that it stored is gone; its deposit returned."""

    round: Id
    deposit: Balance


class NoSuchRound(ModuleError, index=0):
    """There is no round of this number, or it is closed."""


class NotOwner(ModuleError, index=1):
    """Somebody else posted the round."""


class BadSpec(ModuleError, index=2):
    """Items, classes, seats, pool or gold are not within their limits."""


class BadTerms(ModuleError, index=3):
    """A phase is empty or too long."""


class ItemsMissing(ModuleError, index=4):
    """The blob of the items is not in the state."""


class WrongItemSize(ModuleError, index=5):
    """The blob is not a whole number of items, or there are too many or none."""


class WrongPhase(ModuleError, index=6):
    """The round is not in the phase that this call belongs to."""


class RequirementUnmet(ModuleError, index=7):
    """The record is not the signer's, cannot be hired, or takes no labelling."""


class OwnRound(ModuleError, index=8):
    """The requester knows the gold, and labels nothing."""


class SeatedAlready(ModuleError, index=9):
    """The account has a seat in this round."""


class NotSeated(ModuleError, index=10):
    """The account has no seat in this round."""


class CommittedAlready(ModuleError, index=11):
    """The labeller is bound to answers already."""


class CommitmentTaken(ModuleError, index=12):
    """Another labeller of the round committed to just this: it is a copy."""


class NotCommitted(ModuleError, index=13):
    """The labeller committed to nothing, or has revealed it."""


class BadReveal(ModuleError, index=14):
    """These answers and this salt are not what the labeller committed to."""


class BadAnswers(ModuleError, index=15):
    """The answers are not a label of the classes for each item."""


class BadGold(ModuleError, index=16):
    """The gold is not as many items in order, each with a label of the classes."""


class WrongGold(ModuleError, index=17):
    """This gold and this salt are not what the requester committed to."""


class NotDue(ModuleError, index=18):
    """No time has run out."""


class NotFinished(ModuleError, index=19):
    """The round is not over, or is kept for its owner a while."""


RoundEvent: TypeAlias = (
    RoundPosted
    | SeatTaken
    | PhaseBegan
    | Committed
    | Revealed
    | DutyMissed
    | GoldRevealed
    | GoldForfeited
    | LabellerPaid
    | RoundSettled
    | RoundRefunded
    | RoundClosed
)

RoundError: TypeAlias = (
    NoSuchRound
    | NotOwner
    | BadSpec
    | BadTerms
    | ItemsMissing
    | WrongItemSize
    | WrongPhase
    | RequirementUnmet
    | OwnRound
    | SeatedAlready
    | NotSeated
    | CommittedAlready
    | CommitmentTaken
    | NotCommitted
    | BadReveal
    | BadAnswers
    | BadGold
    | WrongGold
    | NotDue
    | NotFinished
)
