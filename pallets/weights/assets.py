"""Weights of the assets pallet."""

from runtime.primitives import Weight

CREATE = Weight(170_000_000, 4_800)
MINT = Weight(200_000_000, 4_300)
"""Into a new holding."""

BURN = Weight(230_000_000, 4_500)
TRANSFER = Weight(310_000_000, 7_700)
"""Into a new holding, with what remains swept to the owner."""

APPROVE = Weight(170_000_000, 4_300)
TRANSFER_FROM = Weight(370_000_000, 8_500)
FREEZE = Weight(99_000_000, 1_900)
SET_OWNER = Weight(230_000_000, 4_400)
DESTROY = Weight(130_000_000, 2_700)
POKE = Weight(230_000_000, 5_200)
"""With a hold."""
