"""Governance: proposals on tracks, conviction voting, and calls that a vote lets through."""

from pallets.governance.pallet import Governance
from pallets.governance.tracks import CANCELLER, PARAMETERS, ROOT, TREASURER, make_terms

__all__ = ["CANCELLER", "PARAMETERS", "ROOT", "TREASURER", "Governance", "make_terms"]
