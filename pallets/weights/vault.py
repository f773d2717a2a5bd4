"""Weights of the vault's calls, paying or slashing with the most royalties there are."""

from runtime.primitives import Weight

OFFER = Weight(470_000_000, 5_600)
WITHDRAW = Weight(350_000_000, 5_600)
ORDER = Weight(560_000_000, 11_000)
DELIVER = Weight(84_000_000, 2_700)
CLOSE = Weight(340_000_000, 4_300)
POKE = Weight(2_600_000_000, 81_000)
DISPUTE_KEY = Weight(3_000_000_000, 81_000)
DISPUTE_CHUNK = Weight(3_500_000_000, 81_000)
