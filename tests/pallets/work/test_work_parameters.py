"""What governance sets reaches eras and prices in the composed runtime, from then on."""

import pytest

from pallets.work import EraSchedule
from runtime.frame import Origin
from runtime.frame.ai_types import JobKind, SlotOffer
from runtime.frame.parameters import Param
from tests.helpers.chain_stage import CONFIG, ChainStage, make_call
from tests.helpers.economy import BOB, make_economy

OFFER = SlotOffer(JobKind.INFER, 0, 1, 1 << 90, 1)


@pytest.fixture
def chain() -> ChainStage:
    chain = make_economy()
    chain.begin_block(BOB)
    return chain


def set_param(chain: ChainStage, param: Param, value: int) -> None:
    call = make_call("Parameters", "set_param", param, value)
    chain.runtime.dispatcher.dispatch(call, Origin.root())


def pass_blocks(chain: ChainStage, last: int) -> None:
    """Until a block is open."""
    while chain.number < last:
        chain.next_block(BOB)


def test_the_length_of_eras_changes_at_the_end_of_one(chain: ChainStage) -> None:
    old, new = CONFIG.era_blocks, 2 * CONFIG.era_blocks + 3
    set_param(chain, Param.ERA_BLOCKS, new)
    pass_blocks(chain, old)
    work = chain.runtime.work
    assert work.schedule.get() == EraSchedule(1, old, new)
    pass_blocks(chain, old + new - 1)
    assert chain.runtime.work.get_era_index() == 1
    pass_blocks(chain, old + new)
    work = chain.runtime.work
    assert work.get_era_index() == 2
    assert work.era[1].blocks == new
    chain.end_block()
    chain.try_state()


def test_the_treasurys_part_is_what_is_set_when_an_era_ends(chain: ChainStage) -> None:
    set_param(chain, Param.TITHE_BPS, 0)
    pass_blocks(chain, CONFIG.era_blocks)
    era = chain.runtime.work.era[0]
    assert (era.tithe, era.reward > 0) == (0, True)


@pytest.mark.parametrize("param, value", [(Param.PRICE_STEP_BPS, 0), (Param.BAND_HIGH_BPS, 9_000)])
def test_prices_move_in_the_band_and_by_the_step_that_are_set(
    chain: ChainStage, param: Param, value: int
) -> None:
    prices = chain.runtime.work.prices
    before, start = prices.get_going_price(OFFER, 6), prices.get_unit_price(JobKind.INFER, 0)
    assert before > start
    set_param(chain, param, value)
    assert prices.get_going_price(OFFER, 6) == start
    if param is Param.BAND_HIGH_BPS:
        assert prices.get_going_price(OFFER, 60) > start, "at 90 % it rises all the same"


def test_a_band_that_begins_higher_lets_prices_fall_sooner(chain: ChainStage) -> None:
    prices, at = chain.runtime.work.prices, SlotOffer(JobKind.INFER, 0, 1, 1 << 90, None)
    start = prices.note_taken(at)
    chain.next_block(BOB)
    prices = chain.runtime.work.prices
    low = prices.get_unit_price(JobKind.INFER, 0)
    assert low < start, "37 % are in use after a slot that was taken at once"
    set_param(chain, Param.BAND_LOW_BPS, 3_000)
    assert prices.get_unit_price(JobKind.INFER, 0) == start
