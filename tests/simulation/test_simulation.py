"""Campaigns of a node through transactions, forks, forgeries, stops and power cuts.

`make sim` runs many more; a failure prints its seed, and `run_world(seed)` repeats it.
"""

from functools import partial
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, given, note, settings

from tests.helpers.scheduler import run_seeded
from tests.simulation.world import World

LIVES = 4
STEPS = 12
CAMPAIGNS = settings().max_examples // 40


async def live(seed: int) -> World:
    world = World(Random(seed))
    for _ in range(LIVES):
        await world.live(STEPS)
    return world


def run_world(seed: int) -> World:
    """The world after so many lives of its node."""
    return run_seeded(partial(live, seed), seed)


@pytest.mark.stateful
@settings(max_examples=CAMPAIGNS, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_node_s_life(seed: int) -> None:
    note(f"seed {seed}")
    world = run_world(seed)
    assert world.counts.get("stop", 0) + world.counts.get("crash", 0) == LIVES


def test_a_seed_repeats_its_world() -> None:
    one, again = run_world(5), run_world(5)
    assert one.final == again.final
    assert one.counts == again.counts


def test_everything_happens_in_a_few_worlds() -> None:
    """A campaign in which nothing happens would prove nothing."""
    counts: dict[str, int] = {}
    for seed in range(6):
        for what, count in run_world(seed).counts.items():
            counts[what] = counts.get(what, 0) + count
    expected = {"stop", "crash", "submitted", "refused", "garbage", "forged", "aside"}
    expected |= {"Ready", "Waiting", "InBlock", "Retracted", "Finalised", "Invalid", "Imported"}
    assert counts.keys() >= expected
