"""The collateral that a sale asks for."""

from pallets.vault.types import VaultParams
from runtime.frame import division
from runtime.frame.parameters import Param, Parameters


def compute_bond(price: int, params: VaultParams, parameters: Parameters) -> int:
    """The seller's collateral for an order at this price, rounded up."""
    bond_min = parameters.get_param(Param.SLOT_BOND_MIN, params.bond_min)
    bond_bps = parameters.get_param(Param.SALE_BOND_BPS, params.bond_bps)
    return division.compute_bond(price, bond_bps, bond_min)
