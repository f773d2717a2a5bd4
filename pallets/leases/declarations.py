"""The events and errors of the leases pallet."""

from typing import TypeAlias

from pallets.leases.types import CloseReason
from runtime.codec import U8, U32
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Id


@frozen
class OfferPosted(Event, index=0):
    """A provider lets so many units."""

    offer: Id
    owner: AccountId
    record: Id
    unit_rate: Balance
    capacity: U32


@frozen
class OfferWithdrawn(Event, index=1):
    """An offer is gone; leases under it go on."""

    offer: Id


@frozen
class LeaseStarted(Event, index=2):
    """A tenant took an offer, with this balance; nothing is paid before the provider accepts."""

    lease: Id
    offer: Id
    tenant: AccountId
    provider: AccountId
    rate: Balance
    balance: Balance


@frozen
class LeaseAccepted(Event, index=3):
    """The provider took the lease on, with this collateral."""

    lease: Id
    bond: Balance


@frozen
class ToppedUp(Event, index=4):
    """The balance of a lease grew."""

    lease: Id
    amount: Balance


@frozen
class LeaseSettled(Event, index=5):
    """So many blocks were paid for: burn, treasury and provider sum to the amount."""

    lease: Id
    blocks: U32
    amount: Balance
    burned: Balance
    treasury: Balance
    paid: Balance


@frozen
class Reclaiming(Event, index=6):
    """The provider gave notice: the lease ends at that block."""

    lease: Id
    ends_at: BlockNumber


@frozen
class AuditPassed(Event, index=7):
    """The chunks that this block's hash drew were shown."""

    lease: Id
    block: BlockNumber


@frozen
class AuditMissed(Event, index=8):
    """The chunks that this block's hash drew were not shown in time; the window is not paid."""

    lease: Id
    block: BlockNumber
    misses: U8


@frozen
class ProviderFailed(Event, index=9):
    """A lease ended by the provider's fault; the last two sum to what it lost."""

    lease: Id
    provider: AccountId
    slashed: Balance
    burned: Balance
    to_tenant: Balance


@frozen
class Disputed(Event, index=10):
    """The tenant refused the work; what it would have paid for it was burned."""

    lease: Id
    burned: Balance


@frozen
class LeaseClosed(Event, index=11):
    """A lease ended and left the state; the rest of the balance is the tenant's again."""

    lease: Id
    reason: CloseReason
    refund: Balance


LeasesEvent: TypeAlias = (
    OfferPosted
    | OfferWithdrawn
    | LeaseStarted
    | LeaseAccepted
    | ToppedUp
    | LeaseSettled
    | Reclaiming
    | AuditPassed
    | AuditMissed
    | ProviderFailed
    | Disputed
    | LeaseClosed
)


class NoSuchOffer(ModuleError, index=0):
    """There is no offer with this number."""


class NoSuchLease(ModuleError, index=1):
    """There is no lease with this number, or no longer."""


class NotYours(ModuleError, index=2):
    """The offer or lease is somebody else's, or this is for its other side to do."""


class BadTerms(ModuleError, index=3):
    """Rates, times and numbers are positive and within their limits."""


class RecordUnfit(ModuleError, index=4):
    """The provider's record is not its own, not alive, or of other kinds of jobs."""


class WrongSubject(ModuleError, index=5):
    """The offer is of the other kind, or what is asked for is empty or too large."""


class FullyBooked(ModuleError, index=6):
    """The offer has not so many units left."""


class Underfunded(ModuleError, index=7):
    """The balance does not pay for the least time of the offer."""


class NoFunds(ModuleError, index=8):
    """The signer cannot put so much on hold."""


class BondTooLow(ModuleError, index=9):
    """The provider has too little free collateral for this lease."""


class WrongState(ModuleError, index=10):
    """The lease is not of the kind, or not in a state, that allows this."""


class NotDue(ModuleError, index=11):
    """Nothing is due yet."""


class NoAudit(ModuleError, index=12):
    """No audit waits for an answer."""


class BadProof(ModuleError, index=13):
    """The chunks are not those that were drawn, or not of this replica."""


LeasesError: TypeAlias = (
    NoSuchOffer
    | NoSuchLease
    | NotYours
    | BadTerms
    | RecordUnfit
    | WrongSubject
    | FullyBooked
    | Underfunded
    | NoFunds
    | BondTooLow
    | WrongState
    | NotDue
    | NoAudit
    | BadProof
)
