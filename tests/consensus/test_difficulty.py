"""cASERT: an exact clock, a target near 2^x, and no flood after a halt."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.difficulty import TARGET_MAX, DifficultyParams, compute_drift, compute_target
from runtime.pre_digest import compute_work

MAIN = DifficultyParams(12_000, 1_800_000, 1_800_000, (1 << 210) // 3, (1 << 240) - 1)
WIDE = DifficultyParams(12_000, 1_800_000, 1_800_000, 1 << 128, TARGET_MAX)

drifts = st.integers(-(2**63), 2**63 - 1)


def compute_root_of_two(part: int) -> Fraction:
    """2^(part / 65536) within 2^-90, by sixteen square roots."""
    scale = 1 << 100
    result, root = scale, 2 * scale
    for bit in range(15, -1, -1):
        root = isqrt(root * scale)
        if part >> bit & 1:
            result = result * root // scale
    return Fraction(result, scale)


def isqrt(value: int) -> int:
    guess = 1 << (value.bit_length() + 1) // 2
    while (better := (guess + value // guess) // 2) < guess:
        guess = better
    return guess


@given(drifts, drifts)
def test_target_never_falls_as_the_chain_falls_behind(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert compute_target(low, MAIN) <= compute_target(high, MAIN)


@given(st.integers(-40 * 1_800_000, 40 * 1_800_000))
def test_target_is_near_the_exact_exponential(drift: int) -> None:
    exponent = drift * 65_536 // 1_800_000
    whole, part = exponent >> 16, exponent & 65_535
    exact = compute_root_of_two(part) * Fraction(2) ** whole * WIDE.anchor_target
    error = abs(compute_target(drift, WIDE) / exact - 1)
    assert error < Fraction(13, 100_000)


def test_neighbours_never_cross() -> None:
    """Every step of the fixed-point exponent over two half-lives, where a cubic might dip."""
    params = DifficultyParams(1, 65_536, 1, 1 << 128, TARGET_MAX)
    targets = [compute_target(drift, params) for drift in range(-65_536, 65_537)]
    assert all(low <= high for low, high in itertools.pairwise(targets))
    assert targets[0] * 2 == targets[65_536] == 1 << 128
    assert targets[-1] == 1 << 129


@given(drifts)
def test_target_is_within_its_bounds(drift: int) -> None:
    assert 1 <= compute_target(drift, MAIN) <= MAIN.max_target


def test_one_half_life_is_a_factor_of_two() -> None:
    for halves in range(-40, 41):
        target = compute_target(halves * 1_800_000, WIDE)
        assert target == (WIDE.anchor_target * 2**40 << halves + 40) >> 80


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**10))
def test_an_interval_counts_at_most_the_cap(parent: int, interval: int) -> None:
    drift = compute_drift(parent, interval, MAIN)
    assert drift - parent == min(interval, MAIN.cap_ms) - MAIN.spacing_ms


@given(st.lists(st.integers(1, 1_800_000), max_size=50))
def test_only_the_sum_of_the_intervals_matters(intervals: list[int]) -> None:
    drift = 0
    for interval in intervals:
        drift = compute_drift(drift, interval, MAIN)
    assert drift == sum(intervals) - len(intervals) * MAIN.spacing_ms


def count_blocks_until_settled(cap_ms: int) -> int:
    """Blocks after a halt of six hours until one takes the planned time again.

    A network of constant speed: a block takes spacing * anchor / target milliseconds.
    """
    params = DifficultyParams(12_000, 1_800_000, cap_ms, 1 << 128, TARGET_MAX)
    drift = compute_drift(0, 6 * 3_600_000, params)
    blocks = 0
    while True:
        took = 12_000 * params.anchor_target // compute_target(drift, params)
        if took >= 11_000:
            return blocks
        drift = compute_drift(drift, max(took, 1), params)
        blocks += 1


def test_a_halt_is_not_repaid_by_a_flood() -> None:
    assert count_blocks_until_settled(TARGET_MAX) > 1_900
    assert count_blocks_until_settled(1_800_000) < 600


def test_a_step_in_speed_settles() -> None:
    """Ten times the speed: within 1,200 blocks the interval is back within 5 %."""
    drift = 0
    took = 0
    for _ in range(1_200):
        took = 12_000 * WIDE.anchor_target // (10 * compute_target(drift, WIDE))
        drift = compute_drift(drift, took, WIDE)
    assert 11_400 <= took <= 12_600


@given(st.integers(1, TARGET_MAX))
def test_work_is_what_the_target_costs(target: int) -> None:
    assert compute_work(target) == 2**256 // (target + 1)


def test_work_of_the_easiest_target_is_one() -> None:
    assert compute_work(TARGET_MAX) == 1


@pytest.mark.parametrize(
    "spacing, half_life, cap, anchor, largest",
    [
        (0, 1, 1, 1, 1),
        (1, 0, 1, 1, 1),
        (2, 1, 1, 1, 1),
        (1, 1, 1, 0, 1),
        (1, 1, 1, 2, 1),
        (1, 1, 1, 1, TARGET_MAX + 1),
    ],
)
def test_senseless_parameters_are_refused(
    spacing: int, half_life: int, cap: int, anchor: int, largest: int
) -> None:
    with pytest.raises(ValueError, match="expected"):
        DifficultyParams(spacing, half_life, cap, anchor, largest)
