"""How a price is divided, and that nobody gains by dealing with himself."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.market import Posted, declarations
from runtime.frame.ai_types import ROYALTY_BPS_MAX, SlotId
from runtime.frame.division import Fees, compute_bond, compute_split
from runtime.frame.traits import HoldReason
from runtime.primitives import BPS, AccountId
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    DAVE,
    MODEL_OWNER,
    PARAMS,
    TREASURY,
    MarketStage,
    get_total,
)

PRICE = 1_000_003


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def settle(stage: MarketStage, price: int, **changes: Any) -> declarations.Settled:
    """Posts one slot, fills it; returns the event."""
    job = stage.post(Posted(price), rows_per_slot=40, **changes)
    stage.lock(job)
    stage.take_events()
    stage.submit(job)
    settled = [e for e in stage.take_events() if isinstance(e, declarations.Settled)]
    assert len(settled) == 1
    return settled[0]


def test_each_gets_its_part_to_the_planck(stage: MarketStage) -> None:
    everybody = (ALICE, BOB, MODEL_OWNER, TREASURY)
    before = {who: stage.get_wealth(who) for who in everybody}
    issuance = stage.money.get_issuance()
    event = settle(stage, PRICE)
    royalty, treasury, paid = PRICE * 15 // 100, PRICE * 2 // 100, PRICE * 73 // 100
    burned = PRICE - royalty - treasury - paid
    assert event == declarations.Settled(0, 0, BOB, PRICE, burned, treasury, royalty, paid, bonus=0)
    gains = {who: stage.get_wealth(who) - before[who] for who in everybody}
    assert gains == {ALICE: -PRICE, BOB: paid, MODEL_OWNER: royalty, TREASURY: treasury}
    assert stage.money.get_issuance() == issuance - burned
    assert get_total(stage) == stage.money.get_issuance()
    assert stage.market.slot[0, 0].burned == burned


def test_royalties_reach_the_parents(stage: MarketStage) -> None:
    child = stage.register_child_model(bps=1_000)
    owner, dave = stage.get_wealth(MODEL_OWNER), stage.get_wealth(DAVE)
    event = settle(stage, PRICE, model=child)
    to_parent, to_child = PRICE * 1_000 // BPS, PRICE * 100 // BPS
    assert event.royalties == to_parent + to_child
    assert stage.get_wealth(MODEL_OWNER) == owner + to_parent
    assert stage.get_wealth(DAVE) == dave + to_child


def test_what_a_slot_does_not_cost_returns_when_it_settles(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE))
    stage.lock(job)
    stage.dispatch(stage.market, "top_up", ALICE, job, 1_000)
    free = stage.money.get_free(ALICE)
    stage.submit(job)
    assert stage.money.get_free(ALICE) == free + 1_000
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 3 * (PRICE + 1_000)


def test_a_treasury_that_cannot_exist_with_so_little_burns_it() -> None:
    ghost = AccountId(b"t" * 32)
    stage = MarketStage(replace(PARAMS, treasury=ghost))
    event = settle(stage, 1_000)  # two in a hundred are below the existential deposit
    assert event.treasury == 0
    assert event.burned == 1_000 - event.royalties - event.paid
    assert stage.get_wealth(ghost) == 0
    event = settle(stage, 100_000)
    assert event.treasury == stage.get_wealth(ghost) == 2_000


def test_the_least_price_is_burned_whole(stage: MarketStage) -> None:
    event = settle(stage, 1)
    assert (event.burned, event.paid, event.treasury, event.royalties) == (1, 0, 0, 0)


FEES = Fees(PARAMS.burn_bps, PARAMS.treasury_bps)
ROYALTIES = st.lists(st.integers(0, ROYALTY_BPS_MAX), max_size=32).filter(
    lambda shares: sum(shares) <= ROYALTY_BPS_MAX
)


@given(st.integers(1, 2**100), ROYALTIES, st.randoms(use_true_random=False))
def test_the_parts_sum_to_the_price_in_any_order(
    price: int, shares: list[int], random: object
) -> None:
    named = tuple((AccountId(bytes([n]) * 32), bps) for n, bps in enumerate(shares))
    split = compute_split(price, named, FEES)
    parts = (
        split.burned,
        split.treasury,
        split.payee,
        *(amount for _, amount in split.royalties),
    )
    assert sum(parts) == price
    assert min(parts) >= 0
    assert split.burned * BPS >= price * PARAMS.burn_bps
    assert split.payee >= price * 48 // 100
    assert sum(amount for _, amount in split.royalties) * 10 <= price * 4
    again = compute_split(price, named[::-1], FEES)
    assert (again.burned, again.payee) == (split.burned, split.payee)
    assert sorted(again.royalties) == sorted(split.royalties)


@given(st.integers(1, 2**100), st.integers(0, BPS), st.integers(0, 10**6))
def test_collateral_is_never_less_than_its_part(price: int, factor: int, least: int) -> None:
    bond = compute_bond(price, factor, least)
    assert bond >= least
    assert bond * BPS >= price * factor
    assert bond == least or (bond - 1) * BPS < price * factor


@given(st.integers(1, 10**9), st.booleans(), st.booleans())
def test_whoever_deals_with_himself_loses(price: int, is_mined: bool, is_layered: bool) -> None:
    """Requester, provider, author and owner of the model in one; fees are not even counted."""
    stage = MarketStage()
    for blob in stage.weights.blobs:
        stage.put_blob(BOB, blob)
    model = stage.register(BOB, stage.weights.body, royalty_bps=ROYALTY_BPS_MAX)
    inputs = stage.put_blob(BOB, stage.inputs)
    before = stage.get_wealth(BOB)
    job = stage.post(Posted(price), who=BOB, model=model, inputs=inputs, rows_per_slot=40)
    stage.lock(job)
    if is_mined:
        stage.note(stage.make_summary(job, (0,), 0))
    if is_layered:
        stage.next_block(BOB)
        stage.note(stage.make_summary(job, (0,), 1))
    stage.submit(job)
    stage.dispatch(stage.market, "close", BOB, job)
    assert stage.get_wealth(BOB) < before
    era = stage.work.get_era()
    assert era is not None
    assert 10 * era.bonus <= 8 * era.burned
    assert list(stage.work.credited.items(job)) == []
    assert stage.slots.get_slot_work(SlotId(job, 0)) is None
