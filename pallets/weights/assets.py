"""Weights of the assets pallet, twice what `tests/bench/bench_asset_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account, an asset, a holding or an approval with its path in the state."""

CREATE = Weight(140_000_000, 3 * PROOF_BYTES_ITEM)
MINT = Weight(170_000_000, 4 * PROOF_BYTES_ITEM)
"""Into a new holding."""

BURN = Weight(210_000_000, 5 * PROOF_BYTES_ITEM)
TRANSFER = Weight(280_000_000, 8 * PROOF_BYTES_ITEM)
"""Into a new holding, with what remains swept to the owner."""

APPROVE = Weight(140_000_000, 4 * PROOF_BYTES_ITEM)
TRANSFER_FROM = Weight(350_000_000, 9 * PROOF_BYTES_ITEM)
FREEZE = Weight(78_000_000, 2 * PROOF_BYTES_ITEM)
SET_OWNER = Weight(210_000_000, 5 * PROOF_BYTES_ITEM)
DESTROY = Weight(110_000_000, 3 * PROOF_BYTES_ITEM)
POKE = Weight(210_000_000, 5 * PROOF_BYTES_ITEM)
"""With a hold."""
