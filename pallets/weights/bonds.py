"""Weights of the bonds pallet."""

from runtime.primitives import Weight

BOND = Weight(140_000_000, 3_400)
UNBOND = Weight(120_000_000, 3_400)
CANCEL_UNBOND = Weight(94_000_000, 1_900)
WITHDRAW = Weight(160_000_000, 3_600)
