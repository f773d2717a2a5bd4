"""The rules of a block's pre-digest: time, drift, target, accumulated work."""

from dataclasses import dataclass
from typing import Final

from consensus.difficulty import DifficultyParams, compute_drift, compute_target
from runtime.pre_digest import PreDigest, compute_work
from runtime.primitives import AccountId, Hash

AHEAD_MS_MAX: Final = 15_000
"""A block may be this far ahead of the clock of whoever looks at it."""


class InvalidDigest(Exception):
    """The pre-digest breaks a rule; `step` names it."""

    def __init__(self, step: str, expected: str, got: object) -> None:
        super().__init__(f"digest: {step}: expected {expected}, got {got}")
        self.step = step
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a block's parents decide about it."""

    time_ms_min: int
    drift: int
    target: int
    score: int


def compute_schedule(
    parent: PreDigest | None, grandparent: PreDigest | None, params: DifficultyParams
) -> Schedule:
    """The rules for a child of ``parent``; None stands for genesis, and for what is before it."""
    if parent is None:
        target = compute_target(0, params)
        return Schedule(1, 0, target, compute_work(target))
    interval = params.spacing_ms if grandparent is None else parent.time_ms - grandparent.time_ms
    drift = compute_drift(parent.drift, interval, params)
    target = compute_target(drift, params)
    return Schedule(parent.time_ms + 1, drift, target, parent.score + compute_work(target))


def make_pre_digest(
    author: AccountId, now_ms: int, work_root: Hash, schedule: Schedule
) -> PreDigest:
    """A valid pre-digest for a block made now."""
    time_ms = max(now_ms, schedule.time_ms_min)
    return PreDigest(author, time_ms, schedule.target, schedule.score, schedule.drift, work_root)


def ensure_pre_digest(pre_digest: PreDigest, schedule: Schedule, now_ms: int | None) -> None:
    """`InvalidDigest` unless it keeps the rules; without a clock the future is not looked at."""
    if pre_digest.time_ms < schedule.time_ms_min:
        raise InvalidDigest("time", f"at least {schedule.time_ms_min} ms", pre_digest.time_ms)
    if now_ms is not None and pre_digest.time_ms > now_ms + AHEAD_MS_MAX:
        raise InvalidDigest("time", f"at most {now_ms + AHEAD_MS_MAX} ms", pre_digest.time_ms)
    if pre_digest.drift != schedule.drift:
        raise InvalidDigest("drift", f"{schedule.drift} ms", pre_digest.drift)
    if pre_digest.target != schedule.target:
        raise InvalidDigest("target", f"{schedule.target:#x}", f"{pre_digest.target:#x}")
    if pre_digest.score != schedule.score:
        raise InvalidDigest("score", str(schedule.score), pre_digest.score)
