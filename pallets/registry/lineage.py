"""Royalties: what each ancestor earns of a settlement, fanned out once, at registration.

A version's own part goes to its owner, a parent's part to the parent, which passes on the same
proportion of it as it does of its own settlements. The result depends neither on the order of the
parents nor on what happens to them later. Parents exist before their children and never change,
so there are no cycles.
"""

from collections.abc import Iterable

from pallets.registry.declarations import RoyaltyTooHigh, TooManyShares
from pallets.registry.types import Share, Shares
from runtime.frame.ai_types import ROYALTY_BPS_MAX, ROYALTY_DEPTH_MAX, ROYALTY_SHARES_MAX


def compute_shares(
    record: int,
    royalty_bps: int,
    parents: Iterable[tuple[int, int, Shares]],
    cap_bps: int = ROYALTY_BPS_MAX,
) -> Shares:
    """Every share of a new version of ``record``; they sum to its own and its parents' parts.

    ``parents`` holds each parent's number, part in basis points, and own shares; together they are
    at most ``cap_bps``. Errors: `RoyaltyTooHigh`, `TooManyShares`.
    """
    shares = [Share(record, royalty_bps, 0)]
    for parent, bps, own_shares in parents:
        shares += _split(parent, bps, own_shares)
    merged: dict[int, Share] = {}
    for share in shares:
        known = merged.get(share.record, Share(share.record, 0, share.generation))
        generation = min(known.generation, share.generation)
        merged[share.record] = Share(share.record, known.bps + share.bps, generation)
    result = tuple(merged[number] for number in sorted(merged) if merged[number].bps > 0)
    if sum(share.bps for share in result) > cap_bps:
        raise RoyaltyTooHigh
    if len(result) > ROYALTY_SHARES_MAX:
        raise TooManyShares
    return result


def _split(parent: int, bps: int, own_shares: Shares) -> list[Share]:
    """A parent's part among itself and its ancestors: theirs round down, the parent has the rest.

    So the parent also has what would go beyond the last generation.
    """
    total = sum(share.bps for share in own_shares)
    passed_on = [
        Share(share.record, bps * share.bps // total, share.generation + 1)
        for share in own_shares
        if share.record != parent and share.generation < ROYALTY_DEPTH_MAX
    ]
    rest = bps - sum(share.bps for share in passed_on)
    return [Share(parent, rest, 1), *passed_on]
