"""Weights of governance's calls: about twice what was measured, rounded up.

Those of proposed calls come on top.
"""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

RECORD_BYTES = 2_048
"""A voter's record with all its votes."""

PROPOSE = Weight(300_000_000, 5 * PROOF_BYTES_ITEM)
PLACE_DECISION_DEPOSIT = Weight(200_000_000, 7 * PROOF_BYTES_ITEM)
POKE = Weight(200_000_000, 6 * PROOF_BYTES_ITEM)
ENACT = Weight(300_000_000, 4 * PROOF_BYTES_ITEM)
CANCEL = Weight(200_000_000, 6 * PROOF_BYTES_ITEM)
KILL = Weight(300_000_000, 8 * PROOF_BYTES_ITEM)
CLOSE = Weight(250_000_000, 6 * PROOF_BYTES_ITEM + 16_384)
VOTE = Weight(300_000_000, 8 * PROOF_BYTES_ITEM + RECORD_BYTES)
REMOVE_VOTE = Weight(300_000_000, 8 * PROOF_BYTES_ITEM + RECORD_BYTES)
DELEGATE = Weight(6_000_000_000, 48 * PROOF_BYTES_ITEM + RECORD_BYTES)
UNDELEGATE = Weight(6_000_000_000, 48 * PROOF_BYTES_ITEM + RECORD_BYTES)
UNLOCK = Weight(3_000_000_000, 48 * PROOF_BYTES_ITEM + RECORD_BYTES)
