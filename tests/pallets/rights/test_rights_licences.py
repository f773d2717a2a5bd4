"""Licences: who sells what to whom, and where the price goes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pallets.assets.declarations import Expired, Insufficient, NonTransferable
from pallets.registry.declarations import ExpiredRecord, NoSuchRecord, NotOwner, RetiredRecord
from pallets.rights import declarations as rights
from pallets.rights.types import RESALE_BPS_MAX, LicenceTerms, LicenceUse
from runtime.address import Id as AddressId
from runtime.errors import FundsUnavailable
from runtime.frame import Origin
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import AccountId
from tests.helpers.ledger import get_wealth
from tests.pallets.rights.stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ENTRY_DEPOSIT,
    FREELY,
    FUNDS,
    STRANGER,
    TREASURY,
    TTL,
    RightsStage,
)

REASONS = (HoldReason.OFFER, HoldReason.ASSET_DEPOSIT)


@pytest.fixture
def stage() -> RightsStage:
    return RightsStage()


def get_deposits(stage: RightsStage, who: AccountId) -> int:
    return sum(stage.ledger.get_held(reason, who) for reason in REASONS)


def get_gain(stage: RightsStage, who: AccountId, act: Callable[[], None]) -> int:
    """What an account is richer by after a step."""
    before = get_wealth(stage.ledger, who)
    act()
    return get_wealth(stage.ledger, who) - before


# --- a sale


def test_a_licence_is_sold_and_its_price_divided(stage: RightsStage) -> None:
    offer = stage.offer(price=10_000)
    asset = stage.rights.offer_[0, offer].asset
    assert stage.get_last_event() == rights.Offered(0, offer, asset, 10_000)
    issuance = stage.ledger.get_issuance()
    before = [get_wealth(stage.ledger, who) for who in (ALICE, BOB, TREASURY)]
    stage.buy(BOB, offer)
    after = [get_wealth(stage.ledger, who) for who in (ALICE, BOB, TREASURY)]
    assert [new - old for new, old in zip(after, before, strict=True)] == [9_800, -10_000, 100]
    assert stage.ledger.get_issuance() == issuance - 100
    assert stage.get_last_event() == rights.Sold(0, offer, BOB, 10_000, 100, 100, 0, 9_800)
    assert stage.rights.sales.is_licensed(0, offer, BOB)
    assert not stage.rights.sales.is_licensed(0, offer, CAROL)
    stage.try_state()


def test_parents_have_their_royalties_of_a_sale(stage: RightsStage) -> None:
    child = stage.register(BOB, {0: 1_000}, royalty_bps=1_000)
    grandchild = stage.register(CAROL, {child: 2_000, 0: 500}, royalty_bps=300)
    offer = stage.offer(CAROL, grandchild)
    royalties = dict(stage.titles.get_current_royalties(grandchild))
    assert royalties[CAROL] == 300
    assert sum(royalties.values()) == 2_800
    gains = {who: -get_wealth(stage.ledger, who) for who in (ALICE, BOB, CAROL)}
    stage.buy(DAVE, offer, grandchild)
    gains = {who: gain + get_wealth(stage.ledger, who) for who, gain in gains.items()}
    assert gains[ALICE] == royalties[ALICE]
    assert gains[BOB] == royalties[BOB]
    assert gains[CAROL] == 10_000 - 200 - royalties[ALICE] - royalties[BOB]
    assert gains[ALICE] > 500, "a part of its child's part is its own"


def test_each_part_rounds_down_and_the_rest_is_burned(stage: RightsStage) -> None:
    offer = stage.offer(price=199)
    stage.buy(BOB, offer)
    assert stage.get_last_event() == rights.Sold(0, offer, BOB, 199, 3, 1, 0, 195)


def test_what_nobody_can_receive_is_burned(stage: RightsStage) -> None:
    stage.ledger.transfer(TREASURY, DAVE, FUNDS, Preservation.EXPENDABLE)
    offer = stage.offer(price=10_000)
    stage.buy(BOB, offer)
    assert stage.get_last_event() == rights.Sold(0, offer, BOB, 10_000, 200, 0, 0, 9_800)


def test_no_more_are_sold_than_were_offered(stage: RightsStage) -> None:
    offer = stage.offer(cap=2)
    stage.buy(BOB, offer)
    stage.buy(BOB, offer)
    with stage.refused(rights.OfferSoldOut):
        stage.buy(CAROL, offer)
    stage.burn_licence(BOB, offer)
    with stage.refused(rights.OfferSoldOut):
        stage.buy(CAROL, offer)


def test_what_cannot_be_offered(stage: RightsStage) -> None:
    stage.blocks.number = 10
    for price, cap, terms in (
        (0, 1, FREELY),
        (1, 0, FREELY),
        (1, 1, replace(FREELY, resale_bps=RESALE_BPS_MAX + 1)),
        (1, 1, replace(FREELY, expires_at=10)),
    ):
        with stage.refused(rights.BadTerms):
            stage.offer(price=price, cap=cap, terms=terms)
    with stage.refused(NotOwner):
        stage.offer(BOB)
    with stage.refused(NoSuchRecord):
        stage.offer(record=1)
    stage.blocks.number = 1 + TTL
    with stage.refused(ExpiredRecord):
        stage.offer()


def test_what_cannot_be_bought(stage: RightsStage) -> None:
    offer = stage.offer()
    with stage.refused(rights.NoOffer):
        stage.buy(BOB, offer + 1)
    with stage.refused(rights.NoOffer):
        stage.buy(BOB, offer, record=1)
    with stage.refused(FundsUnavailable):
        stage.buy(STRANGER, offer)
    dear = stage.offer(price=FUNDS)
    with stage.refused(FundsUnavailable):
        stage.buy(BOB, dear)
    stage.blocks.number = 1 + TTL
    with stage.refused(rights.RecordNotLive):
        stage.buy(BOB, offer)
    stage.retire(ALICE, 0)
    with stage.refused(rights.RecordNotLive):
        stage.buy(BOB, offer)
    with stage.refused(NoSuchRecord):
        stage.offer()
    held = stage.register(ALICE)
    stage.titles.note_job(held, 1)
    stage.retire(ALICE, held)
    with stage.refused(RetiredRecord):
        stage.offer(record=held)


def test_a_licence_ends_with_its_time(stage: RightsStage) -> None:
    offer = stage.offer(terms=replace(FREELY, expires_at=20))
    stage.buy(BOB, offer)
    stage.resell(BOB, offer, 500)
    stage.blocks.number = 20
    assert not stage.rights.sales.is_licensed(0, offer, BOB)
    with stage.refused(Expired):
        stage.buy(CAROL, offer)
    with stage.refused(rights.NoLicence):
        stage.resell(BOB, offer, 600)
    with stage.refused(Expired):
        stage.buy_resold(CAROL, offer, BOB, 500)
    stage.cancel(CAROL, offer, BOB)
    stage.close(CAROL, offer)
    stage.assets.poke(Origin.signed(CAROL), stage.rights.offer_[0, offer].asset, AddressId(BOB))
    stage.close(DAVE, offer)
    assert [get_deposits(stage, who) for who in (ALICE, BOB)] == [0, 0]
    stage.try_state()


# --- closing


def test_an_offer_stays_until_its_last_licence(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.buy(BOB, offer)
    with stage.refused(rights.NotSeller):
        stage.close(BOB, offer)
    stage.close(ALICE, offer)
    assert stage.get_last_event() == rights.OfferClosed(0, offer)
    with stage.refused(rights.OfferClosedAlready):
        stage.buy(CAROL, offer)
    with stage.refused(rights.OfferClosedAlready):
        stage.close(ALICE, offer)
    assert stage.rights.sales.is_licensed(0, offer, BOB)
    stage.burn_licence(BOB, offer)
    stage.close(ALICE, offer)
    assert stage.get_last_event() == rights.OfferRemoved(0, offer)
    assert [get_deposits(stage, who) for who in (ALICE, BOB)] == [0, 0]
    with stage.refused(rights.NoOffer):
        stage.close(ALICE, offer)


def test_an_offer_without_licences_is_removed_at_once(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.close(ALICE, offer)
    assert (0, offer) not in stage.rights.offer_
    assert get_deposits(stage, ALICE) == 0


def test_a_new_owner_sells_on_what_the_old_one_offered(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.transfer(ALICE, 0, CAROL)
    assert get_gain(stage, CAROL, lambda: stage.buy(BOB, offer)) == 9_800
    stage.burn_licence(BOB, offer)
    stage.close(CAROL, offer)
    assert get_deposits(stage, ALICE) == 0, "who made the offer has its deposits back"


def test_anybody_clears_away_offers_of_what_is_gone(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.retire(ALICE, 0)
    stage.close(DAVE, offer)
    assert get_deposits(stage, ALICE) == 0


# --- from hand to hand


def test_a_licence_is_resold_and_the_record_has_its_part(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.buy(BOB, offer)
    asset = stage.rights.offer_[0, offer].asset
    with stage.refused(NonTransferable):
        stage.assets.transfer(Origin.signed(BOB), asset, AddressId(CAROL), 1)
    stage.resell(BOB, offer, 5_000)
    stage.resell(BOB, offer, 6_000)
    assert stage.get_last_event() == rights.Listed(0, offer, BOB, 6_000)
    assert stage.ledger.get_held(HoldReason.OFFER, BOB) == ENTRY_DEPOSIT
    with stage.refused(rights.PriceChanged):
        stage.buy_resold(CAROL, offer, BOB, 5_000)
    before = {who: get_wealth(stage.ledger, who) for who in (ALICE, BOB)}
    stage.buy_resold(CAROL, offer, BOB, 6_000)
    assert stage.get_last_event() == rights.Resold(0, offer, BOB, CAROL, 6_000, 60, 60, 600, 5_280)
    assert get_wealth(stage.ledger, ALICE) - before[ALICE] == 600
    assert get_wealth(stage.ledger, BOB) - before[BOB] == 5_280
    assert stage.rights.sales.is_licensed(0, offer, CAROL)
    assert get_deposits(stage, BOB) == 0
    with stage.refused(rights.NoResale):
        stage.buy_resold(DAVE, offer, BOB, 6_000)
    stage.try_state()


def test_what_cannot_be_resold(stage: RightsStage) -> None:
    offer = stage.offer()
    bound = stage.offer(terms=LicenceTerms(LicenceUse.TRAIN, None, None))
    stage.buy(BOB, offer)
    stage.buy(BOB, bound)
    with stage.refused(rights.NotForResale):
        stage.resell(BOB, bound, 1)
    with stage.refused(rights.NoLicence):
        stage.resell(CAROL, offer, 1)
    with stage.refused(rights.BadTerms):
        stage.resell(BOB, offer, 0)
    with stage.refused(rights.NoOffer):
        stage.resell(BOB, offer, 1, record=1)


def test_a_listing_is_the_sellers_while_there_is_a_licence(stage: RightsStage) -> None:
    offer = stage.offer()
    stage.buy(BOB, offer)
    stage.resell(BOB, offer, 5_000)
    with stage.refused(rights.NotSeller):
        stage.cancel(CAROL, offer, BOB)
    with stage.refused(rights.NoResale):
        stage.cancel(CAROL, offer, BOB, record=1)
    stage.burn_licence(BOB, offer)
    with stage.refused(Insufficient):
        stage.buy_resold(CAROL, offer, BOB, 5_000)
    stage.cancel(CAROL, offer, BOB)
    assert stage.get_last_event() == rights.Unlisted(0, offer, BOB)
    with stage.refused(rights.NoResale):
        stage.cancel(BOB, offer, BOB)
    stage.buy(BOB, offer)
    stage.resell(BOB, offer, 5_000)
    stage.cancel(BOB, offer, BOB)
    assert stage.ledger.get_held(HoldReason.OFFER, BOB) == 0
