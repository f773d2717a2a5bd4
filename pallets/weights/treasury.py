"""Weights of the treasury."""

from runtime.primitives import Weight

SPEND = Weight(66_000_000, 3_100)
PAYOUT = Weight(130_000_000, 5_800)
VOID_SPEND = Weight(54_000_000, 1_700)
ON_INITIALIZE = Weight(55_000_000, 3_300)
