"""Assets one call at a time: who may do what, and who pays for it."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from pallets.assets import declarations as assets
from pallets.assets.types import SUPPLY_MAX, AccountOwner
from runtime.errors import FundsUnavailable
from runtime.frame.asset_traits import AssetHoldReason
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.pallets.assets.stage import (
    ALICE,
    ASSET_DEPOSIT,
    BOB,
    CAROL,
    HOLDING_DEPOSIT,
    KEEPER,
    STRANGER,
    AssetsStage,
)

Steps: TypeAlias = tuple[Callable[[], None], ...]
STAKED = AssetHoldReason.STAKED_SHARES


@pytest.fixture
def stage() -> AssetsStage:
    return AssetsStage()


def get_deposit(stage: AssetsStage, who: AccountId) -> int:
    return stage.ledger.get_held(HoldReason.ASSET_DEPOSIT, who)


# --- the life of an asset


def test_an_asset_is_paid_for_until_it_is_destroyed(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    assert get_deposit(stage, ALICE) > ASSET_DEPOSIT
    stage.mint(ALICE, asset, ALICE, 5)
    with stage.refused(assets.SupplyNotZero):
        stage.destroy(ALICE, asset)
    stage.burn(ALICE, asset, 5)
    stage.destroy(ALICE, asset)
    assert get_deposit(stage, ALICE) == 0
    assert stage.get_last_event() == assets.Destroyed(asset)
    acts: Steps = (
        lambda: stage.mint(ALICE, asset, BOB, 1),
        lambda: stage.burn(ALICE, asset, 1),
        lambda: stage.transfer(ALICE, asset, BOB, 1),
        lambda: stage.approve(ALICE, asset, BOB, 1),
        lambda: stage.freeze(ALICE, asset, BOB),
        lambda: stage.set_owner(ALICE, asset, BOB),
        lambda: stage.destroy(ALICE, asset),
        lambda: stage.poke(ALICE, asset, BOB),
    )
    for act in acts:
        with stage.refused(assets.NoAsset):
            act()
    assert stage.create(ALICE) == asset + 1, "a number is never given twice"


def test_only_the_owner_decides(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 5)
    acts: Steps = (
        lambda: stage.mint(BOB, asset, BOB, 1),
        lambda: stage.freeze(BOB, asset, BOB, is_frozen=False),
        lambda: stage.set_owner(BOB, asset, BOB),
        lambda: stage.destroy(BOB, asset),
    )
    for act in acts:
        with stage.refused(assets.NotOwner):
            act()


def test_nobody_mints_what_a_pallet_keeps(stage: AssetsStage) -> None:
    asset = stage.create_kept(ALICE)
    with stage.refused(assets.NotOwner):
        stage.mint(ALICE, asset, ALICE, 1)
    with stage.refused(assets.NotOwner):
        stage.destroy(ALICE, asset)
    stage.book.mint_kept(KEEPER, asset, BOB, 2)
    with stage.refused(assets.NonTransferable):
        stage.transfer(BOB, asset, ALICE, 1)
    stage.book.move_kept(KEEPER, asset, BOB, CAROL, 1)
    assert get_deposit(stage, CAROL) == HOLDING_DEPOSIT, "who receives it pays"
    stage.burn(BOB, asset, 1)
    stage.book.burn_kept(KEEPER, asset, CAROL, 1)
    stage.book.destroy_kept(KEEPER, asset)
    assert [get_deposit(stage, who) for who in (ALICE, BOB, CAROL)] == [0, 0, 0]


def test_a_keeper_cannot_touch_what_people_own(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    with pytest.raises(AssertionError, match="keeper"):
        stage.book.mint_kept(KEEPER, asset, ALICE, 1)


def test_the_deposit_goes_with_the_asset(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    deposit = get_deposit(stage, ALICE)
    stage.set_owner(ALICE, asset, BOB)
    assert (get_deposit(stage, ALICE), get_deposit(stage, BOB)) == (0, deposit)
    assert stage.assets.asset[asset].owner == AccountOwner(BOB)
    with stage.refused(assets.NotOwner):
        stage.mint(ALICE, asset, ALICE, 1)
    with stage.refused(FundsUnavailable):
        stage.set_owner(BOB, asset, STRANGER)


def test_an_asset_expires_later_or_never(stage: AssetsStage) -> None:
    stage.blocks.number = 10
    with stage.refused(assets.BadExpiry):
        stage.create(ALICE, expires_at=10)
    with stage.refused(assets.ZeroAmount):
        stage.create(ALICE, 0)
    with stage.refused(FundsUnavailable):
        stage.create(STRANGER)


# --- units


def test_there_are_no_more_units_than_can_be_counted(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, ALICE, SUPPLY_MAX)
    with stage.refused(assets.Overflow):
        stage.mint(ALICE, asset, BOB, 1)
    stage.transfer(ALICE, asset, BOB, SUPPLY_MAX)
    stage.burn(BOB, asset, SUPPLY_MAX)
    assert stage.book.get_supply(asset) == 0


def test_who_causes_a_holding_pays_for_it(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    own = get_deposit(stage, ALICE)
    stage.mint(ALICE, asset, STRANGER, 10)
    assert get_deposit(stage, ALICE) == own + HOLDING_DEPOSIT
    stage.mint(ALICE, asset, BOB, 10)
    stage.transfer(BOB, asset, CAROL, 10)  # BOB's entry goes, and ALICE has its deposit back
    assert get_deposit(stage, ALICE) == own + HOLDING_DEPOSIT
    assert (get_deposit(stage, BOB), get_deposit(stage, CAROL)) == (HOLDING_DEPOSIT, 0)
    with stage.refused(FundsUnavailable):
        stage.transfer(STRANGER, asset, BOB, 1)
    stage.transfer(STRANGER, asset, CAROL, 10)
    assert get_deposit(stage, ALICE) == own


def test_nobody_moves_or_burns_more_than_is_free(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 10)
    stage.book.hold(STAKED, asset, BOB, 4)
    acts: Steps = (
        lambda: stage.transfer(BOB, asset, CAROL, 7),
        lambda: stage.burn(BOB, asset, 7),
        lambda: stage.transfer(CAROL, asset, BOB, 1),
        lambda: stage.book.hold(STAKED, asset, BOB, 7),
        lambda: stage.book.release(STAKED, asset, BOB, 5),
    )
    for act in acts:
        with stage.refused(assets.Insufficient):
            act()
    stage.transfer(BOB, asset, CAROL, 6)
    stage.book.release(STAKED, asset, BOB, 4)
    stage.transfer(BOB, asset, CAROL, 4)
    assert stage.get_balance(asset, CAROL) == 10


def test_nothing_is_no_amount(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 10)
    acts: Steps = (
        lambda: stage.mint(ALICE, asset, BOB, 0),
        lambda: stage.burn(BOB, asset, 0),
        lambda: stage.transfer(BOB, asset, CAROL, 0),
        lambda: stage.book.hold(STAKED, asset, BOB, 0),
        lambda: stage.book.release(STAKED, asset, BOB, 0),
    )
    for act in acts:
        with stage.refused(assets.ZeroAmount):
            act()


def test_to_oneself_a_transfer_only_checks(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 10)
    stage.transfer(BOB, asset, BOB, 10)
    assert stage.get_balance(asset, BOB) == 10
    with stage.refused(assets.Insufficient):
        stage.transfer(BOB, asset, BOB, 11)


# --- the least a holding may be


def test_no_holding_begins_below_the_minimum(stage: AssetsStage) -> None:
    asset = stage.create(ALICE, 10)
    with stage.refused(assets.BelowMin):
        stage.mint(ALICE, asset, BOB, 9)
    stage.mint(ALICE, asset, BOB, 20)
    with stage.refused(assets.BelowMin):
        stage.transfer(BOB, asset, CAROL, 9)


def test_what_remains_below_the_minimum_is_the_owners(stage: AssetsStage) -> None:
    asset = stage.create(ALICE, 10)
    stage.mint(ALICE, asset, ALICE, 10)
    stage.mint(ALICE, asset, BOB, 25)
    stage.transfer(BOB, asset, CAROL, 16)
    balances = [stage.get_balance(asset, who) for who in (ALICE, BOB, CAROL)]
    assert balances == [19, 0, 16]
    assert stage.get_last_event() == assets.Transferred(asset, BOB, ALICE, 9)


def test_it_is_burned_where_the_owner_holds_nothing(stage: AssetsStage) -> None:
    asset = stage.create(ALICE, 10)
    stage.mint(ALICE, asset, BOB, 25)
    stage.transfer(BOB, asset, CAROL, 16)
    assert stage.book.get_supply(asset) == 16
    assert stage.get_last_event() == assets.Burned(asset, BOB, 9)
    stage.burn(CAROL, asset, 7)
    assert stage.book.get_supply(asset) == 0


def test_what_is_on_hold_is_never_swept(stage: AssetsStage) -> None:
    asset = stage.create(ALICE, 10)
    stage.mint(ALICE, asset, BOB, 12)
    stage.book.hold(STAKED, asset, BOB, 2)
    with stage.refused(assets.BelowMin):
        stage.burn(BOB, asset, 5)


# --- frozen and expired


def test_a_frozen_holding_can_only_be_burned(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 10)
    stage.approve(BOB, asset, CAROL, 10)
    with stage.refused(assets.NoHolding):
        stage.freeze(ALICE, asset, CAROL)
    stage.freeze(ALICE, asset, BOB)
    acts: Steps = (
        lambda: stage.transfer(BOB, asset, CAROL, 1),
        lambda: stage.transfer_from(CAROL, asset, BOB, CAROL, 1),
        lambda: stage.book.hold(STAKED, asset, BOB, 1),
    )
    for act in acts:
        with stage.refused(assets.FrozenHolding):
            act()
    stage.burn(BOB, asset, 1)
    stage.mint(ALICE, asset, BOB, 1)
    stage.freeze(ALICE, asset, BOB, is_frozen=False)
    stage.transfer(BOB, asset, CAROL, 10)


def test_an_expired_asset_can_only_be_burned(stage: AssetsStage) -> None:
    asset = stage.create(ALICE, expires_at=20)
    stage.mint(ALICE, asset, BOB, 10)
    stage.book.hold(STAKED, asset, BOB, 3)
    stage.approve(BOB, asset, CAROL, 5)
    stage.blocks.number = 19
    stage.transfer(BOB, asset, CAROL, 1)
    with stage.refused(assets.NotExpired):
        stage.poke(CAROL, asset, BOB)
    stage.blocks.number = 20
    acts: Steps = (
        lambda: stage.mint(ALICE, asset, BOB, 1),
        lambda: stage.transfer(BOB, asset, CAROL, 1),
        lambda: stage.transfer_from(CAROL, asset, BOB, CAROL, 1),
        lambda: stage.book.hold(STAKED, asset, BOB, 1),
    )
    for act in acts:
        with stage.refused(assets.Expired):
            act()
    stage.burn(BOB, asset, 1)
    stage.poke(CAROL, asset, BOB)
    stage.poke(BOB, asset, CAROL)
    with stage.refused(assets.NoHolding):
        stage.poke(CAROL, asset, BOB)
    stage.destroy(ALICE, asset)
    stage.approve(BOB, asset, CAROL, 0)
    assert [get_deposit(stage, who) for who in (ALICE, BOB, CAROL)] == [0, 0, 0]
    stage.assets.try_state()


# --- approvals


def test_an_approval_only_falls_by_spending(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    stage.mint(ALICE, asset, BOB, 10)
    stage.approve(BOB, asset, CAROL, 6)
    stage.transfer_from(CAROL, asset, BOB, STRANGER, 4)
    assert stage.assets.approval[asset, BOB, CAROL].amount == 2
    assert get_deposit(stage, CAROL) == HOLDING_DEPOSIT, "the spender caused the holding"
    with stage.refused(assets.NotApproved):
        stage.transfer_from(CAROL, asset, BOB, CAROL, 3)
    with stage.refused(assets.NotApproved):
        stage.transfer_from(ALICE, asset, BOB, ALICE, 1)
    stage.transfer_from(CAROL, asset, BOB, STRANGER, 2)
    assert (asset, BOB, CAROL) not in stage.assets.approval
    assert get_deposit(stage, BOB) == 0


def test_an_approval_is_set_anew_and_ended(stage: AssetsStage) -> None:
    asset = stage.create(ALICE)
    with stage.refused(assets.NotApproved):
        stage.approve(BOB, asset, CAROL, 0)
    stage.approve(BOB, asset, CAROL, 6)
    stage.approve(BOB, asset, CAROL, 9)
    assert stage.assets.approval[asset, BOB, CAROL].amount == 9
    assert get_deposit(stage, BOB) == HOLDING_DEPOSIT
    with stage.refused(assets.Insufficient):
        stage.transfer_from(CAROL, asset, BOB, CAROL, 1)
    stage.approve(BOB, asset, CAROL, 0)
    assert get_deposit(stage, BOB) == 0
    with stage.refused(FundsUnavailable):
        stage.approve(STRANGER, asset, CAROL, 1)
