"""Weights of the treasury."""

from runtime.primitives import Weight

SPEND = Weight(63_000_000, 2_100)
PAYOUT = Weight(160_000_000, 3_900)
VOID_SPEND = Weight(50_000_000, 1_100)
ON_INITIALIZE = Weight(68_000_000, 2_200)
