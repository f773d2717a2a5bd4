"""Weights of the rights pallet, twice what `tests/bench/bench_rights_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account, an offer, a pool or a stake with its path in the state."""

OFFER = Weight(260_000_000, 5 * PROOF_BYTES_ITEM)
BUY = Weight(3_600_000_000, 103 * PROOF_BYTES_ITEM)
"""With as many royalties as there may be."""

CLOSE_OFFER = Weight(240_000_000, 5 * PROOF_BYTES_ITEM)
RESELL = Weight(190_000_000, 5 * PROOF_BYTES_ITEM)
CANCEL_RESALE = Weight(130_000_000, 3 * PROOF_BYTES_ITEM)
BUY_RESOLD = Weight(630_000_000, 13 * PROOF_BYTES_ITEM)
ISSUE_SHARES = Weight(340_000_000, 7 * PROOF_BYTES_ITEM)
STAKE_SHARES = Weight(310_000_000, 9 * PROOF_BYTES_ITEM)
"""The first of an account, with something to count in the purse."""

UNSTAKE_SHARES = Weight(310_000_000, 7 * PROOF_BYTES_ITEM)
CLAIM_REVENUE = Weight(180_000_000, 4 * PROOF_BYTES_ITEM)
REDEEM_SHARES = Weight(330_000_000, 7 * PROOF_BYTES_ITEM)
