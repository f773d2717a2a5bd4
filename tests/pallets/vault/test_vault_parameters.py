"""What governance changes of sales of sealed data."""

from dataclasses import replace

import pytest

from pallets.vault import declarations
from runtime.frame.parameters import Param
from runtime.frame.traits import HoldReason
from tests.helpers.sale_stage import (
    BUYER,
    OTHER,
    PARAMS,
    PRICE,
    SECRET,
    SELLER,
    TERMS,
    SaleStage,
)


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


def test_new_offers_leave_time_to_dispute_and_what_is_offered_stands() -> None:
    stage = SaleStage()
    stage.offer()
    stage.parameters.values = {Param.DISPUTE_BLOCKS_MIN: TERMS.dispute_blocks + 1}
    with stage.refused(declarations.BadTerms):
        stage.offer()
    order = stage.order()
    stage.deliver(order)
    assert stage.get(order).until == stage.number + TERMS.dispute_blocks
    stage.offer(replace(TERMS, dispute_blocks=TERMS.dispute_blocks + 1))
    stage.parameters.values = {Param.DISPUTE_BLOCKS_MIN: 5}
    stage.offer(replace(TERMS, dispute_blocks=5))
    with stage.refused(declarations.BadTerms):
        stage.offer(replace(TERMS, dispute_blocks=4))


def test_a_false_key_is_punished_by_the_shares_of_the_moment() -> None:
    stage = SaleStage()
    order = stage.sell(key=bytes(32))
    bond, buyer = stage.get(order).bond, stage.get_wealth(BUYER)
    stage.parameters.values = {Param.FRAUD_BURNED_BPS: 6_000, Param.FRAUD_TREASURY_BPS: 500}
    stage.take_events()
    stage.call("dispute_key", BUYER, order, SECRET)
    slashed = get_event(stage, declarations.Slashed)
    assert isinstance(slashed, declarations.Slashed)
    assert slashed.amount == bond
    assert slashed.burned == bond - slashed.to_treasury - slashed.to_buyer
    assert (slashed.to_buyer, slashed.to_treasury) == (bond * 35 // 100, bond * 5 // 100)
    assert stage.get_wealth(BUYER) == buyer + slashed.to_buyer
    stage.try_state()


def test_silence_is_divided_by_the_shares_of_the_moment() -> None:
    stage = SaleStage()
    stage.offer()
    order = stage.order()
    stage.parameters.values = {Param.MISS_BURNED_BPS: 8_000, Param.SILENCE_BPS: 10_000}
    stage.skip(TERMS.deliver_blocks + 1)
    stage.take_events()
    stage.call("poke", OTHER, order)
    slashed = get_event(stage, declarations.Slashed)
    assert isinstance(slashed, declarations.Slashed)
    assert slashed.to_buyer == slashed.amount * 2_000 // 10_000
    assert slashed.burned == slashed.amount - slashed.to_buyer


@pytest.mark.parametrize("burned_bps", [5_000, 7_500, 10_000])
def test_a_false_dispute_burns_what_is_set(burned_bps: int) -> None:
    stage = SaleStage()
    order = stage.sell()
    deposit = stage.get(order).deposit
    stage.parameters.values = {Param.FORFEIT_BURNED_BPS: burned_bps}
    stage.take_events()
    stage.call("dispute_key", BUYER, order, SECRET)
    forfeited = get_event(stage, declarations.Forfeited)
    assert isinstance(forfeited, declarations.Forfeited)
    assert forfeited.to_seller == deposit * (10_000 - burned_bps) // 10_000
    assert forfeited.burned + forfeited.to_seller == deposit
    stage.try_state()
