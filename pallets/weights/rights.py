"""Weights of the rights pallet."""

from runtime.primitives import Weight

OFFER = Weight(240_000_000, 7_600)
BUY = Weight(1_300_000_000, 91_000)
"""With as many royalties as there may be."""

CLOSE_OFFER = Weight(200_000_000, 4_800)
RESELL = Weight(190_000_000, 6_200)
CANCEL_RESALE = Weight(140_000_000, 3_000)
BUY_RESOLD = Weight(470_000_000, 15_000)
ISSUE_SHARES = Weight(280_000_000, 9_300)
STAKE_SHARES = Weight(280_000_000, 9_000)
"""The first of an account, with something to count in the purse."""

UNSTAKE_SHARES = Weight(260_000_000, 6_500)
CLAIM_REVENUE = Weight(140_000_000, 3_600)
REDEEM_SHARES = Weight(260_000_000, 7_400)
