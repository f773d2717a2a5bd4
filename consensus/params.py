"""All consensus parameters of one chain."""

from dataclasses import dataclass

from consensus.difficulty import DifficultyParams
from consensus.pouw.params import PowParams


@dataclass(frozen=True, slots=True)
class ConsensusParams:
    """How work is proven, and how much of it a block costs."""

    pow: PowParams
    difficulty: DifficultyParams
