"""Benchmarks: what blocks proved, never more, and forgotten over time."""

from hypothesis import given
from hypothesis import strategies as st

from pallets.work.rates import RATE_HALF_LIFE_BLOCKS, Rate, add_block
from tests.helpers.market_stage import ALICE, BLOCK_MACS, BOB, CAROL, MarketStage

BLOCKS = st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 2**96 - 1)), max_size=40)


@given(BLOCKS, st.integers(0, 5_000))
def test_a_benchmark_is_never_more_than_was_proven(
    blocks: list[tuple[int, int]], pause: int
) -> None:
    rate, now, shown = Rate(), 0, [0]
    for gap, macs in blocks:
        now += gap
        rate = add_block(rate, macs, now)
        shown.append(rate.compute_benchmark(now))
    proven = [macs for _, macs in blocks]
    assert rate.proven_macs == sum(proven)
    assert rate.peak == max(shown) <= max(proven, default=0)
    assert rate.recent_macs <= rate.proven_macs
    # On average over all the blocks of the chain so far it is no more than was proven, either.
    assert rate.compute_benchmark(now + pause) <= shown[-1]


def test_whoever_makes_every_block_approaches_what_they_cost() -> None:
    rate, macs = Rate(), 10**9
    for number in range(1, 20_001):
        rate = add_block(rate, macs, number)
    assert macs * 999 // 1_000 < rate.compute_benchmark(20_000) <= macs


def test_whoever_stops_is_forgotten_by_halves() -> None:
    rate = add_block(Rate(), 10**12, 7)
    shown = [rate.compute_benchmark(7 + n * RATE_HALF_LIFE_BLOCKS) for n in range(60)]
    assert shown[0] == 10**12 // 2_000
    assert shown[1] == shown[0] // 2
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == 0 < rate.peak


def test_each_author_has_a_rate_of_its_own() -> None:
    stage = MarketStage()
    stage.next_block(CAROL, macs=10 * BLOCK_MACS)
    stage.next_block(BOB)
    proven = {who: rate.proven_macs for who, rate in stage.work.rate.items()}
    target_macs = (1 << 256) // ((1 << 256) // (10 * BLOCK_MACS))
    assert proven == {BOB: 2 * BLOCK_MACS, CAROL: target_macs}
    assert stage.work.get_benchmark(CAROL) > stage.work.get_benchmark(BOB) > 0
    assert stage.work.get_benchmark(ALICE) == 0
    before = stage.work.get_benchmark(BOB)
    stage.next_block(CAROL)
    stage.skip(5)
    assert stage.work.get_benchmark(BOB) < before
