"""Weights of the vault's calls, paying or slashing with the most royalties there are."""

from runtime.primitives import Weight

OFFER = Weight(500_000_000, 5_600)
WITHDRAW = Weight(350_000_000, 5_600)
ORDER = Weight(610_000_000, 11_000)
DELIVER = Weight(86_000_000, 2_700)
CLOSE = Weight(350_000_000, 4_300)
POKE = Weight(2_400_000_000, 81_000)
DISPUTE_KEY = Weight(2_900_000_000, 81_000)
DISPUTE_CHUNK = Weight(3_200_000_000, 81_000)
