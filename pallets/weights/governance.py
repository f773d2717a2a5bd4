"""Weights of governance's calls; those of proposed calls come on top."""

from runtime.primitives import Weight

PROPOSE = Weight(340_000_000, 5_200)
PLACE_DECISION_DEPOSIT = Weight(160_000_000, 4_000)
POKE = Weight(180_000_000, 4_800)
ENACT = Weight(340_000_000, 4_800)
CANCEL = Weight(180_000_000, 4_800)
KILL = Weight(220_000_000, 5_700)
CLOSE = Weight(200_000_000, 5_500)
VOTE = Weight(290_000_000, 6_400)
"""By an account with nearly as many votes as it may have."""

REMOVE_VOTE = Weight(230_000_000, 4_000)
DELEGATE = Weight(1_300_000_000, 41_000)
"""To an account with as many votes as it may have."""

UNDELEGATE = Weight(1_200_000_000, 40_000)
UNLOCK = Weight(740_000_000, 38_000)
