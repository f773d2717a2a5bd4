"""Weights of the bonds pallet: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account or a bond with its path in the state."""

BOND = Weight(150_000_000, 3 * PROOF_BYTES_ITEM)
UNBOND = Weight(60_000_000, PROOF_BYTES_ITEM)
CANCEL_UNBOND = Weight(50_000_000, PROOF_BYTES_ITEM)
WITHDRAW = Weight(150_000_000, 3 * PROOF_BYTES_ITEM)
