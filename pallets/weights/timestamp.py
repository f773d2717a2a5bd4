"""Weights of timestamp's call and hook."""

from runtime.primitives import Weight

SET = Weight(33_000_000, 1_600)
ON_FINALIZE = Weight(5_300_000, 770)
