"""The events and errors of the market."""

from typing import TypeAlias

from pallets.market.types import Tags
from runtime.codec import U8, U32
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import JobKind, RecordVersion
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id


@frozen
class JobPosted(Event, index=0):
    """A job is open; the highest price of all its slots is in escrow."""

    job: Id
    owner: AccountId
    kind: JobKind
    source: RecordVersion | None
    """Whose royalties each settlement pays: the model, or the dataset."""

    slots: U32
    escrow: Balance


@frozen
class ToppedUp(Event, index=1):
    """The price of a job's slots rose, and its escrow by the amount."""

    job: Id
    amount: Balance


@frozen
class Cancelled(Event, index=2):
    """A job takes no new providers; so many open slots were refunded."""

    job: Id
    slots: U32


@frozen
class SlotLocked(Event, index=3):
    """A provider has a slot to itself until the deadline, for this price, with this collateral."""

    job: Id
    slot: U32
    provider: AccountId
    record: Id
    price: Balance
    bond: Balance
    deadline: BlockNumber


@frozen
class Submitted(Event, index=4):
    """A result was submitted, and a claim opened for it."""

    job: Id
    slot: U32
    provider: AccountId
    commitment: Hash
    claim: Id


@frozen
class Settled(Event, index=5):
    """A slot was paid for: burn, treasury, royalties and provider sum to the price."""

    job: Id
    slot: U32
    provider: AccountId
    price: Balance
    burned: Balance
    treasury: Balance
    royalties: Balance
    paid: Balance
    bonus: Balance
    """Minted for what was mined with the slot's rows; never more than a part of the burn."""


@frozen
class Slashed(Event, index=6):
    """A provider lost its collateral for a slot, to a wrong result or a missed deadline."""

    job: Id
    slot: U32
    provider: AccountId
    amount: Balance
    burned: Balance
    to_owner: Balance
    to_treasury: Balance


@frozen
class Refunded(Event, index=7):
    """A slot ended unfilled; its escrow is the owner's again."""

    job: Id
    slot: U32
    amount: Balance


@frozen
class LateOpened(Event, index=8):
    """A deadline was missed: anybody may fill the slot for half of the provider's collateral."""

    job: Id
    slot: U32
    provider: AccountId
    until: BlockNumber


@frozen
class LateFilled(Event, index=9):
    """A slot was filled late: free of charge, the filler earned from the collateral."""

    job: Id
    slot: U32
    provider: AccountId
    culprit: AccountId
    reward: Balance
    burned: Balance


@frozen
class Reopened(Event, index=10):
    """A slot that failed can be locked again."""

    job: Id
    slot: U32
    failures: U8


@frozen
class Rated(Event, index=11):
    """The owner rated a settled slot; the weight is what the slot burned."""

    job: Id
    slot: U32
    record: Id | None
    score: U8
    weight: Balance
    tags: Tags


@frozen
class Finished(Event, index=12):
    """Every slot of a job is final."""

    job: Id


@frozen
class Closed(Event, index=13):
    """A finished job and its outputs left the state."""

    job: Id
    deposit: Balance


@frozen
class Rejected(Event, index=20):
    """The owner rejected a result that nobody can check: price and collateral are burned."""

    job: Id
    slot: U32
    provider: AccountId
    price: Balance
    """Out of the owner's escrow."""

    collateral: Balance
    """As much of what the provider had locked."""


MarketEvent: TypeAlias = (
    JobPosted
    | ToppedUp
    | Cancelled
    | SlotLocked
    | Submitted
    | Settled
    | Slashed
    | Refunded
    | LateOpened
    | LateFilled
    | Reopened
    | Rated
    | Finished
    | Closed
    | Rejected
)


class NoSuchJob(ModuleError, index=0):
    """There is no job with this number."""


class NoSuchSlot(ModuleError, index=1):
    """The job has no slot with this number."""


