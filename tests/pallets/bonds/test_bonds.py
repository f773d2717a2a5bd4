"""Bonds: each call, event and error, and the rules of slashing."""

from collections.abc import Callable

import pytest

from pallets.bonds.declarations import (
    BelowMinimum,
    Bonded,
    DutyTaken,
    Locked,
    LockedFunds,
    NoSuchChunk,
    NotBonded,
    NotReady,
    RoleFroze,
    RoleFrozen,
    Slashed,
    TooManyChunks,
    Unbonding,
    Unlocked,
    Withdrawn,
    ZeroAmount,
)
from pallets.bonds.types import CHUNKS_MAX, Bond, Chunk
from runtime.errors import BadOrigin, FundsUnavailable
from runtime.frame import Origin
from runtime.frame.ai_types import Role, SlashOutcome, SlashSplit
from runtime.frame.traits import HoldReason
from tests.helpers.ledger import get_wealth
from tests.helpers.noop import assert_noop
from tests.pallets.bonds.stage import (
    ALICE,
    BOB,
    BOND_MIN,
    CAROL,
    FREEZE_BLOCKS,
    FUNDS,
    GRACE_BLOCKS,
    STRANGER,
    UNBONDING_BLOCKS,
    BondsStage,
    hash_duty,
    slot_duty,
)

PROVIDER = Role.PROVIDER
HALVES = SlashSplit(5_000, 5_000, 0, injured=BOB)
TRIAL = SlashSplit(4_000, 4_000, 2_000, injured=BOB, reporter=CAROL)


@pytest.fixture
def stage() -> BondsStage:
    return BondsStage()


def test_bond_puts_funds_on_hold(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_500)
    assert stage.bonds.bond_[ALICE, PROVIDER] == Bond(active=1_500)
    assert stage.ledger.get_held(HoldReason.BOND, ALICE) == 1_500
    assert stage.ledger.get_free(ALICE) == FUNDS - 1_500
    assert stage.get_last_event() == Bonded(ALICE, PROVIDER, 1_500)
    stage.bond(ALICE, 1)
    assert stage.bonds.get_bonded(ALICE, PROVIDER) == 1_501
    stage.bonds.try_state()


def test_bond_refuses(stage: BondsStage) -> None:
    with assert_noop(stage.state, BelowMinimum):
        stage.bond(ALICE, BOND_MIN - 1)
    with assert_noop(stage.state, ZeroAmount):
        stage.bond(ALICE, 0)
    with assert_noop(stage.state, FundsUnavailable):
        stage.bond(ALICE, FUNDS + 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda bonds, origin: bonds.bond(origin, PROVIDER, BOND_MIN),
        lambda bonds, origin: bonds.unbond(origin, PROVIDER, 1),
        lambda bonds, origin: bonds.cancel_unbond(origin, PROVIDER, 0),
        lambda bonds, origin: bonds.withdraw(origin, PROVIDER),
    ],
)
def test_calls_need_a_signer(stage: BondsStage, call: Callable[..., None]) -> None:
    with assert_noop(stage.state, BadOrigin):
        call(stage.bonds, Origin.root())
    with assert_noop(stage.state, BadOrigin):
        call(stage.bonds, Origin.none())


def test_roles_are_apart(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_000)
    stage.bond(ALICE, 2_000, Role.JUROR)
    assert stage.bonds.get_bonded(ALICE, PROVIDER) == 1_000
    assert stage.bonds.get_bonded(ALICE, Role.JUROR) == 2_000
    assert stage.ledger.get_held(HoldReason.BOND, ALICE) == 3_000
    with assert_noop(stage.state, NotBonded):
        stage.unbond(ALICE, 1_000, Role.AUDITOR)


