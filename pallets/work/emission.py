"""How much the chain mints for its blocks: pure arithmetic in integers.

A block earns an amount that is halved every so many blocks, whatever the eras are: shortening them
mints nothing more. What all blocks together can ever earn is `compute_cap`.
"""

from typing import ClassVar

from runtime.frozen import frozen
from runtime.primitives import UNIT, Balance, BlockNumber


@frozen
class Emission:
    """What the first blocks earn, and after how many blocks it is halved."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Emission"

    block_reward: Balance = UNIT
    halving_blocks: BlockNumber = 10_000_000
    """Most of a year, with a block every two or three seconds."""


EMISSION = Emission()


def compute_emission(emission: Emission, first_block: int, blocks: int) -> int:
    """What so many blocks in a row earn together, in planck."""
    before = _sum_until(emission, first_block)
    return _sum_until(emission, first_block + blocks) - before


def compute_cap(emission: Emission) -> int:
    """What all blocks there will ever be earn together, in planck."""
    return _sum_until(emission, emission.halving_blocks * emission.block_reward.bit_length())


def _sum_until(emission: Emission, block: int) -> int:
    """What the blocks below this one earn: a term for each halving, until nothing is left."""
    reward = emission.block_reward
    halvings, rest = divmod(block, emission.halving_blocks)
    if halvings >= reward.bit_length():
        halvings, rest = reward.bit_length(), 0
    whole = sum(reward >> passed for passed in range(halvings))
    return whole * emission.halving_blocks + (reward >> halvings) * rest
