"""A pre-digest must be what its ancestors make it; each field is checked by itself."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.difficulty import DifficultyParams, compute_target
from consensus.digest import (
    AHEAD_MS_MAX,
    InvalidDigest,
    compute_schedule,
    ensure_pre_digest,
    make_pre_digest,
)
from runtime.pre_digest import PRE_DIGEST, PreDigest, compute_work
from runtime.primitives import AccountId, Hash

PARAMS = DifficultyParams(3_000, 60_000, 30_000, 1 << 220, 1 << 230)
AUTHOR = AccountId(bytes(32))
START_MS = 1_700_000_000_000


def make_chain(times_ms: list[int]) -> list[PreDigest]:
    chain: list[PreDigest] = []
    for time_ms in times_ms:
        parent = chain[-1] if chain else None
        grandparent = chain[-2] if len(chain) > 1 else None
        schedule = compute_schedule(parent, grandparent, PARAMS)
        chain.append(make_pre_digest(AUTHOR, time_ms, Hash.zero(), schedule))
    return chain


@given(st.lists(st.integers(-1_000, 40_000), min_size=1, max_size=30))
def test_what_is_made_is_valid(intervals: list[int]) -> None:
    """Also where the clock goes backwards: time then follows the parent by a millisecond."""
    times = [START_MS + sum(intervals[: at + 1]) for at in range(len(intervals))]
    chain = make_chain(times)
    for at, each in enumerate(chain):
        parent = chain[at - 1] if at > 0 else None
        grandparent = chain[at - 2] if at > 1 else None
        schedule = compute_schedule(parent, grandparent, PARAMS)
        ensure_pre_digest(each, schedule, max(times))
        ensure_pre_digest(each, schedule, None)
        assert PRE_DIGEST.decode(PRE_DIGEST.encode(each)) == each
    assert all(a.time_ms < b.time_ms for a, b in itertools.pairwise(chain))
    assert chain[-1].score == sum(compute_work(each.target) for each in chain)


def test_first_blocks_stand_at_the_anchor() -> None:
    first, second, third = make_chain([START_MS, START_MS + 1, START_MS + 20_000])
    assert (first.drift, first.target) == (0, PARAMS.anchor_target)
    assert (second.drift, second.target) == (0, PARAMS.anchor_target)
    assert third.drift == 1 - 3_000


def test_own_time_has_no_part_in_the_own_target() -> None:
    early = make_chain([START_MS, START_MS + 1_000, START_MS + 2_000])
    late = make_chain([START_MS, START_MS + 1_000, START_MS + 90_000])
    assert early[2].target == late[2].target
    assert early[2].drift == late[2].drift


def test_a_late_parent_eases_the_next_target() -> None:
    chain = make_chain([START_MS, START_MS + 20_000, START_MS + 20_001])
    assert chain[2].drift == 17_000
    assert chain[2].target == compute_target(17_000, PARAMS) > PARAMS.anchor_target


@pytest.mark.parametrize(
    "change, step",
    [
        ({"time_ms": START_MS + 3_000}, "time"),
        ({"time_ms": START_MS}, "time"),
        ({"time_ms": START_MS + 6_000 + AHEAD_MS_MAX + 1}, "time"),
        ({"drift": 1}, "drift"),
        ({"drift": -1}, "drift"),
        ({"target": (1 << 220) + 1}, "target"),
        ({"target": 0}, "target"),
        ({"score": 0}, "score"),
        ({"score": 2**128 - 1}, "score"),
    ],
)
def test_each_field_is_checked(change: dict[str, int], step: str) -> None:
    chain = make_chain([START_MS, START_MS + 3_000, START_MS + 6_000])
    schedule = compute_schedule(chain[1], chain[0], PARAMS)
    ensure_pre_digest(chain[2], schedule, START_MS + 6_000)
    wrong = PreDigest(**{**{name: getattr(chain[2], name) for name in FIELDS}, **change})
    with pytest.raises(InvalidDigest, match=f"digest: {step}: expected .*, got ") as caught:
        ensure_pre_digest(wrong, schedule, START_MS + 6_000)
    assert caught.value.step == step
    assert caught.value.expected in str(caught.value)


FIELDS = ("author", "time_ms", "target", "score", "drift", "work_root")


def test_future_is_looked_at_only_with_a_clock() -> None:
    chain = make_chain([START_MS, START_MS + 3_000, START_MS + 6_000])
    schedule = compute_schedule(chain[1], chain[0], PARAMS)
    ensure_pre_digest(chain[2], schedule, START_MS + 6_000 - AHEAD_MS_MAX)
    with pytest.raises(InvalidDigest, match="time: expected at most"):
        ensure_pre_digest(chain[2], schedule, START_MS + 6_000 - AHEAD_MS_MAX - 1)
    ensure_pre_digest(chain[2], schedule, None)


def test_another_parent_makes_it_invalid() -> None:
    chain = make_chain([START_MS, START_MS + 3_000, START_MS + 9_000, START_MS + 12_000])
    schedule = compute_schedule(chain[1], chain[0], PARAMS)
    with pytest.raises(InvalidDigest, match="drift"):
        ensure_pre_digest(chain[3], schedule, None)
    lighter = replace(chain[2], score=chain[2].score - 1)
    with pytest.raises(InvalidDigest, match="score"):
        ensure_pre_digest(chain[3], compute_schedule(lighter, chain[1], PARAMS), None)
