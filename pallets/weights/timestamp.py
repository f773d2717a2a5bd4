"""Weights of timestamp's call and hook."""

from runtime.primitives import Weight

SET = Weight(35_000_000, 1_600)
ON_FINALIZE = Weight(5_500_000, 770)
