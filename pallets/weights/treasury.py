"""Weights of the treasury."""

from runtime.primitives import Weight

SPEND = Weight(61_000_000, 2_100)
PAYOUT = Weight(170_000_000, 3_900)
VOID_SPEND = Weight(49_000_000, 1_100)
ON_INITIALIZE = Weight(66_000_000, 2_200)
