"""Weights of the bonds pallet."""

from runtime.primitives import Weight

BOND = Weight(150_000_000, 3_700)
UNBOND = Weight(100_000_000, 3_400)
CANCEL_UNBOND = Weight(86_000_000, 1_900)
WITHDRAW = Weight(180_000_000, 3_900)
