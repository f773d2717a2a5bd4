"""Weights of the vault's calls, paying or slashing with the most royalties there are."""

from runtime.primitives import Weight

OFFER = Weight(430_000_000, 7_500)
WITHDRAW = Weight(360_000_000, 6_000)
ORDER = Weight(590_000_000, 14_000)
DELIVER = Weight(110_000_000, 2_700)
CLOSE = Weight(360_000_000, 4_700)
POKE = Weight(1_300_000_000, 83_000)
DISPUTE_KEY = Weight(1_700_000_000, 84_000)
DISPUTE_CHUNK = Weight(2_000_000_000, 84_000)
