"""Bids: what providers ask, and whom the owner takes."""

import pytest

from pallets.market import Bids, Posted, SlotState, declarations
from pallets.market.bids import (
    BidPlaced,
    BidReturned,
    NoSuchBid,
    NotForBids,
    Pick,
    TooManyBids,
)
from pallets.market.types import BIDS_MAX
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.helpers.market_stage import (
    ALICE,
    BID_DEPOSIT,
    BOB,
    BOND,
    CAROL,
    DAVE,
    EVE,
    FUNDS,
    TERMS,
    MarketStage,
    get_total,
)

MAX = 1_000_000
ASKED = 600_001


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    return stage.post(Bids(MAX))


def bid(stage: MarketStage, job: int, who: AccountId = BOB, price: int = ASKED) -> None:
    stage.dispatch(stage.market, "bid", who, job, price, stage.record_of[who])


def accept(stage: MarketStage, job: int, *picks: Pick, who: AccountId = ALICE) -> None:
    stage.dispatch(stage.market, "accept", who, job, picks)


def get_deposit(stage: MarketStage, who: AccountId = BOB) -> int:
    return stage.money.get_held(HoldReason.BID, who)


def test_a_bid_puts_a_deposit_on_hold_and_locks_nothing(stage: MarketStage, job: int) -> None:
    stage.take_events()
    bid(stage, job)
    assert stage.take_events()[-1] == BidPlaced(job, BOB, stage.record_of[BOB], ASKED)
    assert get_deposit(stage) == BID_DEPOSIT
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND
    assert stage.get(job).state is SlotState.OPEN
    assert stage.get_job(job).bids == 1
    stage.try_state()


