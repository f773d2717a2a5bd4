"""Weights of the assets pallet."""

from runtime.primitives import Weight

CREATE = Weight(160_000_000, 3_200)
MINT = Weight(190_000_000, 2_900)
"""Into a new holding."""

BURN = Weight(230_000_000, 3_000)
TRANSFER = Weight(310_000_000, 5_200)
"""Into a new holding, with what remains swept to the owner."""

APPROVE = Weight(160_000_000, 2_900)
TRANSFER_FROM = Weight(390_000_000, 5_700)
FREEZE = Weight(98_000_000, 1_300)
SET_OWNER = Weight(220_000_000, 3_000)
DESTROY = Weight(120_000_000, 1_800)
POKE = Weight(230_000_000, 3_500)
"""With a hold."""
