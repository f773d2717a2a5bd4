"""What a provider's history counts: pure arithmetic in integers."""

from pallets.market.types import Stats
from runtime.decay import compute_decay
from runtime.frozen import replace

OPINION_ONE = 1_000_000
"""One verdict in `Stats.alpha` and `Stats.beta`."""

OPINION_KEPT_PERMILLE = 999
"""What a new verdict leaves of the older ones' weight."""


def add_verdict(stats: Stats, *, is_valid: bool, price: int) -> Stats:
    """The history with one more verdict that every node can check."""
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


def add_review(stats: Stats, *, is_accepted: bool, price: int) -> Stats:
    """The history with one more result that its buyer judged, which is an opinion: just counted."""
    if not is_accepted:
        return replace(stats, failed=stats.failed + 1)
    return replace(stats, settled=stats.settled + 1, value=stats.value + price)


def add_rating(stats: Stats, score: int, weight: int, now: int, half_life_blocks: int) -> Stats:
    """The history with one more rating, older ones decayed until now."""
    age = now - stats.rated_at
    return replace(
        stats,
        rating_sum=compute_decay(stats.rating_sum, age, half_life_blocks) + score * weight,
        rating_weight=compute_decay(stats.rating_weight, age, half_life_blocks) + weight,
        rated_at=now,
    )
