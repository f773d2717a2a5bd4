"""What must hold of verify's state between any two dispatches."""

from collections import Counter
from typing import Protocol

from pallets.verify.disputes import REASON, Partners
from pallets.verify.types import Claim, Pending
from runtime.codec import U32
from runtime.frame import StorageMap, StorageValue
from runtime.primitives import AccountId, Id


class Stored(Protocol):
    """Verify's storage, as far as it is compared."""

    next_claim: StorageValue[Id]
    claim: StorageMap[tuple[Id, U32], Claim]
    pending: StorageMap[tuple[Id, U32], Pending]


def ensure_consistent(verify: Stored, partners: Partners) -> None:
    """Asserts that claims are numbered once, wait iff undecided, and deposits are on hold."""
    claims = dict(verify.claim.items())
    numbers = [claim.id for claim in claims.values()]
    assert len(set(numbers)) == len(numbers), "two claims share a number"
    assert max(numbers, default=-1) < verify.next_claim.get(), "a claim of a later number"
    waiting = {key for key, claim in claims.items() if claim.verdict is None}
    pending = dict(verify.pending.items())
    assert waiting == set(pending), "what waits is not what has no verdict"
    deposits: Counter[AccountId] = Counter()
    for key, entry in pending.items():
        assert entry.until <= entry.latest, f"{key}: a window beyond its bound"
        tiles = [demand.tile for demand in entry.demands]
        assert len(set(tiles)) == len(tiles), f"{key}: a tile is asked for twice"
        for demand in entry.demands:
            deposits[demand.who] += demand.deposit
    for who, amount in deposits.items():
        held = partners.money.get_held(REASON, who)
        assert amount == held, f"{who}: deposits of {amount}, {held} on hold"
