"""Verify: claims about results, and the verdicts that every node gives."""

from pallets.verify.declarations import (
    BadWitness,
    ClaimOpened,
    ClaimRefuted,
    SampleChecked,
    TileDemanded,
    TileShown,
    UnknownVerifier,
    VerdictGiven,
    WeightTooHigh,
)
from pallets.verify.disputes import Partners
from pallets.verify.pallet import Verify
from pallets.verify.types import Claim, Demand, Pending, VerifyParams

__all__ = [
    "BadWitness",
    "Claim",
    "ClaimOpened",
    "ClaimRefuted",
    "Demand",
    "Partners",
    "Pending",
    "SampleChecked",
    "TileDemanded",
    "TileShown",
    "UnknownVerifier",
    "VerdictGiven",
    "Verify",
    "VerifyParams",
    "WeightTooHigh",
]