class NoSuchModel(ModuleError, index=2):
    """There is no such model, or not in this version."""


class ModelExpired(ModuleError, index=3):
    """The model is expired, retired or frozen."""


class ModelOffChain(ModuleError, index=4):
    """The model's tensors are not in the state, where nodes could check results with them."""


class InputMissing(ModuleError, index=5):
    """There is no blob with the root of the inputs."""


class WrongInputSize(ModuleError, index=6):
    """The blob of inputs is not so many rows of the model's width."""


class InputOutOfRange(ModuleError, index=7):
    """An input lies outside the range that the model declares, or outside -63 to 63."""


class TooManySlots(ModuleError, index=8):
    """The job would have more slots than a job may have."""


class ReplicasUnsupported(ModuleError, index=9):
    """A part of a job is filled by one to eight providers."""


class VerifierUnsupported(ModuleError, index=11):
    """This verifier does not judge jobs of this kind."""


class ClaimTooLarge(ModuleError, index=12):
    """A slot's result would be too large, or too much work to verify in a block."""


class BadPrice(ModuleError, index=13):
    """A price is positive, its minimum at most its maximum, its ramp at least one block."""


class BadTerms(ModuleError, index=14):
    """Times and attempts are positive and within their limits, and so are rows and slots."""


class NoEscrow(ModuleError, index=15):
    """The owner cannot put so much on hold, or has put less aside for a run."""


class NotPayer(ModuleError, index=16):
    """The job is somebody else's."""


class RequirementUnmet(ModuleError, index=17):
    """The provider's record is not the signer's, not live, of other kinds of jobs, or busy."""


class BondTooLow(ModuleError, index=18):
    """The signer has too little free collateral for this slot."""


class AlreadyLocked(ModuleError, index=19):
    """Another provider is at work on the slot."""


class NotLockedByYou(ModuleError, index=20):
    """The slot is locked by another provider."""


class DeadlinePassed(ModuleError, index=21):
    """The time for this has passed."""


class WrongState(ModuleError, index=22):
    """The slot or the job is not in a state that allows this."""


class BadCommitment(ModuleError, index=23):
    """The commitment is not that of this slot, this account and this result."""


class WrongResultSize(ModuleError, index=24):
    """The result has not the size that the slot's rows make."""


class NotDue(ModuleError, index=25):
    """Nothing is due yet."""


class AlreadyRated(ModuleError, index=26):
    """The slot has been rated."""


class BadScore(ModuleError, index=27):
    """A score is at most 100."""


class NotFinished(ModuleError, index=28):
    """Some slots of the job are not final."""


class BadProgram(ModuleError, index=29):
    """The parameters or the inputs of the program break one of its rules."""


class NotReady(ModuleError, index=30):
    """The slot goes on from the one before it, which is not settled."""


class NoSuchDataset(ModuleError, index=31):
    """There is no such dataset, or it is expired, retired or frozen."""


class BidsOnly(ModuleError, index=32):
    """The job's slots go to bids that its owner accepts."""


class NotDistinct(ModuleError, index=36):
    """The account or the record fills another replica of the slot."""


MarketError: TypeAlias = (
    NoSuchJob
    | NoSuchSlot
    | NoSuchModel
    | ModelExpired
    | ModelOffChain
    | InputMissing
    | WrongInputSize
    | InputOutOfRange
    | TooManySlots
    | ReplicasUnsupported
    | VerifierUnsupported
    | ClaimTooLarge
    | BadPrice
    | BadTerms
    | NoEscrow
    | NotPayer
    | RequirementUnmet
    | BondTooLow
    | AlreadyLocked
    | NotLockedByYou
    | DeadlinePassed
    | WrongState
    | BadCommitment
    | WrongResultSize
    | NotDue
    | AlreadyRated
    | BadScore
    | NotFinished
    | BadProgram
    | NotReady
    | NoSuchDataset
    | BidsOnly
    | NotDistinct
)
