"""The calls of balances that are for root alone."""

import pytest

from pallets.balances.errors import DeltaZero, IssuanceDeactivated
from pallets.balances.events import (
    BalanceSet,
    Endowed,
    Issued,
    Rescinded,
    TotalIssuanceForced,
    Unreserved,
)
from pallets.balances.types import AdjustmentDirection, ReserveData
from runtime.account import AccountData
from runtime.errors import (
    BadOrigin,
    ConsumerRemaining,
    Overflow,
    Underflow,
)
from runtime.frame import Origin
from runtime.frame.traits import HoldReason
from runtime.system import KilledAccount, NewAccount
from tests.helpers.mock_runtime import (
    ALICE,
    BOB,
    CHARLIE,
    MockRuntime,
    signed,
    to,
)
from tests.helpers.noop import assert_noop

ISSUANCE_MAX = 2**128 - 1


@pytest.fixture
def runtime() -> MockRuntime:
    """Alice has 1000, Bob 500; the deposit is 100."""
    return MockRuntime([(ALICE, 1_000), (BOB, 500)])


def get_frees(runtime: MockRuntime) -> tuple[int, int, int]:
    """The free balances of Alice, Bob and Charlie."""
    get_free = runtime.money.get_free
    return get_free(ALICE), get_free(BOB), get_free(CHARLIE)


# --- force_unreserve


def reserve(runtime: MockRuntime, *amounts: int) -> None:
    """Named reserves for Alice out of her thousand; no pallet makes any."""
    total = sum(amounts)
    runtime.balances.reserves[ALICE] = tuple(
        ReserveData(bytes([n]) * 8, amount) for n, amount in enumerate(amounts)
    )
    runtime.system.put_data(ALICE, AccountData(1_000 - total, total))
    runtime.system.note_consumer(ALICE)
    runtime.try_state()


@pytest.mark.parametrize(
    "amount, freed, rest",
    [(50, 50, (150, 300)), (200, 200, (300,)), (350, 350, (150,)), (501, 500, ())],
)
def test_force_unreserve_frees_the_oldest_first(
    runtime: MockRuntime, amount: int, freed: int, rest: tuple[int, ...]
) -> None:
    reserve(runtime, 200, 300)
    runtime.balances.force_unreserve(Origin.root(), to(ALICE), amount)
    assert runtime.system.get_data(ALICE) == AccountData(500 + freed, 500 - freed)
    assert tuple(each.amount for each in runtime.balances.reserves[ALICE]) == rest
    assert runtime.get_events() == [Unreserved(ALICE, freed)]
    runtime.try_state()


def test_force_unreserve_does_not_touch_holds(runtime: MockRuntime) -> None:
    runtime.money.hold(HoldReason.BOND, ALICE, 300)
    before = runtime.state.changes()
    runtime.balances.force_unreserve(Origin.root(), to(ALICE), 300)
    assert runtime.state.changes() == before


def test_force_unreserve_is_for_root(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, BadOrigin):
        runtime.balances.force_unreserve(signed(ALICE), to(ALICE), 1)


# --- force_set_balance


def test_force_set_balance_up_and_down(runtime: MockRuntime) -> None:
    runtime.balances.force_set_balance(Origin.root(), to(ALICE), 1_200)
    assert runtime.money.get_issuance() == 1_700
    runtime.balances.force_set_balance(Origin.root(), to(ALICE), 300)
    assert runtime.money.get_issuance() == 800
    assert runtime.get_events() == [
        Issued(200),
        BalanceSet(ALICE, 1_200),
        Rescinded(900),
        BalanceSet(ALICE, 300),
    ]
    runtime.try_state()


def test_force_set_balance_creates_and_reaps(runtime: MockRuntime) -> None:
    runtime.balances.force_set_balance(Origin.root(), to(CHARLIE), 100)
    runtime.balances.force_set_balance(Origin.root(), to(ALICE), 99)
    assert get_frees(runtime) == (0, 500, 100)
    assert runtime.get_events() == [
        NewAccount(CHARLIE),
        Endowed(CHARLIE, 100),
        Issued(100),
        BalanceSet(CHARLIE, 100),
        KilledAccount(ALICE),
        Rescinded(1_000),
        BalanceSet(ALICE, 0),
    ]
    runtime.try_state()


def test_force_set_balance_of_nobody_to_nothing(runtime: MockRuntime) -> None:
    before = runtime.state.changes()
    runtime.balances.force_set_balance(Origin.root(), to(CHARLIE), 99)
    assert runtime.state.changes() == before
    assert runtime.get_events() == [BalanceSet(CHARLIE, 0)]


def test_force_set_balance_refuses(runtime: MockRuntime) -> None:
    call = runtime.make_call(runtime.balances, "force_set_balance", to(ALICE), 0)
    with assert_noop(runtime.state, BadOrigin):
        runtime.dispatch(call, signed(ALICE))
    with assert_noop(runtime.state, Overflow):
        runtime.balances.force_set_balance(Origin.root(), to(ALICE), ISSUANCE_MAX)
    runtime.money.hold(HoldReason.BOND, ALICE, 1)
    with assert_noop(runtime.state, ConsumerRemaining):
        runtime.dispatch(call, Origin.root())
    runtime.money.release(HoldReason.BOND, ALICE, 1)
    runtime.system.note_consumer(ALICE)
    with assert_noop(runtime.state, ConsumerRemaining):
        runtime.dispatch(call, Origin.root())


def test_force_set_balance_after_a_forced_issuance(runtime: MockRuntime) -> None:
    down = AdjustmentDirection.DECREASE
    runtime.balances.force_adjust_total_issuance(Origin.root(), down, 600)
    with assert_noop(runtime.state, Underflow):
        runtime.balances.force_set_balance(Origin.root(), to(ALICE), 0)


# --- force_adjust_total_issuance


@pytest.mark.parametrize(
    "direction, delta, issuance",
    [
        (AdjustmentDirection.INCREASE, 25, 1_525),
        (AdjustmentDirection.INCREASE, ISSUANCE_MAX, ISSUANCE_MAX),
        (AdjustmentDirection.DECREASE, 25, 1_475),
        (AdjustmentDirection.DECREASE, ISSUANCE_MAX, 0),
    ],
)
def test_force_adjust_total_issuance(
    runtime: MockRuntime, direction: AdjustmentDirection, delta: int, issuance: int
) -> None:
    runtime.balances.force_adjust_total_issuance(Origin.root(), direction, delta)
    assert runtime.money.get_issuance() == issuance
    assert runtime.get_events() == [TotalIssuanceForced(1_500, issuance)]


def test_force_adjust_total_issuance_refuses(runtime: MockRuntime) -> None:
    adjust = runtime.balances.force_adjust_total_issuance
    with assert_noop(runtime.state, BadOrigin):
        adjust(signed(ALICE), AdjustmentDirection.INCREASE, 1)
    with assert_noop(runtime.state, DeltaZero):
        adjust(Origin.root(), AdjustmentDirection.INCREASE, 0)
    runtime.balances.inactive_issuance.put(1_400)
    adjust(Origin.root(), AdjustmentDirection.DECREASE, 100)
    with assert_noop(runtime.state, IssuanceDeactivated):
        adjust(Origin.root(), AdjustmentDirection.DECREASE, 1)
