"""Weights of the parameters pallet: about twice what was measured, rounded up."""

from runtime.primitives import Weight

SET_PARAM = Weight(50_000_000, 512)
