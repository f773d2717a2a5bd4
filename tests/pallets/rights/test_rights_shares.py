"""Shares: who earns what a record earns, and from when on."""

import pytest

from pallets.assets import declarations as assets
from pallets.registry.declarations import NotOwner
from pallets.rights import declarations as rights
from pallets.rights.types import get_purse
from runtime.address import Id
from runtime.errors import FundsUnavailable
from runtime.frame import Origin
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import AccountId
from tests.helpers.ledger import EXISTENTIAL_DEPOSIT, get_wealth
from tests.pallets.rights.stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ENTRY_DEPOSIT,
    FUNDS,
    STRANGER,
    RightsStage,
)

SUPPLY = 1_000


@pytest.fixture
def stage() -> RightsStage:
    """ALICE has 500 shares of record 0, BOB 300, CAROL 200."""
    stage = RightsStage()
    stage.issue()
    stage.give_shares(ALICE, BOB, 300)
    stage.give_shares(ALICE, CAROL, 200)
    return stage


def get_claimable(stage: RightsStage, *accounts: AccountId) -> list[int]:
    return [stage.rights.revenue.get_claimable(0, who) for who in accounts]


def test_the_purse_is_paid_from_the_issue_on() -> None:
    stage = RightsStage()
    assert stage.titles.get_payee(0) == ALICE
    stage.issue()
    asset = stage.rights.pool[0].asset
    assert stage.get_last_event() == rights.SharesIssued(0, asset, SUPPLY, get_purse(0))
    assert stage.titles.get_payee(0) == get_purse(0)
    assert stage.get_purse() == EXISTENTIAL_DEPOSIT
    assert stage.get_shares(0, ALICE) == SUPPLY
    with stage.refused(rights.IssuedAlready):
        stage.issue()
    with stage.refused(NotOwner):
        stage.issue(BOB)
    stage.register(BOB)
    with stage.refused(rights.ZeroAmount):
        stage.issue(BOB, 1, 0)
    stage.ledger.burn(BOB, FUNDS - 8_000, Preservation.PRESERVE)
    with stage.refused(FundsUnavailable):
        stage.issue(BOB, 1)


def test_shares_are_issued_into_another_hand_at_the_owners_cost() -> None:
    """As a pool of contributors has them, until it gives them away or burns them."""
    stage = RightsStage()
    revenue = stage.rights.revenue
    pot = AccountId(b"pot".ljust(32, b"\0"))
    revenue.issue_to(ALICE, 0, SUPPLY, pot)
    held = stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, ALICE)
    assert (revenue.get_shares(0, pot), revenue.get_shares(0, ALICE)) == (SUPPLY, 0)
    with stage.refused(rights.NotAllShares):
        revenue.redeem(ALICE, 0)
    revenue.give(0, pot, BOB, 300)
    assert stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, BOB) == 100
    with stage.refused(FundsUnavailable):
        revenue.give(0, pot, STRANGER, 1)
    revenue.burn(0, pot, 700)
    assert stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, ALICE) == held - 100
    assert revenue.get_shares(0, pot) == revenue.get_shares(1, pot) == 0
    revenue.burn(0, BOB, 300)
    revenue.redeem(ALICE, 0)
    assert stage.titles.get_payee(0) == ALICE
    stage.try_state()


def test_royalties_and_sales_go_to_the_purse(stage: RightsStage) -> None:
    child = stage.register(DAVE, {0: 1_000})
    assert stage.titles.get_royalties(child, 1) == ((get_purse(0), 1_000),)
    stage.buy(BOB, stage.offer())
    assert stage.get_purse() == EXISTENTIAL_DEPOSIT + 9_800
    stage.try_state()


def test_revenue_is_divided_by_staked_shares(stage: RightsStage) -> None:
    stage.stake(BOB, 300)
    stage.stake(CAROL, 100)
    stage.pay(DAVE, 0, 4_000)
    assert get_claimable(stage, ALICE, BOB, CAROL) == [0, 3_000, 1_000]
    before = get_wealth(stage.ledger, BOB)
    stage.claim(BOB)
    assert get_wealth(stage.ledger, BOB) - before == 3_000
    assert stage.get_last_event() == rights.RevenueClaimed(0, BOB, 3_000)
    with stage.refused(rights.NothingToClaim):
        stage.claim(BOB)
    stage.pay(DAVE, 0, 400)
    assert get_claimable(stage, BOB, CAROL) == [300, 1_100]
    stage.try_state()


def test_a_stake_earns_nothing_of_what_came_before(stage: RightsStage) -> None:
    stage.stake(BOB, 300)
    stage.pay(DAVE, 0, 3_000)
    stage.stake(ALICE, 500)
    assert get_claimable(stage, ALICE, BOB) == [0, 3_000]
    with stage.refused(rights.NothingToClaim):
        stage.claim(ALICE)
    stage.pay(DAVE, 0, 800)
    assert get_claimable(stage, ALICE, BOB) == [500, 3_300]


def test_with_nobody_staked_it_is_the_owners(stage: RightsStage) -> None:
    stage.pay(DAVE, 0, 3_000)
    before = get_wealth(stage.ledger, ALICE)
    stage.stake(BOB, 300)
    assert get_wealth(stage.ledger, ALICE) - before == 3_000
    assert get_claimable(stage, BOB) == [0]
    assert rights.RevenuePaid(0, 3_000, 0, ALICE) in stage.state.events


