"""A network of miners under one difficulty rule: steps of load, halts, and games with timestamps.

Blocks come as a Poisson process whose rate follows speed and target; everything is drawn from one
seed. Times are milliseconds from the start, speeds are multiples of the planned one.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from random import Random
from statistics import fmean, pstdev
from typing import Final, TypeAlias

from consensus.difficulty import TARGET_MAX, DifficultyParams, compute_drift, compute_target
from consensus.digest import AHEAD_MS_MAX
from runtime.pre_digest import compute_work

PLANNED_MACS_MS: Final = 10**9
SLOWEST: Final = 1e-9
HOUR_MS: Final = 3_600_000


def make_params(half_life_ms: int, cap_ms: int, spacing_ms: int = 12_000) -> DifficultyParams:
    """A chain whose target at drift 0 fits a network of the planned speed."""
    anchor = (1 << 256) // (PLANNED_MACS_MS * spacing_ms)
    return DifficultyParams(spacing_ms, half_life_ms, cap_ms, anchor, TARGET_MAX)


@dataclass(frozen=True, slots=True)
class Speed:
    """A network's speed over time, constant between changes."""

    changes: tuple[tuple[float, float], ...]
    """When it changes, in ms, and to what; the first at 0."""

    def get(self, at_ms: float) -> float:
        """The speed at a time; never nothing, so that every wait ends."""
        index = bisect_right(self.changes, at_ms, key=lambda change: change[0]) - 1
        return max(self.changes[index][1], SLOWEST)

    def compute_end(self, begin_ms: float, work: float) -> float:
        """When so much work is done, in ms of a network of the planned speed."""
        at, rest = begin_ms, work
        for when, _ in self.changes[bisect_right(self.changes, at, key=lambda c: c[0]) :]:
            speed = self.get(at)
            if at + rest / speed <= when:
                break
            rest -= (when - at) * speed
            at = when
        return at + rest / self.get(at)


STEADY: Final = Speed(((0, 1),))

Stamp: TypeAlias = Callable[[float, int], float]
"""A miner's timestamp, from the true time and the parent's stamp; the rules bound it."""


def stamp_truly(now_ms: float, parent_ms: int) -> float:
    """What an honest miner writes."""
    del parent_ms
    return now_ms


def stamp_ahead(now_ms: float, parent_ms: int) -> float:
    """As late as others accept at once."""
    del parent_ms
    return now_ms + AHEAD_MS_MAX


def stamp_behind(now_ms: float, parent_ms: int) -> float:
    """As early as the rules allow."""
    del now_ms
    return parent_ms + 1


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who does not play like the rest, with a share of the network's speed."""

    share: float
    stamp: Stamp = stamp_truly
    bargain: float | None = None
    """Mines only while the difficulty is below this multiple of the planned one."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a run."""

    time_ms: float
    """When it really came."""
    difficulty: float
    """As a multiple of the planned one."""
    is_player: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What a simulation gave."""

    blocks: tuple[Block, ...]
    player_ms: float
    """How long the player mined, in time of a network of the planned speed."""

    def get_intervals(self, first: int = 0) -> list[float]:
        """Real times from block to block, in ms."""
        times = [block.time_ms for block in self.blocks[first:]]
        return [after - before for before, after in pairwise(times)]

    def find_after(self, time_ms: float) -> int:
        """The first block after a time."""
        return next(i for i, block in enumerate(self.blocks) if block.time_ms >= time_ms)

    def compute_unrest(self, first: int = 0) -> float:
        """The standard deviation of the difficulty's logarithm."""
        return pstdev(log(block.difficulty) for block in self.blocks[first:])

    def find_settled(self, first: int, level: float, *, within: float = 1.3) -> int:
        """The first block from which fifty in a row are near a level of difficulty."""
        near = 0
        for index, block in enumerate(self.blocks[first:], first):
            near = near + 1 if 1 / within < block.difficulty / level < within else 0
            if near == 50:
                return index - 49
        raise AssertionError(f"not settled near {level} within {len(self.blocks)} blocks")

    def compute_gain(self) -> float:
        """The player's blocks for his work, as a multiple of everybody else's."""
        mine = sum(block.is_player for block in self.blocks)
        total_ms = self.blocks[-1].time_ms
        others_ms = total_ms - self.player_ms
        return (mine / self.player_ms) / ((len(self.blocks) - mine) / others_ms)


def simulate(
    params: DifficultyParams,
    blocks: int,
    *,
    speed: Speed = STEADY,
    player: Player | None = None,
    seed: int = 1,
) -> Run:
    """Mines so many blocks; a constant total speed where there is a player."""
    random = Random(seed)
    planned = PLANNED_MACS_MS * params.spacing_ms
    now, parent_ms, interval_ms, drift = 0.0, 0, params.spacing_ms, 0
    found: list[Block] = []
    player_ms = 0.0
    for number in range(blocks):
        if number:
            drift = compute_drift(drift, interval_ms, params)
        difficulty = compute_work(compute_target(drift, params)) / planned
        share = _get_share(player, difficulty)
        luck = random.expovariate(1) * difficulty * params.spacing_ms
        absent = 0.0 if player is None else player.share - share
        end = speed.compute_end(now, luck / (1 - absent))
        player_ms += (end - now) * share
        is_player = player is not None and random.random() * (1 - absent) < share
        stamp = player.stamp if player is not None and is_player else stamp_truly
        bounded = min(stamp(end, parent_ms), end + AHEAD_MS_MAX)
        time_ms = max(parent_ms + 1, int(bounded))
        interval_ms, parent_ms, now = time_ms - parent_ms, time_ms, end
        found.append(Block(end, difficulty, is_player))
    return Run(tuple(found), player_ms)


def _get_share(player: Player | None, difficulty: float) -> float:
    if player is None or (player.bargain is not None and difficulty >= player.bargain):
        return 0.0
    return player.share


def compute_mean_interval_ms(run: Run, first: int = 0) -> float:
    """The mean real time from block to block."""
    return fmean(run.get_intervals(first))


def uncapped(params: DifficultyParams) -> DifficultyParams:
    """The same rule without a cap: plain ASERT."""
    return replace(params, cap_ms=10**15)
