"""The schedule: what blocks earn together, however they are cut into eras."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pallets.work.emission import EMISSION, Emission, compute_cap, compute_emission
from runtime.primitives import UNIT

SCHEDULES = st.builds(Emission, st.integers(0, 10**30), st.integers(1, 10**7))
SMALL = st.builds(Emission, st.integers(0, 300), st.integers(1, 40))


def get_block_reward(emission: Emission, number: int) -> int:
    """The definition: halved every so many blocks, rounded down."""
    reward = emission.block_reward
    for _ in range(number // emission.halving_blocks):
        reward //= 2
    return reward


@given(SMALL, st.integers(0, 500), st.integers(0, 60))
def test_blocks_in_a_row_earn_what_each_of_them_earns(
    emission: Emission, first: int, blocks: int
) -> None:
    each = [get_block_reward(emission, number) for number in range(first, first + blocks)]
    assert compute_emission(emission, first, blocks) == sum(each)


@given(SCHEDULES, st.lists(st.integers(0, 2**32), max_size=40))
def test_how_eras_are_cut_changes_nothing(emission: Emission, cuts: list[int]) -> None:
    cuts = sorted({0, *cuts})
    eras = [compute_emission(emission, a, b - a) for a, b in pairwise(cuts)]
    assert min(eras, default=0) >= 0
    assert sum(eras) == compute_emission(emission, 0, cuts[-1]) <= compute_cap(emission)


@given(SMALL, st.integers(1, 30))
def test_thousands_of_eras_reach_the_cap_and_never_more(emission: Emission, length: int) -> None:
    minted = 0
    for era in range(2_000):
        minted += compute_emission(emission, era * length, length)
        assert minted <= compute_cap(emission)
    blocks, last = 2_000 * length, emission.halving_blocks * emission.block_reward.bit_length()
    assert minted == compute_cap(emission) or blocks < last


def test_an_era_never_earns_more_than_one_before_it() -> None:
    earned = [compute_emission(EMISSION, era * 10_007, 10_007) for era in range(5_000)]
    assert earned == sorted(earned, reverse=True)
    assert earned[0] == 10_007 * UNIT > 8 * earned[-1] > 0


def test_the_default_schedule_mints_just_below_twenty_million() -> None:
    cap = compute_cap(EMISSION)
    assert 19_999_999 * UNIT < cap < 20_000_000 * UNIT
    assert compute_emission(EMISSION, 0, 2**32) == cap
    assert compute_emission(EMISSION, 2**32, 10**12) == 0
