"""How a price is divided, and what collateral it asks for: the same for everything that is sold."""

from collections.abc import Sequence

from runtime.frame.parameters import Param, Parameters
from runtime.frozen import frozen
from runtime.primitives import BPS, AccountId


@frozen
class Fees:
    """What of a price nobody who sold or made anything gets, in basis points."""

    burn_bps: int
    treasury_bps: int


@frozen
class Split:
    """The parts of a price; they sum to it exactly."""

    treasury: int
    royalties: tuple[tuple[AccountId, int], ...]
    payee: int
    """Who did the work, or sold."""

    burned: int


def compute_split(price: int, royalties_bps: Sequence[tuple[AccountId, int]], fees: Fees) -> Split:
    """Who gets what of a price: every share rounds down, what remains is burned."""
    royalty_bps = sum(bps for _, bps in royalties_bps)
    payee_bps = BPS - fees.burn_bps - fees.treasury_bps - royalty_bps
    assert payee_bps >= 0, f"royalties are capped: {royalty_bps} bps; qed"
    treasury = price * fees.treasury_bps // BPS
    royalties = tuple((who, price * bps // BPS) for who, bps in royalties_bps)
    payee = price * payee_bps // BPS
    burned = price - treasury - payee - sum(amount for _, amount in royalties)
    return Split(treasury, royalties, payee, burned)


def get_sale_fees(parameters: Parameters, default: Fees) -> Fees:
    """What is taken of the price of a licence or of data, now."""
    return Fees(
        parameters.get_param(Param.SALE_BURN_BPS, default.burn_bps),
        parameters.get_param(Param.SALE_TREASURY_BPS, default.treasury_bps),
    )


def get_work_fees(parameters: Parameters, default: Fees) -> Fees:
    """What is taken of the price of a slot, or of a lease's time, now."""
    return Fees(
        parameters.get_param(Param.BURN_BPS, default.burn_bps),
        parameters.get_param(Param.TREASURY_BPS, default.treasury_bps),
    )


def compute_bond(price: int, factor_bps: int, bond_min: int) -> int:
    """Collateral for work or goods of this price, rounded up."""
    return max(bond_min, -(-price * factor_bps // BPS))
