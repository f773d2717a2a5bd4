"""The collateral that a slot asks for, by how its result is checked."""

from runtime.frame.ai_types import VerifierId
from runtime.frame.parameters import Param, Parameters
from runtime.primitives import BPS

BOND_FACTOR_BPS = 5_000
"""A wrong result is found for sure, so half the price is enough to make it a loss."""

OPTIMISTIC_FACTOR_BPS = 2 * BPS
"""Somebody has to look and be paid for it: collateral is twice the price."""

REVIEWED_FACTOR_BPS = BPS
"""A rejection burns the price, and as much of the collateral: votes cannot make it unequal."""


def get_factor_bps(verifier: VerifierId, parameters: Parameters) -> int:
    """The collateral in basis points of the price, for a slot that is locked now."""
    match verifier:
        case VerifierId.TILE_PROOF:
            return parameters.get_param(Param.WAITING_FACTOR_BPS, OPTIMISTIC_FACTOR_BPS)
        case VerifierId.SPOT_CHECK:
            return parameters.get_param(Param.SAMPLED_FACTOR_BPS, OPTIMISTIC_FACTOR_BPS)
        case VerifierId.BUYER_ACCEPT:
            return REVIEWED_FACTOR_BPS
        case _:
            return parameters.get_param(Param.BOND_FACTOR_BPS, BOND_FACTOR_BPS)
