"""Weights of the vault's calls: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

OFFER = Weight(300_000_000, 8 * PROOF_BYTES_ITEM)
WITHDRAW = Weight(250_000_000, 6 * PROOF_BYTES_ITEM)
ORDER = Weight(550_000_000, 12 * PROOF_BYTES_ITEM)
DELIVER = Weight(80_000_000, 3 * PROOF_BYTES_ITEM)
CLOSE = Weight(80_000_000, 3 * PROOF_BYTES_ITEM)
SETTLE = Weight(2_500_000_000, 48 * PROOF_BYTES_ITEM)
"""Paying or slashing, with the most royalties there are."""

POKE = SETTLE
DISPUTE_KEY = SETTLE + Weight(600_000_000)
DISPUTE_CHUNK = SETTLE + Weight(1_100_000_000)