def test_unbond_and_withdraw(stage: BondsStage) -> None:
    stage.bond(ALICE, 3_000)
    stage.unbond(ALICE, 500)
    release_at = 1 + UNBONDING_BLOCKS
    assert stage.get_last_event() == Unbonding(ALICE, PROVIDER, 500, release_at)
    assert stage.bonds.bond_[ALICE, PROVIDER].unbonding == (Chunk(500, release_at),)
    stage.blocks.number = release_at - 1
    with assert_noop(stage.state, NotReady):
        stage.bonds.withdraw(Origin.signed(ALICE), PROVIDER)
    stage.unbond(ALICE, 700)
    stage.blocks.number = release_at
    stage.bonds.withdraw(Origin.signed(ALICE), PROVIDER)
    assert stage.get_last_event() == Withdrawn(ALICE, PROVIDER, 500)
    assert stage.ledger.get_free(ALICE) == FUNDS - 2_500
    assert [chunk.amount for chunk in stage.bonds.bond_[ALICE, PROVIDER].unbonding] == [700]
    stage.bonds.try_state()


def test_a_bond_that_is_over_leaves_no_trace(stage: BondsStage) -> None:
    stage.bond(ALICE, 3_000)
    stage.unbond(ALICE, 3_000)
    stage.blocks.number += UNBONDING_BLOCKS
    stage.bonds.withdraw(Origin.signed(ALICE), PROVIDER)
    assert (ALICE, PROVIDER) not in stage.bonds.bond_
    assert stage.ledger.get_free(ALICE) == FUNDS
    with assert_noop(stage.state, NotBonded):
        stage.bonds.withdraw(Origin.signed(ALICE), PROVIDER)


