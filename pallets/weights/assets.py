"""Weights of the assets pallet."""

from runtime.primitives import Weight

CREATE = Weight(150_000_000, 2_700)
MINT = Weight(180_000_000, 2_300)
"""Into a new holding."""

BURN = Weight(230_000_000, 3_000)
TRANSFER = Weight(290_000_000, 4_700)
"""Into a new holding, with what remains swept to the owner."""

APPROVE = Weight(150_000_000, 2_300)
TRANSFER_FROM = Weight(360_000_000, 5_200)
FREEZE = Weight(91_000_000, 1_300)
SET_OWNER = Weight(220_000_000, 3_000)
DESTROY = Weight(120_000_000, 1_800)
POKE = Weight(220_000_000, 3_500)
"""With a hold."""
