"""Verify's events and errors."""

from typing import TypeAlias

from runtime.codec import U32, U64
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import Verdict, VerifierId
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Id
from runtime.programs import TileOpening


@frozen
class ClaimOpened(Event, index=0):
    """Somebody claims that a slot's rows give an output."""

    claim: Id
    job: Id
    slot: U32
    claimant: AccountId
    verifier: VerifierId
    macs: U64


@frozen
class VerdictGiven(Event, index=1):
    """A claim was judged; there is no appeal from what every node computes."""

    claim: Id
    job: Id
    slot: U32
    verdict: Verdict


@frozen
class SampleChecked(Event, index=2):
    """The drawn pixels of a claim are right; it can still be challenged."""

    claim: Id
    job: Id
    slot: U32


@frozen
class ClaimRefuted(Event, index=3):
    """Somebody proved a claim wrong, or waited in vain for a tile, and was paid for it."""

    claim: Id
    job: Id
    slot: U32
    challenger: AccountId
    reward: Balance
    """Out of the collateral of whoever made the claim."""


@frozen
class TileDemanded(Event, index=4):
    """A tile of a result has to be shown."""

    claim: Id
    job: Id
    slot: U32
    tile: U32
    who: AccountId
    deposit: Balance
    due: BlockNumber


@frozen
class TileShown(Event, index=5):
    """A tile was shown that had been asked for; the deposit pays for it, a part is burned."""

    claim: Id
    job: Id
    slot: U32
    tile: U32
    opening: TileOpening
    paid: Balance
    burned: Balance


VerifyEvent: TypeAlias = (
    ClaimOpened | VerdictGiven | SampleChecked | ClaimRefuted | TileDemanded | TileShown
)


class UnknownVerifier(ModuleError, index=0):
    """No verifier with this number judges such claims."""


class WeightTooHigh(ModuleError, index=1):
    """The claim takes more work to judge than a block may spend on it."""


class BadWitness(ModuleError, index=2):
    """The trace has not the size of the products that it should hold."""


class NotPending(ModuleError, index=3):
    """No claim about this slot waits for a verdict, or not by this verifier."""


class NotDue(ModuleError, index=4):
    """Nothing is due yet, or it has been done."""


class OutOfRange(ModuleError, index=5):
    """The result has no pixel or tile of this number."""


class ResultRight(ModuleError, index=6):
    """The challenged part of the result is as it should be."""


class BadProof(ModuleError, index=7):
    """A strip, tile or path does not belong to the root that it is shown for."""


class WindowOver(ModuleError, index=8):
    """The time for this has passed."""


class TooManyDemands(ModuleError, index=9):
    """So many tiles of the claim are asked for already."""


class AlreadyDemanded(ModuleError, index=10):
    """Somebody asks for this tile already."""


class NotDemanded(ModuleError, index=11):
    """Nobody asks for this tile."""


class NoDeposit(ModuleError, index=12):
    """The signer cannot put the deposit on hold."""


class NotOwner(ModuleError, index=13):
    """The job is somebody else's."""


VerifyError: TypeAlias = (
    UnknownVerifier
    | WeightTooHigh
    | BadWitness
    | NotPending
    | NotDue
    | OutOfRange
    | ResultRight
    | BadProof
    | WindowOver
    | TooManyDemands
    | AlreadyDemanded
    | NotDemanded
    | NoDeposit
    | NotOwner
)
