"""The events and errors of collection pools."""

from typing import TypeAlias

from pallets.pools.types import Judge, Phase
from runtime.codec import U8, U32, U64
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id, Root


@frozen
class PoolOpened(Event, index=0):
    """A pool waits for contributors; total and deposit for the validation set are on hold."""

    pool: Id
    owner: AccountId
    seats: U8
    total: Balance
    validation_deposit: Balance
    ends_at: BlockNumber


@frozen
class Committed(Event, index=1):
    """A contributor is bound to a shard that nobody else can see."""

    pool: Id
    seat: U8
    who: AccountId
    commitment: Hash


@frozen
class PhaseBegan(Event, index=2):
    """A pool went on; the phase lasts until this block, or until all have done their part."""

    pool: Id
    phase: Phase
    ends_at: BlockNumber


@frozen
class Revealed(Event, index=3):
    """A contributor's shard is there for all to see, and the deposit for it returned."""

    pool: Id
    seat: U8
    who: AccountId
    shard: Root
    rows: U32


@frozen
class SeatForfeited(Event, index=4):
    """A contributor did not reveal in time; the deposit for the seat is burned."""

    pool: Id
    seat: U8
    who: AccountId
    seat_deposit: Balance


@frozen
class ValidationShown(Event, index=5):
    """The hidden examples are known, and how many of them the base alone tells right."""

    pool: Id
    validation: Root
    base_right: U32
    validation_deposit: Balance


@frozen
class ValidationForfeited(Event, index=6):
    """The hidden examples were never shown; the deposit for them is burned."""

    pool: Id
    validation_deposit: Balance


@frozen
class Scored(Event, index=7):
    """A shard was tried: so many of its rows were new, so many hidden examples told right."""

    pool: Id
    seat: U8
    who: AccountId
    fresh_rows: U32
    right: U32
    points: U32


@frozen
class ContributorPaid(Event, index=8):
    """What a contributor earned by so many points; the shares wait to be claimed."""

    pool: Id
    seat: U8
    who: AccountId
    points: U32
    paid: Balance
    shares: U64


@frozen
class PoolSettled(Event, index=9):
    """What was paid and what was burned are the total; shares that nobody earned are burned too."""

    pool: Id
    judge: Judge
    paid: Balance
    burned: Balance


@frozen
class PoolRefunded(Event, index=10):
    """A pool ended without shards: total and deposit for the validation set returned."""

    pool: Id
    amount: Balance


@frozen
class SharesClaimed(Event, index=11):
    """A contributor has the shares that were earned."""

    pool: Id
    seat: U8
    who: AccountId
    shares: U64


@frozen
class PoolClosed(Event, index=12):
    """A pool and all that it stored is gone; what nobody claimed is burned."""

    pool: Id
    deposit: Balance
    shares_burned: U64


class NoSuchPool(ModuleError, index=0):
    """There is no pool of this number, or it is closed."""


class NotOwner(ModuleError, index=1):
    """Somebody else opened the pool."""


class BadSpec(ModuleError, index=2):
    """Sizes, seats, total or training are not within their limits."""


class BadTerms(ModuleError, index=3):
    """A phase is empty or too long."""


class ExamplesMissing(ModuleError, index=4):
    """The blob of the examples is not in the state."""


class BadExamples(ModuleError, index=5):
    """The blob is no examples of the pool's shape, or too many or too few."""


class WrongPhase(ModuleError, index=6):
    """The pool is not in the phase that this call belongs to."""


class OwnPool(ModuleError, index=7):
    """The owner knows the hidden examples, and contributes nothing."""


class SeatedAlready(ModuleError, index=8):
    """The account is bound to a shard of this pool already."""


class CommitmentTaken(ModuleError, index=9):
    """Another contributor of the pool committed to just this: it is a copy."""


class NoSuchSeat(ModuleError, index=10):
    """The account has no seat in this pool, or there is no seat of this number."""


class RevealedAlready(ModuleError, index=11):
    """The contributor has shown the shard."""


class BadReveal(ModuleError, index=12):
    """This shard and this salt are not what the contributor committed to."""


class WrongValidation(ModuleError, index=13):
    """These examples and this salt are not what the owner committed to."""


class NothingToScore(ModuleError, index=14):
    """The seat has no shard, or it is scored."""


class NothingToClaim(ModuleError, index=15):
    """The contributor has earned no shares, or has them."""


class NotDue(ModuleError, index=16):
    """No time has run out."""


class NotFinished(ModuleError, index=17):
    """The pool is not over, is kept for a while, or somebody's shares are unclaimed."""


PoolEvent: TypeAlias = (
    PoolOpened
    | Committed
    | PhaseBegan
    | Revealed
    | SeatForfeited
    | ValidationShown
    | ValidationForfeited
    | Scored
    | ContributorPaid
    | PoolSettled
    | PoolRefunded
    | SharesClaimed
    | PoolClosed
)

PoolError: TypeAlias = (
    NoSuchPool
    | NotOwner
    | BadSpec
    | BadTerms
    | ExamplesMissing
    | BadExamples
    | WrongPhase
    | OwnPool
    | SeatedAlready
    | CommitmentTaken
    | NoSuchSeat
    | RevealedAlready
    | BadReveal
    | WrongValidation
    | NothingToScore
    | NothingToClaim
    | NotDue
    | NotFinished
)
