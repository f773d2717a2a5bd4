"""Weights of the parameters pallet."""

from runtime.primitives import Weight

SET_PARAM = Weight(44_000_000, 770)
