"""Weights of governance's calls; those of proposed calls come on top."""

from runtime.primitives import Weight

PROPOSE = Weight(370_000_000, 3_200)
PLACE_DECISION_DEPOSIT = Weight(170_000_000, 2_400)
POKE = Weight(190_000_000, 2_900)
ENACT = Weight(370_000_000, 2_900)
CANCEL = Weight(200_000_000, 2_900)
KILL = Weight(270_000_000, 3_500)
CLOSE = Weight(240_000_000, 3_400)
VOTE = Weight(450_000_000, 4_300)
"""By an account with nearly as many votes as it may have."""

REMOVE_VOTE = Weight(390_000_000, 2_700)
DELEGATE = Weight(2_900_000_000, 28_000)
"""To an account with as many votes as it may have."""

UNDELEGATE = Weight(2_800_000_000, 27_000)
UNLOCK = Weight(1_800_000_000, 25_000)