def test_unbond_refuses(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    with assert_noop(stage.state, ZeroAmount):
        stage.unbond(ALICE, 0)
    with assert_noop(stage.state, LockedFunds):
        stage.unbond(ALICE, 2_001)
    with assert_noop(stage.state, BelowMinimum):
        stage.unbond(ALICE, 1_001)
    stage.unbond(ALICE, 1_000)
    stage.unbond(ALICE, 1_000)
    assert stage.bonds.get_bonded(ALICE, PROVIDER) == 0


def test_locked_cannot_be_unbonded(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_200, slot_duty(1))
    with assert_noop(stage.state, LockedFunds):
        stage.unbond(ALICE, 801)
    stage.unbond(ALICE, 800)
    assert stage.bonds.bond_[ALICE, PROVIDER].locked == 1_200


def test_chunks_are_bounded_and_one_a_block(stage: BondsStage) -> None:
    stage.bond(ALICE, 10_000)
    stage.unbond(ALICE, 1)
    stage.unbond(ALICE, 2)
    assert stage.bonds.bond_[ALICE, PROVIDER].unbonding == (Chunk(3, 1 + UNBONDING_BLOCKS),)
    for _ in range(CHUNKS_MAX - 1):
        stage.blocks.number += 1
        stage.unbond(ALICE, 1)
    stage.unbond(ALICE, 1)
    stage.blocks.number += 1
    with assert_noop(stage.state, TooManyChunks):
        stage.unbond(ALICE, 1)


def test_cancel_unbond(stage: BondsStage) -> None:
    stage.bond(ALICE, 5_000)
    stage.unbond(ALICE, 10)
    stage.blocks.number += 1
    stage.unbond(ALICE, 20)
    with assert_noop(stage.state, NoSuchChunk):
        stage.bonds.cancel_unbond(Origin.signed(ALICE), PROVIDER, 2)
    stage.bonds.cancel_unbond(Origin.signed(ALICE), PROVIDER, 0)
    assert stage.get_last_event() == Bonded(ALICE, PROVIDER, 10)
    bond = stage.bonds.bond_[ALICE, PROVIDER]
    assert (bond.active, [chunk.amount for chunk in bond.unbonding]) == (4_980, [20])
    with assert_noop(stage.state, NotBonded):
        stage.bonds.cancel_unbond(Origin.signed(BOB), PROVIDER, 0)


def test_cancel_unbond_must_reach_the_minimum(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_000)
    stage.unbond(ALICE, 1_000)
    stage.blocks.number += 1
    stage.bond(ALICE, 1_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.slash(slot_duty(1), HALVES, 1_000 + 400)
    with assert_noop(stage.state, BelowMinimum):
        stage.bonds.cancel_unbond(Origin.signed(ALICE), PROVIDER, 0)


def test_lock_and_unlock(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_500, slot_duty(1))
    assert stage.get_last_event() == Locked(ALICE, PROVIDER, 1_500, slot_duty(1))
    assert stage.bonds.get_bonded(ALICE, PROVIDER) == 500
    assert stage.bonds.get_locked(slot_duty(1)) == 1_500
    assert stage.bonds.get_locked(slot_duty(2)) == 0
    stage.bonds.try_state()
    stage.bonds.unlock(slot_duty(1))
    assert stage.get_last_event() == Unlocked(ALICE, PROVIDER, 1_500, slot_duty(1))
    assert stage.bonds.bond_[ALICE, PROVIDER] == Bond(active=2_000)
    assert stage.bonds.get_locked(slot_duty(1)) == 0


def test_lock_refuses(stage: BondsStage) -> None:
    with assert_noop(stage.state, NotBonded):
        stage.bonds.lock(ALICE, PROVIDER, 1, slot_duty(1))
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    with assert_noop(stage.state, LockedFunds):
        stage.bonds.lock(ALICE, PROVIDER, 1_001, slot_duty(2))
    with assert_noop(stage.state, DutyTaken):
        stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.slash(slot_duty(1), HALVES, 1_100)
    with assert_noop(stage.state, BelowMinimum):
        stage.bonds.lock(ALICE, PROVIDER, 1, slot_duty(2))


def test_a_duty_ends_once(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, hash_duty(1))
    stage.bonds.unlock(hash_duty(1))
    with pytest.raises(AssertionError, match="a duty ends once"):
        stage.bonds.unlock(hash_duty(1))
    with pytest.raises(AssertionError, match="a duty ends once"):
        stage.bonds.slash(hash_duty(1), HALVES)
    with pytest.raises(AssertionError, match="is missed once"):
        stage.bonds.note_miss(hash_duty(1), HALVES)


def test_slash_of_a_verdict(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 999, slot_duty(1))
    issuance = stage.ledger.get_issuance()
    outcome = stage.bonds.slash(slot_duty(1), TRIAL)
    assert outcome == SlashOutcome(slashed=999, burned=401, injured=399, reporter=199)
    assert stage.ledger.get_issuance() == issuance - 401
    assert stage.ledger.get_free(BOB) == FUNDS + 399
    assert stage.ledger.get_free(CAROL) == FUNDS + 199
    assert stage.bonds.bond_[ALICE, PROVIDER] == Bond(active=1_001)
    assert stage.get_last_event() == Slashed(
        ALICE, PROVIDER, slot_duty(1), 999, 401, BOB, 399, CAROL, 199
    )
    stage.bonds.try_state()


def test_a_smaller_slash_frees_the_rest_of_the_lock(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.slash(slot_duty(1), HALVES, 300)
    assert stage.bonds.bond_[ALICE, PROVIDER] == Bond(active=1_700)


def test_slash_order(stage: BondsStage) -> None:
    stage.bond(ALICE, 3_000)
    stage.unbond(ALICE, 100)
    stage.blocks.number += 1
    stage.unbond(ALICE, 200)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.lock(ALICE, PROVIDER, 700, slot_duty(2))
    old, new = Chunk(100, 1 + UNBONDING_BLOCKS), Chunk(200, 2 + UNBONDING_BLOCKS)
    # 1,000 locked for the duty, then all 1,000 that are free, then 50 of the newest chunk.
    stage.bonds.slash(slot_duty(1), HALVES, 2_050)
    bond = stage.bonds.bond_[ALICE, PROVIDER]
    assert bond == Bond(0, 700, (old, Chunk(150, new.release_at)))
    # More than there is takes all there is, but never another duty's lock.
    stage.blocks.number += UNBONDING_BLOCKS
    stage.bond(ALICE, 300)
    stage.bonds.lock(ALICE, PROVIDER, 300, slot_duty(3))
    outcome = stage.bonds.slash(slot_duty(3), HALVES, 10**9)
    assert outcome.slashed == 300 + 150 + 100
    assert stage.bonds.bond_[ALICE, PROVIDER] == Bond(0, 700)
    stage.bonds.try_state()


def test_unbonding_stays_slashable_until_it_is_withdrawn(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.unbond(ALICE, 1_000)
    stage.blocks.number += 10 * UNBONDING_BLOCKS
    assert stage.bonds.slash(slot_duty(1), HALVES, 2_000).slashed == 2_000
    assert (ALICE, PROVIDER) not in stage.bonds.bond_


@pytest.mark.parametrize("split", [TRIAL, HALVES, SlashSplit(4_000, 6_000, injured=ALICE)])
def test_who_reports_himself_loses(stage: BondsStage, split: SlashSplit) -> None:
    own = SlashSplit(split.burned_bps, split.injured_bps, split.reporter_bps, ALICE, ALICE)
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 2_000, slot_duty(1))
    wealth = get_wealth(stage.ledger, ALICE)
    outcome = stage.bonds.slash(slot_duty(1), own)
    lost = wealth - get_wealth(stage.ledger, ALICE)
    assert lost == outcome.burned >= 800


def test_a_share_nobody_can_receive_is_burned(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 900, slot_duty(1))
    nobody = SlashSplit(4_000, 4_000, 2_000, injured=STRANGER, reporter=None)
    outcome = stage.bonds.slash(slot_duty(1), nobody)
    assert outcome == SlashOutcome(slashed=900, burned=900)
    stage.bonds.try_state()


@pytest.mark.parametrize("parts", [(3_999, 6_001, 0), (5_000, 4_000, 0), (11_000, -1_000, 0)])
def test_splits_that_are_none(parts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="slash"):
        SlashSplit(*parts)


def test_the_first_miss_freezes(stage: BondsStage) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    assert stage.bonds.note_miss(slot_duty(1), HALVES) == SlashOutcome()
    until = 1 + FREEZE_BLOCKS
    assert stage.get_last_event() == RoleFroze(ALICE, PROVIDER, slot_duty(1), until)
    assert stage.bonds.is_frozen(ALICE, PROVIDER)
    assert stage.bonds.get_bonded(ALICE, PROVIDER) == 2_000
    with assert_noop(stage.state, RoleFrozen):
        stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(2))
    with assert_noop(stage.state, RoleFrozen):
        stage.unbond(ALICE, 2_000)
    stage.blocks.number = until
    assert not stage.bonds.is_frozen(ALICE, PROVIDER)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(2))


@pytest.mark.parametrize("later, slashed", [(GRACE_BLOCKS, 1_000), (GRACE_BLOCKS + 1, 0)])
def test_the_next_miss_within_the_grace_slashes(
    stage: BondsStage, later: int, slashed: int
) -> None:
    stage.bond(ALICE, 2_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.note_miss(slot_duty(1), HALVES)
    stage.blocks.number += later
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(2))
    assert stage.bonds.note_miss(slot_duty(2), HALVES).slashed == slashed
    stage.bonds.try_state()


def test_a_miss_is_remembered_by_a_bond_that_is_empty(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(1))
    stage.bonds.note_miss(slot_duty(1), HALVES)
    stage.blocks.number += FREEZE_BLOCKS
    stage.unbond(ALICE, 1_000)
    stage.blocks.number += UNBONDING_BLOCKS
    stage.bonds.withdraw(Origin.signed(ALICE), PROVIDER)
    stage.bonds.try_state()
    stage.bond(ALICE, 1_000)
    stage.bonds.lock(ALICE, PROVIDER, 1_000, slot_duty(2))
    assert stage.bonds.note_miss(slot_duty(2), HALVES).slashed == 1_000


def test_a_duty_may_hold_nothing(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_000)
    stage.bonds.lock(ALICE, PROVIDER, 0, slot_duty(1))
    stage.bonds.try_state()
    assert stage.bonds.slash(slot_duty(1), HALVES) == SlashOutcome()
    stage.bonds.try_state()


def test_try_state_sees_a_hold_that_is_gone(stage: BondsStage) -> None:
    stage.bond(ALICE, 1_000)
    stage.ledger.release(HoldReason.BOND, ALICE, 1)
    with pytest.raises(AssertionError, match="on hold"):
        stage.bonds.try_state()
