"""Weights of timestamp's call and hook."""

from runtime.primitives import Weight

SET = Weight(32_000_000, 1_600)
ON_FINALIZE = Weight(4_300_000, 770)
