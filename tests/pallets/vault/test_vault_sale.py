"""A sale from the offer to its end: who gets what, and who is refused."""

from dataclasses import replace

import pytest

from pallets.bonds import declarations as bonds
from pallets.vault import Fault, OrderState, VaultParams, declarations
from pallets.vault.types import TERM_BLOCKS_MAX, BoxKey
from runtime.address import Id
from runtime.crypto.sealed_box import open_box
from runtime.frame import Pays
from runtime.frame.ai_types import Role
from runtime.frame.traits import HoldReason
from tests.helpers.sale_stage import (
    BOND,
    BUYER,
    KEY,
    ONCE_PK,
    OPEN_BODY,
    OTHER,
    PARAMS,
    PARENT,
    POOR,
    PRICE,
    SEALED,
    SECRET,
    SELLER,
    TERMS,
    TREASURY,
    TTL,
    SaleStage,
)

SALE = HoldReason.SALE


@pytest.fixture
def stage() -> SaleStage:
    return SaleStage()


def test_a_sale_pays_everybody_to_the_planck() -> None:
    stage = SaleStage(royalty_bps=300, parent_bps=1_200)
    people = (SELLER, BUYER, PARENT, TREASURY)
    before = {who: stage.get_wealth(who) for who in people}
    issuance = stage.money.get_issuance()
    order = stage.sell()
    assert stage.money.get_held(SALE, BUYER) == PRICE + PARAMS.order_deposit
    stage.skip(TERMS.dispute_blocks + 1)
    stage.take_events()
    stage.call("poke", OTHER, order)
    parent, own, treasury = (PRICE * bps // 10_000 for bps in (1_200, 300, 100))
    paid = PRICE * (10_000 - 200 - 1_500) // 10_000
    burned = PRICE - parent - own - treasury - paid
    parts = (PRICE, burned, treasury, parent + own, paid)
    released = declarations.Released(order, SELLER, SELLER, *parts)
    assert released in stage.take_events()
    gains = {who: stage.get_wealth(who) - before[who] for who in people}
    assert gains == {SELLER: paid + own, BUYER: -PRICE, PARENT: parent, TREASURY: treasury}
    assert stage.money.get_issuance() == issuance - burned
    assert PRICE // 100 <= burned <= PRICE // 100 + 4
    stage.try_state()


def test_shares_of_the_record_are_paid_in_the_place_of_the_seller(stage: SaleStage) -> None:
    """As they were when it was ordered: what happens later is for later orders."""
    records = stage.registry.records
    records.set_payee(stage.record, OTHER)
    shared = stage.sell()
    records.set_payee(stage.record, None)
    alone = stage.order()
    stage.deliver(alone)
    stage.skip(TERMS.dispute_blocks + 1)
    for order, payee, others in ((shared, OTHER, SELLER), (alone, SELLER, OTHER)):
        before = {who: stage.get_wealth(who) for who in (payee, others)}
        stage.call("poke", BUYER, order)
        assert stage.get_wealth(payee) == before[payee] + PRICE * 98 // 100
        assert stage.get_wealth(others) == before[others]
    stage.try_state()


def test_the_buyer_opens_what_was_delivered(stage: SaleStage) -> None:
    order = stage.sell()
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", BUYER, order)
    entry = stage.get(order)
    assert entry.state is OrderState.SETTLED
    assert entry.sealed_box is not None
    assert open_box(entry.sealed_box, SECRET) == KEY


def test_a_delivery_costs_no_fee(stage: SaleStage) -> None:
    stage.offer()
    assert stage.deliver(stage.order()).pays_fee is Pays.NO


def test_collateral_is_locked_until_the_end(stage: SaleStage) -> None:
    order = stage.sell()
    bond = -(-PRICE // 2)
    assert stage.get(order).bond == bond
    assert stage.bonds.get_bonded(SELLER, Role.KEEPER) == BOND - bond
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", OTHER, order)
    assert stage.bonds.get_bonded(SELLER, Role.KEEPER) == BOND
    assert stage.get(order).bond == 0


def test_deposits_return(stage: SaleStage) -> None:
    order = stage.sell()
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", OTHER, order)
    stage.call("close", BUYER, order)
    stage.call("withdraw", SELLER, stage.record)
    assert stage.money.get_held(SALE, BUYER) == stage.money.get_held(SALE, SELLER) == 0
    assert list(stage.vault.order_.items()) == []
    assert list(stage.vault.offer_.items()) == []
    assert stage.registry.version[stage.record, 1].jobs == 0
    stage.try_state()


def test_a_silent_seller_loses_a_tenth_and_the_buyer_nothing(stage: SaleStage) -> None:
    stage.offer()
    order = stage.order()
    seller, buyer = stage.get_wealth(SELLER), stage.get_wealth(BUYER)
    issuance, bond = stage.money.get_issuance(), stage.get(order).bond
    stage.skip(TERMS.deliver_blocks + 1)
    stage.take_events()
    stage.call("poke", OTHER, order)
    lost = bond // 10
    to_buyer, burned = lost // 2, lost - lost // 2
    slashed = declarations.Slashed(order, SELLER, Fault.SILENCE, lost, burned, to_buyer, 0)
    refunded = declarations.Refunded(order, BUYER, PRICE + PARAMS.order_deposit)
    assert {slashed, refunded} <= set(stage.take_events())
    assert stage.get_wealth(SELLER) == seller - lost
    assert stage.get_wealth(BUYER) == buyer + to_buyer
    assert stage.money.get_issuance() == issuance - burned
    assert stage.money.get_held(SALE, BUYER) == 0
    assert order not in stage.vault.order_
    assert stage.vault.get_awaiting(SELLER, 9) == ()
    stage.try_state()


def test_who_waits_is_listed(stage: SaleStage) -> None:
    stage.offer()
    first, second = stage.order(), stage.order(OTHER)
    assert set(stage.vault.get_awaiting(SELLER, 9)) == {first, second}
    assert len(stage.vault.get_awaiting(SELLER, 1)) == 1
    stage.deliver(first)
    assert stage.vault.get_awaiting(SELLER, 9) == (second,)
    assert stage.vault.get_awaiting(BUYER, 9) == ()


def test_a_new_version_is_not_what_was_ordered(stage: SaleStage) -> None:
    """The offer keeps its version, whatever its owner registers afterwards."""
    stage.offer()
    for _ in range(9):
        stage.dispatch(
            stage.registry, "update", SELLER, stage.record, SEALED.body, stage_manifest()
        )
    order = stage.order()
    assert stage.get(order).terms.version == 1
    stage.try_state()


def stage_manifest() -> bytes:
    return b"n" * 32


def test_orders_go_on_when_the_record_is_over(stage: SaleStage) -> None:
    order = stage.sell()
    stage.dispatch(stage.registry, "retire", SELLER, stage.record)
    stage.call("withdraw", OTHER, stage.record)
    assert stage.record in stage.registry.record
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", OTHER, order)
    assert stage.record in stage.registry.record
    stage.call("close", BUYER, order)
    assert stage.record not in stage.registry.record
    stage.try_state()


def test_a_new_owner_takes_over_the_offer(stage: SaleStage) -> None:
    stage.offer()
    stage.dispatch(stage.registry, "transfer", SELLER, stage.record, Id(OTHER))
    with stage.refused(declarations.NotForSale):
        stage.order()
    stage.offer(replace(TERMS, price=5), OTHER)
    assert stage.money.get_held(SALE, SELLER) == 0
    assert stage.vault.offer_[stage.record].seller == OTHER
    assert stage.registry.version[stage.record, 1].jobs == 1
    stage.try_state()


def test_one_may_buy_ones_own_and_only_loses(stage: SaleStage) -> None:
    stage.offer()
    before = stage.get_wealth(SELLER)
    order = stage.order(SELLER)
    stage.deliver(order)
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", SELLER, order)
    assert stage.get_wealth(SELLER) == before - (PRICE - PRICE * 98 // 100)
    stage.try_state()


# --- offers that are refused


def test_only_the_owner_of_a_live_sealed_dataset_offers_it(stage: SaleStage) -> None:
    with stage.refused(declarations.NoSuchDataset):
        stage.call("offer", SELLER, 99, TERMS)
    with stage.refused(declarations.NotOwner):
        stage.offer(who=OTHER)
    with stage.refused(declarations.NotSealed):
        stage.offer(replace(TERMS, version=2))
    open_one = stage.register(SELLER, OPEN_BODY)
    with stage.refused(declarations.NotSealed):
        stage.call("offer", SELLER, open_one, TERMS)
    large = stage.register(SELLER, replace(SEALED.body, size_bytes=2**40 + 1))
    with stage.refused(declarations.NotSealed):
        stage.call("offer", SELLER, large, TERMS)
    stage.skip(TTL + 1)
    with stage.refused(declarations.NotLive):
        stage.offer()


@pytest.mark.parametrize(
    "field, value",
    [
        ("price", 0),
        ("deliver_blocks", 0),
        ("deliver_blocks", TERM_BLOCKS_MAX + 1),
        ("dispute_blocks", PARAMS.dispute_blocks_min - 1),
        ("dispute_blocks", TERM_BLOCKS_MAX + 1),
    ],
)
def test_terms_have_bounds(stage: SaleStage, field: str, value: int) -> None:
    with stage.refused(declarations.BadTerms):
        stage.offer(replace(TERMS, **{field: value}))


def test_an_offer_needs_its_deposit() -> None:
    poor = VaultParams(TREASURY, offer_deposit=10**18)
    stage = SaleStage(params=poor)
    with stage.refused(declarations.NoEscrow):
        stage.offer()


def test_only_the_seller_withdraws_a_live_offer(stage: SaleStage) -> None:
    with stage.refused(declarations.NotForSale):
        stage.call("withdraw", SELLER, stage.record)
    stage.offer()
    with stage.refused(declarations.NotSeller):
        stage.call("withdraw", OTHER, stage.record)
    stage.skip(TTL + 1)
    stage.call("withdraw", OTHER, stage.record)
    assert stage.money.get_held(SALE, SELLER) == 0


# --- orders that are refused


def test_an_order_needs_an_offer_and_its_very_terms(stage: SaleStage) -> None:
    with stage.refused(declarations.NotForSale):
        stage.order()
    stage.offer()
    for changes in ({"price": PRICE - 1}, {"price": PRICE + 1}, {"version": 2}):
        with stage.refused(declarations.TermsChanged):
            stage.order(terms=replace(TERMS, **changes))
    with stage.refused(declarations.TermsChanged):
        stage.order(terms=replace(TERMS, dispute_blocks=11))
    stage.skip(TTL + 1)
    with stage.refused(declarations.NotLive):
        stage.order()


def test_an_order_needs_a_key_that_takes_a_box(stage: SaleStage) -> None:
    """Else a seller who cannot seal to it would be slashed for silence."""
    stage.offer()
    for point in (bytes(32), (1).to_bytes(32, "little"), b"\xed" + b"\xff" * 30 + b"\x7f"):
        with stage.refused(declarations.BadBoxKey):
            stage.order(once_pk=BoxKey(point))


def test_an_order_needs_money_and_collateral(stage: SaleStage) -> None:
    stage.offer()
    with stage.refused(declarations.NoEscrow):
        stage.order(POOR)
    dear = replace(TERMS, price=2 * BOND + 2)
    stage.offer(dear)
    with stage.refused(declarations.BondTooLow):
        stage.order(terms=dear)
    stage.dispatch(stage.bonds, "unbond", SELLER, Role.KEEPER, BOND)
    stage.offer(replace(TERMS, price=1))
    with stage.refused(declarations.BondTooLow):
        stage.order(terms=replace(TERMS, price=1))


def test_a_frozen_seller_takes_no_orders(stage: SaleStage) -> None:
    stage.offer()
    bond = stage.bonds.bond_[SELLER, Role.KEEPER]
    stage.bonds.bond_[SELLER, Role.KEEPER] = replace(bond, frozen_until=99)
    with stage.refused(bonds.RoleFrozen):
        stage.order()


# --- deliveries, pokes and ends that are refused


def test_only_the_seller_delivers_once_and_in_time(stage: SaleStage) -> None:
    stage.offer()
    order = stage.order()
    with stage.refused(declarations.NoSuchOrder):
        stage.call("deliver", SELLER, order + 1, bytes(80))
    with stage.refused(declarations.NotSeller):
        stage.call("deliver", BUYER, order, bytes(80))
    stage.deliver(order)
    with stage.refused(declarations.WrongState):
        stage.deliver(order)
    late = stage.order(once_pk=ONCE_PK)
    stage.skip(TERMS.deliver_blocks)
    stage.deliver(late)
    late = stage.order(once_pk=ONCE_PK)
    stage.skip(TERMS.deliver_blocks + 1)
    with stage.refused(declarations.DeadlinePassed):
        stage.deliver(late)


def test_nothing_is_due_before_its_time(stage: SaleStage) -> None:
    with stage.refused(declarations.NoSuchOrder):
        stage.call("poke", OTHER, 0)
    stage.offer()
    order = stage.order()
    stage.skip(TERMS.deliver_blocks)
    with stage.refused(declarations.NotDue):
        stage.call("poke", OTHER, order)
    stage.deliver(order)
    stage.skip(TERMS.dispute_blocks)
    with stage.refused(declarations.NotDue):
        stage.call("poke", OTHER, order)
    stage.skip(1)
    stage.call("poke", OTHER, order)
    with stage.refused(declarations.NotDue):
        stage.call("poke", OTHER, order)


def test_the_key_is_kept_for_the_buyer_for_a_while(stage: SaleStage) -> None:
    with stage.refused(declarations.NoSuchOrder):
        stage.call("close", BUYER, 0)
    order = stage.sell()
    with stage.refused(declarations.WrongState):
        stage.call("close", BUYER, order)
    stage.skip(TERMS.dispute_blocks + 1)
    stage.call("poke", SELLER, order)
    stage.skip(PARAMS.kept_blocks)
    with stage.refused(declarations.NotBuyer):
        stage.call("close", SELLER, order)
    stage.skip(1)
    stage.call("close", SELLER, order)
    assert stage.money.get_held(SALE, BUYER) == 0
