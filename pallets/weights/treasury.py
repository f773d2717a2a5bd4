"""Weights of the treasury: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

SPEND = Weight(100_000_000, 3 * PROOF_BYTES_ITEM)
PAYOUT = Weight(250_000_000, 6 * PROOF_BYTES_ITEM)
VOID_SPEND = Weight(100_000_000, 3 * PROOF_BYTES_ITEM)
ON_INITIALIZE = Weight(150_000_000, 3 * PROOF_BYTES_ITEM)
