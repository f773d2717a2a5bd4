"""Bonds: collateral by role, locked for duties, slashable until it is withdrawn."""

from pallets.bonds.pallet import Bonds
from pallets.bonds.types import DEFAULT_TERMS, AllTerms, RoleTerms

__all__ = ["DEFAULT_TERMS", "AllTerms", "Bonds", "RoleTerms"]
