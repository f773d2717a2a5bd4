"""Weights of the rights pallet."""

from runtime.primitives import Weight

OFFER = Weight(260_000_000, 4_400)
BUY = Weight(3_000_000_000, 59_000)
"""With as many royalties as there may be."""

CLOSE_OFFER = Weight(240_000_000, 3_000)
RESELL = Weight(180_000_000, 3_400)
CANCEL_RESALE = Weight(130_000_000, 1_700)
BUY_RESOLD = Weight(620_000_000, 8_000)
ISSUE_SHARES = Weight(320_000_000, 5_500)
STAKE_SHARES = Weight(310_000_000, 5_200)
"""The first of an account, with something to count in the purse."""

UNSTAKE_SHARES = Weight(320_000_000, 4_100)
CLAIM_REVENUE = Weight(170_000_000, 2_400)
REDEEM_SHARES = Weight(320_000_000, 4_700)
