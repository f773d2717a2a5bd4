"""The treasury: what it promises, pays and burns, and how fast it may empty."""

import pytest

from pallets.treasury import (
    TRANCHES_MAX,
    Burnt,
    NotDue,
    NothingPromised,
    Paid,
    Period,
    PeriodCapReached,
    SpendPromised,
    SpendVoided,
    UnknownSpend,
)
from runtime.address import Address20
from runtime.errors import BadOrigin, BelowMinimum, CannotLookup, NotExpendable
from runtime.frame import Origin
from tests.helpers.mock_runtime import ALICE, BOB, EXISTENTIAL_DEPOSIT, to
from tests.pallets.treasury.stage import (
    ACCOUNT,
    FUNDS,
    PERIOD,
    TREASURER,
    TreasuryStage,
)

CAP = FUNDS // 5


@pytest.fixture
def stage() -> TreasuryStage:
    return TreasuryStage()


def test_root_and_the_treasurer_promise_and_nobody_else(stage: TreasuryStage) -> None:
    for origin in (Origin.root(), Origin.signed(TREASURER)):
        stage.send(origin, "spend", to(BOB), 1_000, 1)
    assert stage.get_last_event() == SpendPromised(1, BOB, 1_000, 1)
    assert stage.treasury.promised.get() == 2_000
    for other in (ALICE, ACCOUNT, Origin.none()):
        with stage.refused(BadOrigin):
            stage.send(other, "spend", to(BOB), 1_000, 1)
        with stage.refused(BadOrigin):
            stage.send(other, "void_spend", 0)
    stage.runtime.try_state()


def test_a_promise_is_of_something_to_somebody(stage: TreasuryStage) -> None:
    for tranche, tranches in ((0, 1), (1_000, 0), (1_000, TRANCHES_MAX + 1)):
        with stage.refused(NothingPromised):
            stage.send(TREASURER, "spend", to(BOB), tranche, tranches)
    with stage.refused(CannotLookup):
        stage.send(TREASURER, "spend", Address20(bytes(20)), 1, 1)


def test_anybody_pays_a_promise_out_part_by_part(stage: TreasuryStage) -> None:
    stage.send(TREASURER, "spend", to(BOB), 1_000, 3)
    first = stage.now
    for left in (2, 1, 0):
        stage.send(ALICE, "payout", 0)
        assert stage.get_last_event() == Paid(0, BOB, 1_000, left)
        if left:
            stage.pass_blocks(PERIOD - 1)
            with stage.refused(NotDue):
                stage.send(ALICE, "payout", 0)
            stage.pass_blocks(1)
    assert stage.now == first + 2 * PERIOD
    assert stage.get_free(BOB) == 3_000
    with stage.refused(UnknownSpend):
        stage.send(ALICE, "payout", 0)
    with stage.refused(UnknownSpend):
        stage.send(TREASURER, "void_spend", 0)
    stage.runtime.try_state()


def test_a_part_paid_late_does_not_put_off_the_next(stage: TreasuryStage) -> None:
    stage.send(TREASURER, "spend", to(BOB), 1_000, 3)
    stage.pass_blocks(2 * PERIOD)
    for _ in range(3):
        stage.send(ALICE, "payout", 0)
    assert stage.get_free(BOB) == 3_000


def test_only_so_much_leaves_in_a_period(stage: TreasuryStage) -> None:
    for amount in (CAP - 1_000, 1_000, 1):
        stage.send(TREASURER, "spend", to(BOB), amount, 1)
    stage.send(ALICE, "payout", 0)
    stage.send(ALICE, "payout", 1)
    assert stage.get_free(BOB) == stage.treasury.get_cap() == CAP
    with stage.refused(PeriodCapReached):
        stage.send(ALICE, "payout", 2)
    stage.runtime.money.mint(ACCOUNT, 10)
    stage.send(ALICE, "payout", 2)
    stage.send(TREASURER, "spend", to(BOB), CAP, 1)
    stage.pass_period()
    with stage.refused(PeriodCapReached):
        stage.send(ALICE, "payout", 3)
    assert stage.treasury.get_cap() < CAP, "there is less now"
    stage.runtime.try_state()


def test_a_new_period_begins_with_nothing_paid(stage: TreasuryStage) -> None:
    stage.send(TREASURER, "spend", to(BOB), CAP, 1)
    stage.send(TREASURER, "spend", to(BOB), CAP // 2, 1)
    stage.send(ALICE, "payout", 0)
    with stage.refused(PeriodCapReached):
        stage.send(ALICE, "payout", 1)
    stage.pass_period()
    stage.send(ALICE, "payout", 1)
    assert stage.treasury.period.get() == Period(1, CAP // 2)


def test_a_promise_can_be_taken_back(stage: TreasuryStage) -> None:
    stage.send(TREASURER, "spend", to(BOB), 1_000, 3)
    stage.send(ALICE, "payout", 0)
    stage.send(TREASURER, "void_spend", 0)
    assert stage.get_last_event() == SpendVoided(0, 2_000)
    assert stage.treasury.promised.get() == 0
    assert stage.get_free(BOB) == 1_000
    stage.runtime.try_state()


def test_a_part_of_what_nobody_is_promised_burns_each_period(stage: TreasuryStage) -> None:
    stage.send(TREASURER, "spend", to(BOB), 100_000, 4)
    issuance = stage.money.get_issuance()
    stage.pass_blocks(PERIOD - stage.now - 1)
    assert stage.get_free() == FUNDS
    stage.pass_blocks(1)
    burned = (FUNDS - 400_000) // 100
    assert stage.get_last_event() == Burnt(burned)
    assert stage.get_free() == FUNDS - burned
    assert stage.money.get_issuance() == issuance - burned
    stage.send(TREASURER, "spend", to(BOB), FUNDS, 1)
    stage.pass_period()
    assert stage.get_free() == FUNDS - burned, "all of it is promised, and more"


@pytest.mark.parametrize("funds", [0, EXISTENTIAL_DEPOSIT, EXISTENTIAL_DEPOSIT + 1])
def test_an_all_but_empty_treasury_burns_nothing(funds: int) -> None:
    stage = TreasuryStage(funds)
    stage.pass_blocks(3 * PERIOD)
    assert stage.get_free() in (funds, EXISTENTIAL_DEPOSIT)
    stage.runtime.try_state()


def test_what_cannot_be_paid_stays_promised() -> None:
    stage = TreasuryStage(1_000)
    stage.send(TREASURER, "spend", to(BOB), EXISTENTIAL_DEPOSIT - 1, 1)
    with stage.refused(BelowMinimum):
        stage.send(ALICE, "payout", 0)
    assert stage.treasury.promised.get() == EXISTENTIAL_DEPOSIT - 1


def test_the_account_of_the_treasury_lives_on() -> None:
    stage = TreasuryStage(EXISTENTIAL_DEPOSIT + 10)
    stage.send(TREASURER, "spend", to(ALICE), 20, 1)
    with stage.refused(NotExpendable):
        stage.send(ALICE, "payout", 0)
