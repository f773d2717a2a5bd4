"""What governance changes of records, assets and licences."""

from pallets.registry.declarations import RoyaltyTooHigh
from pallets.rights import declarations as rights
from runtime.frame.ai_types import ROYALTY_BPS_MAX
from runtime.frame.parameters import Param
from runtime.frame.traits import HoldReason
from tests.pallets.rights.stage import ALICE, BOB, CAROL, ENTRY_DEPOSIT, RightsStage

PRICE = 10_000


def test_a_licence_s_price_is_divided_as_it_is_now() -> None:
    stage = RightsStage()
    offer = stage.offer(price=PRICE)
    for values, burned, treasury in (
        ({}, 100, 100),
        ({Param.SALE_BURN_BPS: 2_000, Param.SALE_TREASURY_BPS: 0}, 2_000, 0),
    ):
        stage.parameters.values = values
        who = CAROL if values else BOB
        stage.buy(who, offer)
        sold = stage.get_last_event()
        assert isinstance(sold, rights.Sold)
        assert (sold.burned, sold.treasury) == (burned, treasury)
    stage.try_state()


def test_every_entry_returns_the_deposit_that_it_was_made_with() -> None:
    stage = RightsStage()
    record = stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, ALICE)
    stage.parameters.values = {Param.DEPOSIT_BPS: 25_000}
    other = stage.register(ALICE)
    held = stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, ALICE)
    assert held - record in (record * 5 // 2, record * 5 // 2 + 1)
    first = stage.offer(price=PRICE)
    assert stage.rights.offer_[0, first].deposit == ENTRY_DEPOSIT * 5 // 2
    stage.buy(BOB, first)
    assert stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, BOB) == 250
    stage.resell(BOB, first, PRICE)
    assert stage.ledger.get_held(HoldReason.OFFER, BOB) == ENTRY_DEPOSIT * 5 // 2
    stage.issue(ALICE, other)
    stage.stake(ALICE, 10, other)
    assert stage.rights.stake[other, ALICE].deposit == ENTRY_DEPOSIT * 5 // 2
    stage.parameters.values = {Param.DEPOSIT_BPS: 1_000}
    stage.try_state()
    stage.unstake(ALICE, 10, other)
    stage.redeem(ALICE, other)
    stage.cancel(BOB, first, BOB)
    stage.burn_licence(BOB, first)
    stage.close(ALICE, first)
    for number in (0, other):
        stage.retire(ALICE, number)
    for reason in (HoldReason.REGISTRY_DEPOSIT, HoldReason.OFFER, HoldReason.ASSET_DEPOSIT):
        assert [stage.ledger.get_held(reason, who) for who in (ALICE, BOB)] == [0, 0]
    stage.try_state()


def test_a_new_record_keeps_the_cap_of_royalties_that_is_now() -> None:
    stage = RightsStage()
    old = stage.register(ALICE, royalty_bps=ROYALTY_BPS_MAX)
    stage.parameters.values = {Param.ROYALTY_CAP_BPS: 1_000}
    with stage.refused(RoyaltyTooHigh):
        stage.register(ALICE, royalty_bps=1_001)
    stage.register(ALICE, royalty_bps=1_000)
    assert stage.titles.get_current_royalties(old) == ((ALICE, ROYALTY_BPS_MAX),)
    stage.try_state()
