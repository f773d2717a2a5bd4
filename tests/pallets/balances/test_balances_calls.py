"""The calls of balances that move money: what they do, say and refuse."""

import pytest

from pallets.balances.events import (
    Burned,
    DustLost,
    Endowed,
    Transfer,
)
from runtime.address import Address20, Address32, RawAddress32
from runtime.errors import (
    BadOrigin,
    BelowMinimum,
    CannotLookup,
    Frozen,
    FundsUnavailable,
    NotExpendable,
)
from runtime.frame import Origin, PostDispatch
from runtime.frame.traits import HoldReason
from runtime.system import KilledAccount, NewAccount
from tests.helpers.mock_runtime import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    EXISTENTIAL_DEPOSIT,
    MockRuntime,
    signed,
    to,
)
from tests.helpers.noop import assert_noop

ED = EXISTENTIAL_DEPOSIT
ISSUANCE_MAX = 2**128 - 1
LOCK = b"a lock.."


@pytest.fixture
def runtime() -> MockRuntime:
    """Alice has 1000, Bob 500; the deposit is 100."""
    return MockRuntime([(ALICE, 1_000), (BOB, 500)])


def get_frees(runtime: MockRuntime) -> tuple[int, int, int]:
    """The free balances of Alice, Bob and Charlie."""
    get_free = runtime.money.get_free
    return get_free(ALICE), get_free(BOB), get_free(CHARLIE)


# --- transfer_allow_death


def test_transfer_moves_balance(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 300)
    assert get_frees(runtime) == (700, 800, 0)
    assert runtime.get_events() == [Transfer(ALICE, BOB, 300)]
    runtime.try_state()


def test_transfer_creates_the_receiver(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), to(CHARLIE), ED)
    assert get_frees(runtime) == (900, 500, 100)
    assert runtime.get_events() == [
        NewAccount(CHARLIE),
        Endowed(CHARLIE, 100),
        Transfer(ALICE, CHARLIE, 100),
    ]
    runtime.try_state()


def test_transfer_of_everything_reaps_the_sender(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 1_000)
    assert get_frees(runtime) == (0, 1_500, 0)
    assert not runtime.system.is_existing(ALICE)
    assert runtime.get_events() == [KilledAccount(ALICE), Transfer(ALICE, BOB, 1_000)]
    runtime.try_state()


def test_transfer_burns_the_dust_that_is_left(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 901)
    assert get_frees(runtime) == (0, 1_401, 0)
    assert runtime.money.get_issuance() == 1_401
    assert runtime.get_events() == [
        KilledAccount(ALICE),
        DustLost(ALICE, 99),
        Transfer(ALICE, BOB, 901),
    ]
    runtime.try_state()


def test_transfer_may_leave_exactly_the_deposit(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 900)
    assert get_frees(runtime) == (100, 1_400, 0)
    runtime.try_state()


@pytest.mark.parametrize("amount", [0, 1, 950, 1_000])
def test_transfer_to_oneself_changes_nothing(runtime: MockRuntime, amount: int) -> None:
    before = runtime.state.changes()
    runtime.balances.transfer_allow_death(signed(ALICE), to(ALICE), amount)
    assert runtime.state.changes() == before
    assert runtime.get_events() == []


def test_transfer_to_oneself_is_still_checked(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.transfer_allow_death(signed(ALICE), to(ALICE), 1_001)


def test_transfer_of_nothing_creates_nobody(runtime: MockRuntime) -> None:
    before = runtime.state.changes()
    runtime.balances.transfer_allow_death(signed(ALICE), to(CHARLIE), 0)
    assert runtime.state.changes() == before


def test_transfer_understands_both_32_byte_addresses(runtime: MockRuntime) -> None:
    runtime.balances.transfer_allow_death(signed(ALICE), Address32(RawAddress32(BOB)), 1)
    assert get_frees(runtime) == (999, 501, 0)


def test_transfer_refuses(runtime: MockRuntime) -> None:
    transfer = runtime.balances.transfer_allow_death
    for origin in (Origin.none(), Origin.root()):
        with assert_noop(runtime.state, BadOrigin):
            transfer(origin, to(BOB), 1)
    with assert_noop(runtime.state, CannotLookup):
        transfer(signed(ALICE), Address20(bytes(20)), 1)
    with assert_noop(runtime.state, FundsUnavailable):
        transfer(signed(ALICE), to(BOB), 1_001)
    with assert_noop(runtime.state, FundsUnavailable):
        transfer(signed(CHARLIE), to(BOB), 1)
    with assert_noop(runtime.state, BelowMinimum):
        transfer(signed(ALICE), to(CHARLIE), ED - 1)
    for amount in (1_501, ISSUANCE_MAX):  # more than there is of the token
        with assert_noop(runtime.state, FundsUnavailable):
            transfer(signed(ALICE), to(BOB), amount)


def test_transfer_leaves_locked_balance(runtime: MockRuntime) -> None:
    runtime.money.set_lock(LOCK, ALICE, 600)
    with assert_noop(runtime.state, Frozen):
        runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 401)
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 400)
    assert get_frees(runtime) == (600, 900, 0)
    runtime.try_state()