def test_a_second_bid_takes_the_place_of_the_first(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    bid(stage, job, price=5)
    assert stage.market.bid_[job, BOB].price == 5
    assert (get_deposit(stage), stage.get_job(job).bids) == (BID_DEPOSIT, 1)
    stage.try_state()


def test_an_accepted_bid_is_a_lock_at_its_price(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    bid(stage, job, CAROL, MAX)
    stage.take_events()
    accept(stage, job, Pick(0, CAROL), Pick(2, BOB))
    bond = -(-ASKED // 2)
    slot = stage.get(job, 2)
    assert (slot.state, slot.provider, slot.price) == (SlotState.LOCKED, BOB, ASKED)
    assert (slot.record, slot.bond) == (stage.record_of[BOB], bond)
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND - bond
    locked = [each for each in stage.take_events() if isinstance(each, declarations.SlotLocked)]
    assert [(each.slot, each.price) for each in locked] == [(0, MAX), (2, ASKED)]
    assert stage.get(job, 1).state is SlotState.OPEN
    assert get_deposit(stage) == get_deposit(stage, CAROL) == BID_DEPOSIT  # for other slots


def test_a_bid_is_paid_what_it_asked_and_the_rest_returns(stage: MarketStage) -> None:
    job = stage.post(Bids(MAX), rows_per_slot=40)
    bid(stage, job)
    accept(stage, job, Pick(0, BOB))
    before = stage.get_wealth(ALICE)
    stage.submit(job)
    assert stage.get(job).state is SlotState.SETTLED
    assert stage.get_wealth(ALICE) == before - ASKED
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 0


def test_all_bids_return_when_the_last_slot_is_given_away(stage: MarketStage, job: int) -> None:
    for who in (BOB, CAROL):
        bid(stage, job, who)
    accept(stage, job, Pick(0, BOB), Pick(1, BOB), Pick(2, CAROL))
    assert get_deposit(stage) == BID_DEPOSIT
    stage.take_events()
    accept(stage, job, Pick(3, BOB))
    returned = {each for each in stage.take_events() if isinstance(each, BidReturned)}
    assert returned == {
        BidReturned(job, BOB, BID_DEPOSIT),
        BidReturned(job, CAROL, BID_DEPOSIT),
    }
    assert get_deposit(stage) == get_deposit(stage, CAROL) == stage.get_job(job).bids == 0
    stage.try_state()


def test_a_bid_can_be_taken_back(stage: MarketStage, job: int) -> None:
    wealth = stage.money.get_free(BOB)
    bid(stage, job)
    stage.dispatch(stage.market, "unbid", BOB, job)
    assert stage.money.get_free(BOB) == wealth
    with stage.refused(NoSuchBid):
        accept(stage, job, Pick(0, BOB))
    with stage.refused(NoSuchBid):
        stage.dispatch(stage.market, "unbid", BOB, job)


def test_closing_returns_bids(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    stage.dispatch(stage.market, "close", ALICE, job)
    assert get_deposit(stage) == 0
    assert list(stage.market.bid_.items()) == []
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 0


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_anybody_returns_the_bids_of_a_job_that_is_over(
    stage: MarketStage, job: int, is_cancelled: bool
) -> None:
    for who in (BOB, CAROL):
        bid(stage, job, who)
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "drop_bids", EVE, job)
    if is_cancelled:
        accept(stage, job, Pick(0, BOB))
        stage.dispatch(stage.market, "cancel", ALICE, job)
    else:
        stage.skip(TERMS.open_blocks + 1)
    stage.dispatch(stage.market, "drop_bids", EVE, job)
    assert get_deposit(stage) == get_deposit(stage, CAROL) == 0
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "drop_bids", EVE, job)


def test_a_reopened_slot_takes_bids_again(stage: MarketStage) -> None:
    job = stage.post(Bids(MAX), rows_per_slot=40)
    bid(stage, job)
    accept(stage, job, Pick(0, BOB))
    stage.submit(job, payload=stage.forge(job))
    assert stage.get(job).state is SlotState.OPEN
    bid(stage, job, CAROL, MAX)
    accept(stage, job, Pick(0, CAROL))
    assert stage.get(job).provider == CAROL


def test_topping_up_raises_the_limit(stage: MarketStage, job: int) -> None:
    with stage.refused(declarations.BadPrice):
        bid(stage, job, price=MAX + 1)
    stage.dispatch(stage.market, "top_up", ALICE, job, 1)
    bid(stage, job, price=MAX + 1)
    assert stage.get_job(job).escrow == 4 * (MAX + 1)
    stage.try_state()


# --- refusals


def test_a_slot_for_bids_cannot_be_locked(stage: MarketStage, job: int) -> None:
    with stage.refused(declarations.BidsOnly):
        stage.lock(job)


def test_a_posted_price_takes_no_bids(stage: MarketStage) -> None:
    job = stage.post(Posted(MAX))
    with stage.refused(NotForBids):
        bid(stage, job)
    with stage.refused(NotForBids):
        accept(stage, job)


def test_a_limit_is_positive(stage: MarketStage) -> None:
    with stage.refused(declarations.BadPrice):
        stage.post(Bids(0))


def test_who_may_bid(stage: MarketStage, job: int) -> None:
    with stage.refused(declarations.RequirementUnmet):
        stage.dispatch(stage.market, "bid", BOB, job, ASKED, stage.record_of[CAROL])
    prices = (KindPrice(JobKind.RENDER, 1),)
    drawer = stage.register(BOB, Provider("https://d.example", (), prices, 8))
    with stage.refused(declarations.RequirementUnmet):
        stage.dispatch(stage.market, "bid", BOB, job, ASKED, drawer)
    poor = stage.register_provider(DAVE)
    with stage.refused(declarations.BondTooLow):
        stage.dispatch(stage.market, "bid", DAVE, job, ASKED, poor)
    with stage.refused(declarations.NoSuchJob):
        bid(stage, job + 1)


@pytest.mark.parametrize("price", [0, MAX + 1])
def test_a_price_is_within_the_limit(stage: MarketStage, job: int, price: int) -> None:
    with stage.refused(declarations.BadPrice):
        bid(stage, job, price=price)


def test_a_bid_needs_its_deposit(stage: MarketStage, job: int) -> None:
    free = stage.money.get_free(BOB)
    stage.money.hold(HoldReason.OFFER, BOB, free - BID_DEPOSIT)  # the existential deposit is free
    with stage.refused(declarations.NoEscrow):
        bid(stage, job)


def test_a_bid_comes_in_time(stage: MarketStage, job: int) -> None:
    stage.skip(TERMS.open_blocks)
    bid(stage, job)
    stage.skip(1)
    with stage.refused(declarations.DeadlinePassed):
        bid(stage, job, CAROL)
    with stage.refused(declarations.DeadlinePassed):
        accept(stage, job, Pick(0, BOB))
    stage.dispatch(stage.market, "unbid", BOB, job)


def test_a_job_has_so_many_bids(stage: MarketStage, job: int) -> None:
    for number in range(BIDS_MAX):
        who = AccountId(bytes([100 + number]) * 32)
        stage.money.mint(who, FUNDS)
        stage.record_of[who] = stage.register_provider(who)
        stage.dispatch(stage.bonds, "bond", who, Role.PROVIDER, BOND)
        bid(stage, job, who)
    with stage.refused(TooManyBids):
        bid(stage, job)
    bid(stage, job, AccountId(bytes([100]) * 32), 7)  # its own again
    stage.try_state()
    stage.skip(TERMS.open_blocks + 1)
    stage.dispatch(stage.market, "drop_bids", EVE, job)
    assert stage.get_job(job).bids == 0


def test_only_the_owner_accepts(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    with stage.refused(declarations.NotPayer):
        accept(stage, job, Pick(0, BOB), who=BOB)


def test_accepting_is_all_or_nothing(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    for bad, error in (
        (Pick(0, BOB), declarations.AlreadyLocked),  # twice
        (Pick(1, CAROL), NoSuchBid),
        (Pick(4, BOB), declarations.NoSuchSlot),
    ):
        with stage.refused(error):
            accept(stage, job, Pick(0, BOB), bad)
    with stage.refused(NoSuchBid):
        accept(stage, job, Pick(0, EVE))


def test_a_bid_whose_bond_is_gone_is_not_accepted(stage: MarketStage, job: int) -> None:
    bid(stage, job)
    bid(stage, job, CAROL)
    stage.dispatch(stage.bonds, "unbond", BOB, Role.PROVIDER, BOND - 1_000)
    with stage.refused(declarations.BondTooLow):
        accept(stage, job, Pick(0, CAROL), Pick(1, BOB))
    assert stage.get(job).state is SlotState.OPEN
    accept(stage, job, Pick(0, CAROL))


def test_an_accepted_provider_has_room(stage: MarketStage, job: int) -> None:
    small = stage.register_provider(BOB, max_parallel=1)
    stage.dispatch(stage.market, "bid", BOB, job, ASKED, small)
    with stage.refused(declarations.RequirementUnmet):
        accept(stage, job, Pick(0, BOB), Pick(1, BOB))
    accept(stage, job, Pick(0, BOB))


def test_nothing_is_lost(stage: MarketStage, job: int) -> None:
    total = get_total(stage)
    bid(stage, job)
    accept(stage, job, Pick(0, BOB))
    stage.dispatch(stage.market, "unbid", BOB, job)
    assert get_total(stage) == total
