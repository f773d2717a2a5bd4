"""Weights of the rights pallet."""

from runtime.primitives import Weight

OFFER = Weight(280_000_000, 7_300)
BUY = Weight(2_900_000_000, 91_000)
"""With as many royalties as there may be."""

CLOSE_OFFER = Weight(250_000_000, 4_500)
RESELL = Weight(200_000_000, 5_900)
CANCEL_RESALE = Weight(140_000_000, 2_600)
BUY_RESOLD = Weight(660_000_000, 15_000)
ISSUE_SHARES = Weight(360_000_000, 9_000)
STAKE_SHARES = Weight(330_000_000, 8_600)
"""The first of an account, with something to count in the purse."""

UNSTAKE_SHARES = Weight(320_000_000, 6_100)
CLAIM_REVENUE = Weight(190_000_000, 3_600)
REDEEM_SHARES = Weight(330_000_000, 7_100)
