"""What verify stores of a claim, its events and its errors."""

from dataclasses import dataclass
from typing import ClassVar

from runtime.codec import U32, U64
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import Verdict, VerifierId
from runtime.primitives import AccountId, BlockNumber, Id, Root


@dataclass(frozen=True, slots=True)
class Claim:
    """The latest claim about a slot, and what became of it."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::Claim"

    id: Id
    verifier: VerifierId
    claimant: AccountId
    out_root: Root
    opened_at: BlockNumber
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ClaimOpened(Event, index=0):
    """Somebody claims that a slot's rows give an output."""

    claim: Id
    job: Id
    slot: U32
    claimant: AccountId
    verifier: VerifierId
    macs: U64


@dataclass(frozen=True, slots=True)
class VerdictGiven(Event, index=1):
    """A claim was judged; there is no appeal from what every node computes."""

    claim: Id
    job: Id
    slot: U32
    verdict: Verdict


class UnknownVerifier(ModuleError, index=0):
    """No verifier with this number judges such claims."""


class WeightTooHigh(ModuleError, index=1):
    """The claim takes more work to judge than a block may spend on it."""


class BadWitness(ModuleError, index=2):
    """The trace has not the size of the products that it should hold."""