def test_transfer_keeps_an_account_with_a_hold_alive(runtime: MockRuntime) -> None:
    runtime.money.hold(HoldReason.BOND, ALICE, 300)
    with assert_noop(runtime.state, Frozen):
        runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 601)
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 600)
    assert get_frees(runtime) == (100, 1_100, 0)
    runtime.try_state()


def test_transfer_keeps_an_account_alive_that_others_need(runtime: MockRuntime) -> None:
    runtime.system.note_consumer(ALICE)
    with assert_noop(runtime.state, Frozen):
        runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 1_000)
    runtime.system.drop_consumer(ALICE)
    runtime.balances.transfer_allow_death(signed(ALICE), to(BOB), 1_000)
    assert get_frees(runtime) == (0, 1_500, 0)


# --- transfer_keep_alive


def test_transfer_keep_alive_does_not_reap(runtime: MockRuntime) -> None:
    for amount in (901, 1_000):
        with assert_noop(runtime.state, NotExpendable):
            runtime.balances.transfer_keep_alive(signed(ALICE), to(BOB), amount)
    runtime.balances.transfer_keep_alive(signed(ALICE), to(BOB), 900)
    assert get_frees(runtime) == (100, 1_400, 0)
    assert runtime.get_events() == [Transfer(ALICE, BOB, 900)]
    with assert_noop(runtime.state, BadOrigin):
        runtime.balances.transfer_keep_alive(Origin.root(), to(BOB), 1)


def test_transfer_keep_alive_refuses_what_is_not_there(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.transfer_keep_alive(signed(ALICE), to(BOB), 1_001)


# --- force_transfer


def test_force_transfer_is_for_root(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, BadOrigin):
        runtime.balances.force_transfer(signed(ALICE), to(ALICE), to(BOB), 1)
    runtime.balances.force_transfer(Origin.root(), to(ALICE), to(BOB), 1_000)
    assert get_frees(runtime) == (0, 1_500, 0)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.force_transfer(Origin.root(), to(ALICE), to(BOB), 1)


# --- transfer_all


@pytest.mark.parametrize(
    "keep_alive, held, locked, left",
    [
        (False, 0, 0, 0),
        (True, 0, 0, ED),
        (False, 200, 0, ED),
        (False, 0, 350, 350),
        (True, 0, 50, ED),
        (False, 200, 450, 250),
    ],
)
def test_transfer_all_leaves_what_must_stay(
    runtime: MockRuntime, keep_alive: bool, held: int, locked: int, left: int
) -> None:
    runtime.money.hold(HoldReason.ESCROW, ALICE, held)
    runtime.money.set_lock(LOCK, ALICE, locked)
    runtime.balances.transfer_all(signed(ALICE), to(BOB), keep_alive)
    assert get_frees(runtime) == (left, 1_500 - left - held, 0)
    runtime.try_state()


def test_transfer_all_refuses(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, BadOrigin):
        runtime.balances.transfer_all(Origin.none(), to(BOB), False)
    with assert_noop(runtime.state, CannotLookup):
        runtime.balances.transfer_all(signed(ALICE), Address20(bytes(20)), False)
    runtime.money.set_lock(LOCK, ALICE, 950)
    with assert_noop(runtime.state, BelowMinimum):
        runtime.balances.transfer_all(signed(ALICE), to(CHARLIE), False)


# --- upgrade_accounts


def test_upgrade_accounts_has_nothing_to_do(runtime: MockRuntime) -> None:
    call = runtime.make_call(runtime.balances, "upgrade_accounts", (ALICE, BOB))
    before = runtime.state.changes()
    assert runtime.dispatch(call, signed(ALICE)) == PostDispatch()
    assert runtime.state.changes() == before
    with assert_noop(runtime.state, BadOrigin):
        runtime.dispatch(call, Origin.none())
    fewer = runtime.make_call(runtime.balances, "upgrade_accounts", (ALICE,))
    assert fewer.get_dispatch_info().weight.ref_time < call.get_dispatch_info().weight.ref_time


# --- burn


def test_burn_reduces_the_issuance(runtime: MockRuntime) -> None:
    runtime.balances.burn(signed(ALICE), 900, True)
    assert get_frees(runtime) == (100, 500, 0)
    assert runtime.money.get_issuance() == 600
    assert runtime.get_events() == [Burned(ALICE, 900)]
    runtime.try_state()


def test_burn_reaps_unless_kept_alive(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.burn(signed(ALICE), 901, True)
    runtime.balances.burn(signed(ALICE), 901, False)
    assert runtime.get_events() == [KilledAccount(ALICE), DustLost(ALICE, 99), Burned(ALICE, 901)]
    assert runtime.money.get_issuance() == 500
    runtime.try_state()


def test_burn_refuses(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, BadOrigin):
        runtime.balances.burn(Origin.none(), 1, False)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.burn(signed(ALICE), 1_001, False)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.burn(signed(DAVE), 1, False)
    runtime.money.set_lock(LOCK, ALICE, 600)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.balances.burn(signed(ALICE), 401, False)
