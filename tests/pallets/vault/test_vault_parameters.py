"""What governance changes of sales of sealed data."""

from pallets.vault import declarations
from runtime.frame.parameters import Param
from runtime.frame.traits import HoldReason
from tests.helpers.sale_stage import BUYER, OTHER, PARAMS, PRICE, SELLER, TERMS, SaleStage


def get_event(stage: SaleStage, kind: type) -> object:
    (found,) = (each for each in stage.take_events() if isinstance(each, kind))
    return found


def test_the_price_is_divided_as_it_is_when_it_is_paid() -> None:
    stage = SaleStage()
    order = stage.sell()
    stage.parameters.values = {Param.SALE_BURN_BPS: 2_000, Param.SALE_TREASURY_BPS: 500}
    stage.skip(TERMS.dispute_blocks + 1)
    stage.take_events()
    stage.call("poke", OTHER, order)
    released = get_event(stage, declarations.Released)
    assert isinstance(released, declarations.Released)
    assert released.treasury == PRICE // 20
    assert 0 <= released.burned - PRICE // 5 <= 2
    stage.try_state()


def test_collateral_and_what_silence_costs_follow_their_parameters() -> None:
    stage = SaleStage()
    stage.offer()
    before = stage.get(stage.order())
    stage.parameters.values = {Param.SALE_BOND_BPS: 40_000, Param.SILENCE_BPS: 10_000}
    number = stage.order()
    after = stage.get(number)
    assert (after.bond, before.bond) == (4 * PRICE, -(-PRICE // 2))
    stage.skip(TERMS.deliver_blocks + 1)
    stage.take_events()
    stage.call("poke", OTHER, number)
    slashed = get_event(stage, declarations.Slashed)
    assert isinstance(slashed, declarations.Slashed)
    assert slashed.amount == 4 * PRICE
    stage.parameters.values = {Param.SLOT_BOND_MIN: 10 * PRICE}
    assert stage.get(stage.order()).bond == 10 * PRICE
    stage.try_state()


def test_deposits_are_returned_as_they_were_made() -> None:
    stage = SaleStage()
    stage.offer()
    first = stage.order()
    stage.parameters.values = {Param.DEPOSIT_BPS: 20_000}
    second = stage.order()
    assert [stage.get(each).deposit for each in (first, second)] == [
        PARAMS.order_deposit,
        2 * PARAMS.order_deposit,
    ]
    stage.offer()
    assert stage.money.get_held(HoldReason.SALE, SELLER) == 2 * PARAMS.offer_deposit
    stage.skip(TERMS.deliver_blocks + 1)
    for order in (first, second):
        stage.call("poke", OTHER, order)
    stage.call("withdraw", SELLER, stage.record)
    assert stage.money.get_held(HoldReason.SALE, BUYER) == 0
    assert stage.money.get_held(HoldReason.SALE, SELLER) == 0
