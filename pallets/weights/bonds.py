"""Weights of the bonds pallet."""

from runtime.primitives import Weight

BOND = Weight(140_000_000, 2_300)
UNBOND = Weight(120_000_000, 2_300)
CANCEL_UNBOND = Weight(94_000_000, 1_300)
WITHDRAW = Weight(160_000_000, 2_400)