def test_what_is_staked_stays_and_pays_when_it_leaves(stage: RightsStage) -> None:
    stage.stake(BOB, 200)
    stage.stake(BOB, 56)
    assert stage.ledger.get_held(HoldReason.OFFER, BOB) == ENTRY_DEPOSIT
    with stage.refused(assets.Insufficient):
        stage.give_shares(BOB, CAROL, 45)
    with stage.refused(assets.Insufficient):
        stage.stake(BOB, 45)
    with stage.refused(rights.NotStaked):
        stage.unstake(BOB, 257)
    stage.pay(DAVE, 0, 1_000)
    before = get_wealth(stage.ledger, BOB)
    stage.unstake(BOB, 128)
    stage.pay(DAVE, 0, 70)
    stage.unstake(BOB, 128)
    assert get_wealth(stage.ledger, BOB) - before == 1_070
    assert stage.ledger.get_held(HoldReason.OFFER, BOB) == 0
    assert (0, BOB) not in stage.rights.stake
    stage.give_shares(BOB, CAROL, 300)
    stage.try_state()


def test_less_than_a_planck_is_kept_for_later(stage: RightsStage) -> None:
    for who, amount in ((ALICE, 1), (BOB, 1), (CAROL, 1)):
        stage.stake(who, amount)
    for _ in range(2):
        stage.pay(DAVE, 0, 1)
        for who in (ALICE, BOB, CAROL):
            with stage.refused(rights.NothingToClaim):
                stage.claim(who)
    stage.stake(ALICE, 1)  # stores the fraction
    stage.pay(DAVE, 0, 1)
    assert stage.rights.stake[0, ALICE].fraction > 0
    assert get_claimable(stage, ALICE) == [1], "two thirds and a half"
    stage.try_state()


def test_who_has_no_shares_earns_nothing(stage: RightsStage) -> None:
    with stage.refused(rights.NotStaked):
        stage.claim(DAVE)
    with stage.refused(rights.NotStaked):
        stage.unstake(DAVE, 1)
    for step in (stage.stake, stage.unstake):
        with stage.refused(rights.ZeroAmount):
            step(BOB, 0)
    with stage.refused(assets.Insufficient):
        stage.stake(DAVE, 1)
    stage.register(DAVE)
    for act in (stage.claim, stage.redeem):
        with stage.refused(rights.NoShares):
            act(DAVE, 1)
    with stage.refused(rights.NoShares):
        stage.stake(DAVE, 1, 1)
    stage.assets.transfer(Origin.signed(BOB), stage.rights.pool[0].asset, Id(STRANGER), 1)
    with stage.refused(FundsUnavailable):
        stage.stake(STRANGER, 1)


def test_whoever_holds_all_shares_ends_them(stage: RightsStage) -> None:
    stage.pay(DAVE, 0, 999)
    for who in (ALICE, BOB):
        with stage.refused(rights.NotAllShares):
            stage.redeem(who)
    stage.give_shares(ALICE, CAROL, 500)
    stage.give_shares(BOB, CAROL, 300)
    stage.stake(CAROL, 1)
    with stage.refused(rights.NotAllShares):
        stage.redeem(CAROL)
    stage.unstake(CAROL, 1)
    stage.pay(DAVE, 0, 77)
    before = get_wealth(stage.ledger, CAROL)
    stage.redeem(CAROL)
    assert get_wealth(stage.ledger, CAROL) - before == EXISTENTIAL_DEPOSIT + 77
    assert stage.get_purse() == 0
    assert stage.titles.get_payee(0) == ALICE
    for who in (ALICE, BOB, CAROL):
        assert stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, who) == 0
    stage.try_state()
    stage.issue()


def test_shares_that_are_all_burned_are_the_owners_to_end(stage: RightsStage) -> None:
    asset = stage.rights.pool[0].asset
    for who, amount in ((ALICE, 500), (BOB, 300), (CAROL, 200)):
        stage.assets.burn(Origin.signed(who), asset, amount)
    with stage.refused(rights.NotAllShares):
        stage.redeem(BOB)
    stage.redeem(ALICE)
    assert 0 not in stage.rights.pool


def test_shares_outlive_their_record(stage: RightsStage) -> None:
    stage.stake(BOB, 300)
    stage.pay(DAVE, 0, 600)
    stage.retire(ALICE, 0)
    assert stage.titles.get_payee(0) is None
    stage.try_state()
    stage.unstake(BOB, 300)
    assert stage.get_purse() == EXISTENTIAL_DEPOSIT
    stage.ledger.transfer(DAVE, get_purse(0), 50, Preservation.PRESERVE)
    stage.stake(CAROL, 200)
    assert get_claimable(stage, CAROL) == [0], "what came with nobody staked is nobody's"
    stage.unstake(CAROL, 200)
    stage.try_state()
    stage.give_shares(BOB, ALICE, 300)
    stage.give_shares(CAROL, ALICE, 200)
    before = get_wealth(stage.ledger, ALICE)
    stage.redeem(ALICE)
    assert get_wealth(stage.ledger, ALICE) - before == EXISTENTIAL_DEPOSIT + 50


def test_a_fraction_that_nobody_can_claim_is_counted_as_lost(stage: RightsStage) -> None:
    for who in (ALICE, BOB, CAROL):
        stage.stake(who, 1)
    stage.pay(DAVE, 0, 1)
    stage.unstake(BOB, 1)
    assert stage.rights.pool[0].lost > 0
    stage.try_state()
