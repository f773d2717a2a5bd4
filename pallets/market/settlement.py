"""How a price is divided, and what a provider's history counts: pure arithmetic in integers."""

from dataclasses import dataclass, replace

from pallets.market.types import MarketParams, Stats
from runtime.decay import compute_decay
from runtime.frame.ai_types import ROYALTY_BPS_MAX
from runtime.primitives import BPS, AccountId

OPINION_ONE = 1_000_000
"""One verdict in `Stats.alpha` and `Stats.beta`."""

OPINION_KEPT_PERMILLE = 999
"""What a new verdict leaves of the older ones' weight."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a price; they sum to it exactly."""

    treasury: int
    royalties: tuple[tuple[AccountId, int], ...]
    provider: int
    burned: int


def compute_split(
    price: int, royalties_bps: tuple[tuple[AccountId, int], ...], params: MarketParams
) -> Split:
    """Who gets what of a price: every share rounds down, what remains is burned."""
    royalty_bps = sum(bps for _, bps in royalties_bps)
    assert royalty_bps <= ROYALTY_BPS_MAX, f"the registry caps royalties: {royalty_bps}; qed"
    provider_bps = BPS - params.burn_bps - params.treasury_bps - royalty_bps
    treasury = price * params.treasury_bps // BPS
    royalties = tuple((who, price * bps // BPS) for who, bps in royalties_bps)
    provider = price * provider_bps // BPS
    burned = price - treasury - provider - sum(amount for _, amount in royalties)
    return Split(treasury, royalties, provider, burned)


def compute_bond(price: int, factor_bps: int, params: MarketParams) -> int:
    """Collateral for a slot of this price, rounded up."""
    return max(params.bond_min, -(-price * factor_bps // BPS))


def add_verdict(stats: Stats, *, is_valid: bool, price: int) -> Stats:
    """The history with one more verdict; opinions do not enter it."""
    alpha = stats.alpha * OPINION_KEPT_PERMILLE // 1_000
    beta = stats.beta * OPINION_KEPT_PERMILLE // 1_000
    if not is_valid:
        return replace(stats, failed=stats.failed + 1, alpha=alpha, beta=beta + OPINION_ONE)
    return replace(
        stats,
        settled=stats.settled + 1,
        value=stats.value + price,
        alpha=alpha + OPINION_ONE,
        beta=beta,
    )


def add_rating(stats: Stats, score: int, weight: int, now: int, half_life_blocks: int) -> Stats:
    """The history with one more rating, older ones decayed until now."""
    age = now - stats.rated_at
    return replace(
        stats,
        rating_sum=compute_decay(stats.rating_sum, age, half_life_blocks) + score * weight,
        rating_weight=compute_decay(stats.rating_weight, age, half_life_blocks) + weight,
        rated_at=now,
    )
