"""Weights of governance's calls; those of proposed calls come on top."""

from runtime.primitives import Weight

PROPOSE = Weight(360_000_000, 3_200)
PLACE_DECISION_DEPOSIT = Weight(160_000_000, 2_400)
POKE = Weight(180_000_000, 2_900)
ENACT = Weight(360_000_000, 2_900)
CANCEL = Weight(190_000_000, 2_900)
KILL = Weight(260_000_000, 3_500)
CLOSE = Weight(230_000_000, 3_400)
VOTE = Weight(460_000_000, 4_300)
"""By an account with nearly as many votes as it may have."""

REMOVE_VOTE = Weight(390_000_000, 2_700)
DELEGATE = Weight(2_900_000_000, 28_000)
"""To an account with as many votes as it may have."""

UNDELEGATE = Weight(2_900_000_000, 27_000)
UNLOCK = Weight(1_800_000_000, 25_000)
