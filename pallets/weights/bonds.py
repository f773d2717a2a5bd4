"""Weights of the bonds pallet."""

from runtime.primitives import Weight

BOND = Weight(150_000_000, 3_400)
UNBOND = Weight(130_000_000, 3_400)
CANCEL_UNBOND = Weight(96_000_000, 1_900)
WITHDRAW = Weight(180_000_000, 3_600)
