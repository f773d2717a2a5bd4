"""Weights of the assets pallet."""

from runtime.primitives import Weight

CREATE = Weight(170_000_000, 5_200)
MINT = Weight(190_000_000, 4_700)
"""Into a new holding."""

BURN = Weight(210_000_000, 4_900)
TRANSFER = Weight(290_000_000, 8_500)
"""Into a new holding, with what remains swept to the owner."""

APPROVE = Weight(170_000_000, 4_700)
TRANSFER_FROM = Weight(340_000_000, 9_400)
FREEZE = Weight(84_000_000, 1_900)
SET_OWNER = Weight(230_000_000, 5_200)
DESTROY = Weight(140_000_000, 3_100)
POKE = Weight(220_000_000, 5_600)
"""With a hold."""
