"""cASERT: one target a block, from integers alone.

The target is exponential in how far the chain is behind its schedule (its drift), so that errors
never add up. The clock that feeds it counts an interval at most `cap_ms`: a halt is not answered by
a flood of cheap blocks. The exponential is aserti3's cubic, the published approximation of 2^x in
16-bit fixed point; every division is a floor, which is part of the rule.
"""

from dataclasses import dataclass
from typing import Final

RADIX: Final = 1 << 16
EXPONENT_MAX: Final = 300
TARGET_MAX: Final = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class DifficultyParams:
    """What a chain specification decides about difficulty."""

    spacing_ms: int
    """The time from block to block that is aimed at."""

    half_life_ms: int
    """The drift that halves or doubles the target."""

    cap_ms: int
    """The most that one interval counts."""

    anchor_target: int
    """The target at drift 0."""

    max_target: int
    """The easiest target there is."""

    def __post_init__(self) -> None:
        times = (self.spacing_ms, self.half_life_ms, self.cap_ms)
        if min(times) < 1 or self.cap_ms < self.spacing_ms:
            raise ValueError(f"expected 1 <= spacing <= cap and a half-life in ms, got {times}")
        if not 1 <= self.anchor_target <= self.max_target <= TARGET_MAX:
            raise ValueError("expected 1 <= anchor target <= max target < 2^256")


def compute_drift(parent_drift_ms: int, interval_ms: int, params: DifficultyParams) -> int:
    """A block's drift, from its parent's and the interval before the parent.

    The block's own time has no part in it, so a miner never profits from his own stamp.
    """
    return parent_drift_ms + min(interval_ms, params.cap_ms) - params.spacing_ms


def compute_target(drift_ms: int, params: DifficultyParams) -> int:
    """The target of a block with this drift, in 1..max_target."""
    exponent = drift_ms * RADIX // params.half_life_ms
    whole, part = exponent >> 16, exponent & (RADIX - 1)
    if whole > EXPONENT_MAX:
        return params.max_target
    if whole < -EXPONENT_MAX:
        return 1
    cubic = 195_766_423_245_049 * part + 971_821_376 * part**2 + 5_127 * part**3
    factor = RADIX + ((cubic + (1 << 47)) >> 48)
    scaled = params.anchor_target * factor
    scaled = scaled << whole if whole >= 0 else scaled >> -whole
    return max(1, min(scaled >> 16, params.max_target))
