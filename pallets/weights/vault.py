"""Weights of the vault's calls, paying or slashing with the most royalties there are."""

from runtime.primitives import Weight

OFFER = Weight(470_000_000, 3_800)
WITHDRAW = Weight(350_000_000, 3_800)
ORDER = Weight(560_000_000, 6_800)
DELIVER = Weight(84_000_000, 1_800)
CLOSE = Weight(340_000_000, 2_900)
POKE = Weight(2_600_000_000, 54_000)
DISPUTE_KEY = Weight(3_000_000_000, 54_000)
DISPUTE_CHUNK = Weight(3_500_000_000, 54_000)
