"""Verify: claims about results, and the verdicts that every node gives."""

from pallets.verify.declarations import (
    BadWitness,
    Claim,
    ClaimOpened,
    UnknownVerifier,
    VerdictGiven,
    WeightTooHigh,
)
from pallets.verify.pallet import Verify

__all__ = [
    "BadWitness",
    "Claim",
    "ClaimOpened",
    "UnknownVerifier",
    "VerdictGiven",
    "Verify",
    "WeightTooHigh",
]
