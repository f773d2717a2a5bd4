"""The difficulty rule against loads that change and miners who play with it, simulated."""

import pytest

from tests.helpers.difficulty_sim import (
    HOUR_MS,
    Player,
    Speed,
    Stamp,
    compute_mean_interval_ms,
    make_params,
    simulate,
    stamp_ahead,
    stamp_behind,
    uncapped,
)

MAIN = make_params(half_life_ms=1_800_000, cap_ms=1_800_000)
BLOCKS = 20_000
WARM_UP = 1_000


def test_a_steady_load_keeps_the_pace() -> None:
    run = simulate(MAIN, BLOCKS)
    assert compute_mean_interval_ms(run, WARM_UP) == pytest.approx(12_000, rel=0.005)
    assert run.compute_unrest(WARM_UP) < 0.06


@pytest.mark.parametrize("factor,hours_max", [(10, 1.5), (0.1, 4), (0.01, 12)])
def test_a_step_of_the_load_is_followed(factor: float, hours_max: float) -> None:
    run = simulate(MAIN, 5_000, speed=Speed(((0, 1), (4 * HOUR_MS, factor))))
    first = run.find_after(4 * HOUR_MS)
    settled = run.find_settled(first, factor)
    assert run.blocks[settled].time_ms - run.blocks[first].time_ms < hours_max * HOUR_MS


def test_a_halt_makes_no_cheap_blocks() -> None:
    """One interval counts half an hour at most, which halves the difficulty once."""
    halt = Speed(((0, 1), (4 * HOUR_MS, 0), (10 * HOUR_MS, 1)))
    lowest = {}
    for name, params in (("capped", MAIN), ("uncapped", uncapped(MAIN))):
        run = simulate(params, 3_000, speed=halt)
        first = run.find_after(10 * HOUR_MS)
        lowest[name] = min(block.difficulty for block in run.blocks[first:])
    assert lowest["capped"] > 0.45
    assert lowest["uncapped"] < 0.001


@pytest.mark.parametrize("share", [0.3, 0.51])
@pytest.mark.parametrize("stamp", [stamp_ahead, stamp_behind])
def test_stamping_early_or_late_gains_nothing(share: float, stamp: Stamp) -> None:
    """Three deviations of chance and one per cent; the pace stays, whoever stamps."""
    run = simulate(MAIN, BLOCKS, player=Player(share, stamp))
    chance = (BLOCKS * share * (1 - share)) ** -0.5
    assert run.compute_gain() < 1.01 + 3 * chance
    assert compute_mean_interval_ms(run, WARM_UP) == pytest.approx(12_000, rel=0.005)


def test_mining_only_the_cheap_blocks_gains_little() -> None:
    """A tenth of the network that leaves whenever difficulty is above par gains a few per cent."""
    run = simulate(MAIN, 3 * BLOCKS, player=Player(0.1, bargain=1.0))
    assert run.compute_gain() < 1.08


def test_the_simulation_would_show_a_rule_that_can_be_played() -> None:
    """With a half-life of five blocks, hopping pays: the measure is not blind."""
    nervous = make_params(half_life_ms=60_000, cap_ms=1_800_000)
    run = simulate(nervous, BLOCKS, player=Player(0.1, bargain=1.0))
    assert run.compute_gain() > 1.15


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulate(MAIN, 500, seed=7) == simulate(MAIN, 500, seed=7)
    assert simulate(MAIN, 500, seed=7) != simulate(MAIN, 500, seed=8)
