"""How a price is divided, and what collateral it asks for: pure arithmetic in integers."""

from dataclasses import dataclass

from pallets.vault.types import VaultParams
from runtime.primitives import BPS, AccountId


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a price; with what is burned they sum to it."""

    treasury: int
    royalties: tuple[tuple[AccountId, int], ...]
    payee: int


def compute_split(
    price: int, royalties_bps: tuple[tuple[AccountId, int], ...], params: VaultParams
) -> Split:
    """Who gets what of a price: every share rounds down, what remains is burned."""
    royalty_bps = sum(bps for _, bps in royalties_bps)
    payee_bps = BPS - params.burn_bps - params.treasury_bps - royalty_bps
    royalties = tuple((who, price * bps // BPS) for who, bps in royalties_bps)
    return Split(price * params.treasury_bps // BPS, royalties, price * payee_bps // BPS)


def compute_bond(price: int, params: VaultParams) -> int:
    """The seller's collateral for an order at this price, rounded up."""
    return max(params.bond_min, -(-price * params.bond_bps // BPS))
