"""What the market's events say of money, kept beside a test of it."""

from collections import Counter

from pallets.market import declarations
from pallets.work import declarations as work
from runtime.frame import Event
from runtime.primitives import AccountId
from tests.helpers.market_stage import TREASURY


class MarketBooks:
    """Slots settled and products credited so far: each once."""

    def __init__(self) -> None:
        self.settled: set[tuple[int, int]] = set()
        self.credited: set[tuple[int, int, int]] = set()

    def note_event(
        self, event: Event, owners: dict[int, AccountId], gains: Counter[AccountId]
    ) -> int:
        """Books an event's money; returns its royalties."""
        match event:
            case declarations.Settled(job, slot, provider, price, burned, treasury, royalty, paid):
                assert (job, slot) not in self.settled
                assert burned + treasury + royalty + paid == price
                assert 10 * royalty <= 4 * price
                assert paid >= price * 48 // 100
                assert 10 * event.bonus <= 8 * burned
                self.settled.add((job, slot))
                gains.update({provider: paid})
                gains.update({TREASURY: treasury})  # who may be the provider
                gains.subtract({owners[job]: price})
                return royalty
            case declarations.LateFilled(job, slot, filler, culprit, reward, burned):
                assert (job, slot) not in self.settled
                self.settled.add((job, slot))
                gains.update({filler: reward})
                gains.subtract({culprit: reward + burned})
            case declarations.Slashed(job, _, provider, amount, burned, owner, treasury):
                assert burned + owner + treasury == amount
                assert 10 * burned >= 4 * amount
                gains.update({owners[job]: owner, TREASURY: treasury})
                gains.subtract({provider: amount})
            case work.BonusPaid(_, _, author, amount):
                gains.update({author: amount})
            case work.UsefulCredited(job, slot, layer):
                assert (job, slot, layer) not in self.credited
                self.credited.add((job, slot, layer))
            case _:
                pass
        return 0
