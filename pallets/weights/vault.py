"""Weights of the vault's calls, paying or slashing with the most royalties there are."""

from runtime.primitives import Weight

OFFER = Weight(350_000_000, 7_500)
WITHDRAW = Weight(290_000_000, 6_000)
ORDER = Weight(520_000_000, 14_000)
DELIVER = Weight(88_000_000, 2_700)
CLOSE = Weight(280_000_000, 4_700)
POKE = Weight(1_100_000_000, 83_000)
DISPUTE_KEY = Weight(1_400_000_000, 84_000)
DISPUTE_CHUNK = Weight(1_700_000_000, 84_000)
