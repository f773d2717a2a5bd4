"""The going price against the definition: a step for each block that says something."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from pallets.work import Band, GoingPrice
from pallets.work.prices import (
    UNIT_PRICE_MAX,
    UNIT_PRICE_MIN,
    WAITED_BLOCKS_MAX,
    catch_up,
    quote,
    step,
)
from runtime.frame.ai_types import JobKind, SlotOffer
from runtime.primitives import BPS

BANDS = st.builds(Band, st.integers(1_000, 5_000), st.integers(5_000, 9_000), st.integers(0, 200))
UNITS = st.integers(UNIT_PRICE_MIN, UNIT_PRICE_MAX) | st.sampled_from(
    (UNIT_PRICE_MIN, UNIT_PRICE_MIN + 1, UNIT_PRICE_MAX - 1, UNIT_PRICE_MAX)
)
LOCKS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20)
BAND = Band()
ENOUGH = 2**100


def make_offer(open_since: int | None, price_max: int = ENOUGH, units: int = 1) -> SlotOffer:
    return SlotOffer(JobKind.INFER, 7, units, price_max, open_since)


@given(UNITS, st.integers(0, BPS), BANDS, st.booleans())
def test_a_block_moves_a_price_by_two_percent_at_most_and_only_outside_the_band(
    unit: int, used_bps: int, band: Band, is_used_up: bool
) -> None:
    before = GoingPrice(unit, used_bps)
    after = step(before, band, is_used_up=is_used_up)
    assert abs(after.unit - before.unit) * BPS <= before.unit * 200
    assert UNIT_PRICE_MIN <= after.unit <= UNIT_PRICE_MAX
    assert 0 <= after.used_bps <= BPS
    if is_used_up:
        assert after.used_bps >= before.used_bps
    else:
        assert after.used_bps <= before.used_bps
    if after.unit > before.unit:
        assert after.used_bps > band.high_bps
    if after.unit < before.unit:
        assert after.used_bps < band.low_bps


@given(UNITS, st.integers(0, BPS), BANDS, st.integers(0, 200), st.integers(0, 900), st.data())
def test_catching_up_is_a_step_for_each_block(
    unit: int, used_bps: int, band: Band, taken_at: int, later: int, data: st.DataObject
) -> None:
    """Blocks one by one: the one in which a slot was taken, and those in which this one waited."""
    now = taken_at + later
    since = data.draw(st.integers(0, now))
    price = GoingPrice(unit, used_bps, taken_at)
    stepped, waited = price, 0
    for number in range(now):
        if number == taken_at > 0:
            stepped = step(stepped, band, is_used_up=False)
        elif number > max(since, taken_at) and waited < WAITED_BLOCKS_MAX:
            stepped = step(stepped, band, is_used_up=True)
            waited += 1
    assert quote(price, band, make_offer(since), now) == stepped


@given(UNITS, st.integers(1, 100), st.integers(0, 2_000), st.integers(1, 2**80))
def test_waiting_counts_up_to_what_the_offer_reaches(
    unit: int, units: int, waited: int, price_max: int
) -> None:
    price, now = GoingPrice(unit), 5_000
    quoted = quote(price, BAND, make_offer(now - waited, price_max, units), now)
    assert quoted.unit >= unit
    assert quoted.unit == unit or quoted.unit * units <= price_max
    free = quote(price, BAND, make_offer(now - waited), now)
    assert quoted.unit <= free.unit
    if quoted != free:
        assert step(quoted, BAND, is_used_up=True).unit * units > price_max


@given(
    UNITS,
    st.integers(0, BPS),
    BANDS,
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20),
)
@example(1_020_409, 0, Band(2_501, 5_000, 101), [(0, 0), (2, 2)])  # down twice in two blocks
def test_from_block_to_block_no_sequence_moves_it_faster(
    unit: int, used_bps: int, band: Band, locks: list[tuple[int, int]]
) -> None:
    price, now = GoingPrice(unit, used_bps), 100
    for gap, waited in locks:
        before, now = price, now + gap
        quoted = quote(price, band, make_offer(now - waited), now)
        # Once for each block since the last time, at most; down too while few were used up before.
        low, high = before.unit, before.unit
        for _ in range(now - before.taken_at):
            high = min(high * 102 // 100, UNIT_PRICE_MAX)
            low = max(-(-low * 98 // 100), UNIT_PRICE_MIN)
        assert low <= quoted.unit <= high
        assert gap > 0 or before.taken_at != now or quoted.unit == before.unit
        price = replace(quoted, taken_at=now)


@given(UNITS, st.integers(0, BPS), st.integers(1, 10**6))
def test_what_nobody_takes_moves_nothing(unit: int, used_bps: int, later: int) -> None:
    price = GoingPrice(unit, used_bps)
    assert catch_up(price, BAND, later) == price
    assert quote(price, BAND, make_offer(None), later) == price


@example(1)
@given(st.integers(1, 400))
def test_slots_that_wait_two_blocks_leave_the_price_about_where_it_is(unit_sbr: int) -> None:
    start = unit_sbr * 10**12
    ends: dict[int, int] = {}
    for waited in (1, 2, 6):
        price, now = GoingPrice(start), 10
        for _ in range(60):
            now += waited
            price = replace(quote(price, BAND, make_offer(now - waited), now), taken_at=now)
        ends[waited] = price.unit
    assert ends[1] < start // 2
    assert start * 9 // 10 <= ends[2] <= start * 11 // 10
    assert ends[6] > 2 * start
