"""Governance: proposals on tracks, conviction voting, and calls that a vote lets through."""

from pallets.governance.pallet import Governance
from pallets.governance.tracks import (
    CANCELLER,
    PARAMETERS,
    PARAMETERS_ACCOUNT,
    ROOT,
    TREASURER,
    TREASURER_ACCOUNT,
    make_terms,
)

__all__ = [
    "CANCELLER",
    "PARAMETERS",
    "PARAMETERS_ACCOUNT",
    "ROOT",
    "TREASURER",
    "TREASURER_ACCOUNT",
    "Governance",
    "make_terms",
]
