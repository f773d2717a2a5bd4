"""Weights of governance's calls; those of proposed calls come on top."""

from runtime.primitives import Weight

PROPOSE = Weight(380_000_000, 4_800)
PLACE_DECISION_DEPOSIT = Weight(170_000_000, 3_600)
POKE = Weight(190_000_000, 4_400)
ENACT = Weight(380_000_000, 4_400)
CANCEL = Weight(210_000_000, 4_400)
KILL = Weight(280_000_000, 5_300)
CLOSE = Weight(240_000_000, 5_100)
VOTE = Weight(470_000_000, 6_400)
"""By an account with nearly as many votes as it may have."""

REMOVE_VOTE = Weight(390_000_000, 4_000)
DELEGATE = Weight(2_400_000_000, 41_000)
"""To an account with as many votes as it may have."""

UNDELEGATE = Weight(2_300_000_000, 40_000)
UNLOCK = Weight(1_400_000_000, 38_000)
