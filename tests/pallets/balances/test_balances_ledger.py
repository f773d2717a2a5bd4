"""The ledger as other pallets use it: minting, burning, holds and locks."""

import pytest

from pallets.balances.events import (
    Burned,
    BurnedHeld,
    Deposit,
    DustLost,
    Endowed,
    Held,
    Locked,
    Minted,
    Released,
    TransferOnHold,
    Unlocked,
    Withdraw,
)
from pallets.balances.types import LOCKS_MAX
from runtime.account import AccountData
from runtime.errors import (
    BelowMinimum,
    CannotCreate,
    FundsUnavailable,
    NoProviders,
    Overflow,
    TooManyConsumers,
    Underflow,
)
from runtime.frame.traits import HoldReason, Money, Preservation
from runtime.system import CONSUMERS_MAX, KilledAccount, NewAccount
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime
from tests.helpers.noop import assert_noop

BOND, ESCROW = HoldReason.BOND, HoldReason.ESCROW
KEEP, EXPEND = Preservation.PRESERVE, Preservation.EXPENDABLE
LOCK, OTHER_LOCK = b"a lock..", b"another."


@pytest.fixture
def runtime() -> MockRuntime:
    """Alice has 1000, Bob 500; the deposit is 100."""
    return MockRuntime([(ALICE, 1_000), (BOB, 500)])


def test_the_ledger_is_money(runtime: MockRuntime) -> None:
    money: Money = runtime.balances.ledger
    assert (money.get_free(ALICE), money.get_issuance()) == (1_000, 1_500)
    assert money.get_held(BOND, ALICE) == 0


def test_nothing_done_with_nothing(runtime: MockRuntime) -> None:
    before = runtime.state.changes()
    money = runtime.money
    money.transfer(ALICE, CHARLIE, 0, EXPEND)
    money.hold(BOND, CHARLIE, 0)
    money.release(BOND, CHARLIE, 0)
    money.transfer_held(BOND, CHARLIE, BOB, 0)
    money.burn_held(BOND, CHARLIE, 0)
    money.mint(CHARLIE, 0)
    money.deposit(CHARLIE, 0)
    money.burn(CHARLIE, 0, KEEP)
    money.withdraw(CHARLIE, 0)
    assert runtime.state.changes() == before
    assert runtime.get_events() == []


def test_negative_amounts_are_a_defect_of_the_caller(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, AssertionError):
        runtime.money.transfer(ALICE, BOB, -1, EXPEND)
    with assert_noop(runtime.state, AssertionError):
        runtime.money.set_lock(LOCK, ALICE, -1)


# --- mint, burn, deposit, withdraw


def test_mint_and_deposit_grow_the_issuance(runtime: MockRuntime) -> None:
    runtime.money.mint(CHARLIE, 100)
    runtime.money.deposit(ALICE, 1)
    assert runtime.money.get_issuance() == 1_601
    assert runtime.get_events() == [
        NewAccount(CHARLIE),
        Endowed(CHARLIE, 100),
        Minted(CHARLIE, 100),
        Deposit(ALICE, 1),
    ]
    runtime.try_state()


def test_mint_and_deposit_refuse(runtime: MockRuntime) -> None:
    for create in (runtime.money.mint, runtime.money.deposit):
        with assert_noop(runtime.state, BelowMinimum):
            create(CHARLIE, 99)
        with assert_noop(runtime.state, Overflow):
            create(ALICE, 2**128 - 1_500)
    runtime.money.mint(ALICE, 2**128 - 1_501)
    assert runtime.money.get_issuance() == 2**128 - 1
    runtime.try_state()


def test_burn_and_withdraw_shrink_the_issuance(runtime: MockRuntime) -> None:
    runtime.money.burn(ALICE, 10, KEEP)
    runtime.money.withdraw(ALICE, 890)
    assert runtime.money.get_issuance() == 600
    assert runtime.get_events() == [Burned(ALICE, 10), Withdraw(ALICE, 890)]
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.money.withdraw(ALICE, 1)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.money.burn(ALICE, 1, KEEP)
    runtime.money.burn(ALICE, 1, EXPEND)
    assert runtime.get_events()[2:] == [
        KilledAccount(ALICE),
        DustLost(ALICE, 99),
        Burned(ALICE, 1),
    ]
    runtime.try_state()


def test_burning_more_than_a_forced_issuance(runtime: MockRuntime) -> None:
    runtime.balances.total_issuance.put(5)
    with assert_noop(runtime.state, Underflow):
        runtime.money.burn(ALICE, 6, KEEP)


def test_affordable_is_what_can_be_withdrawn(runtime: MockRuntime) -> None:
    money = runtime.money
    assert money.is_affordable(ALICE, 900)
    assert not money.is_affordable(ALICE, 901)
    assert not money.is_affordable(CHARLIE, 0)
    money.set_lock(LOCK, ALICE, 400)
    assert money.is_affordable(ALICE, 600)
    assert not money.is_affordable(ALICE, 601)
    money.hold(BOND, ALICE, 250)  # counts towards the lock
    assert money.is_affordable(ALICE, 600)
    assert not money.is_affordable(ALICE, 601)


# --- holds


def test_hold_and_release(runtime: MockRuntime) -> None:
    money = runtime.money
    money.hold(BOND, ALICE, 300)
    money.hold(ESCROW, ALICE, 200)
    money.hold(BOND, ALICE, 50)
    assert (money.get_held(BOND, ALICE), money.get_held(ESCROW, ALICE)) == (350, 200)
    assert runtime.system.get_data(ALICE) == AccountData(450, 550)
    assert runtime.system.account[ALICE].consumers == 1
    runtime.try_state()
    money.release(ESCROW, ALICE, 200)
    money.release(BOND, ALICE, 349)
    assert runtime.system.account[ALICE].consumers == 1
    money.release(BOND, ALICE, 1)
    assert runtime.system.get_data(ALICE) == AccountData(1_000)
    assert runtime.system.account[ALICE].consumers == 0
    assert ALICE not in runtime.balances.holds
    assert money.get_issuance() == 1_500
    assert runtime.get_events() == [
        Held(BOND, ALICE, 300),
        Held(ESCROW, ALICE, 200),
        Held(BOND, ALICE, 50),
        Released(ESCROW, ALICE, 200),
        Released(BOND, ALICE, 349),
        Released(BOND, ALICE, 1),
    ]
    runtime.try_state()


def test_every_reason_holds_at_once(runtime: MockRuntime) -> None:
    for reason in HoldReason:
        runtime.money.hold(reason, ALICE, 1 + reason)
    for reason in HoldReason:
        assert runtime.money.get_held(reason, ALICE) == 1 + reason
    runtime.try_state()


def test_hold_keeps_the_deposit_free_and_ignores_locks(runtime: MockRuntime) -> None:
    runtime.money.set_lock(LOCK, ALICE, 1_000)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.money.hold(BOND, ALICE, 901)
    runtime.money.hold(BOND, ALICE, 900)
    runtime.try_state()
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.money.hold(BOND, CHARLIE, 1)


def test_hold_that_the_account_cannot_carry(runtime: MockRuntime) -> None:
    for _ in range(CONSUMERS_MAX):
        runtime.system.note_consumer(ALICE)
    with assert_noop(runtime.state, TooManyConsumers), runtime.state.transaction():
        runtime.money.hold(BOND, ALICE, 1)


def test_only_what_is_held_for_the_reason_can_be_taken(runtime: MockRuntime) -> None:
    money = runtime.money
    money.hold(BOND, ALICE, 300)
    money.hold(ESCROW, ALICE, 200)
    with assert_noop(runtime.state, FundsUnavailable):
        money.release(BOND, ALICE, 301)
    with assert_noop(runtime.state, FundsUnavailable):
        money.burn_held(ESCROW, ALICE, 201)
    with assert_noop(runtime.state, FundsUnavailable):
        money.transfer_held(BOND, ALICE, BOB, 301)
    with assert_noop(runtime.state, FundsUnavailable):
        money.release(BOND, CHARLIE, 1)


def test_burn_held_passes_locks(runtime: MockRuntime) -> None:
    money = runtime.money
    money.hold(BOND, ALICE, 300)
    money.set_lock(LOCK, ALICE, 1_000)
    runtime.take_events()
    money.burn_held(BOND, ALICE, 300)
    assert runtime.system.get_data(ALICE) == AccountData(700, 0, 1_000)
    assert money.get_issuance() == 1_200
    assert runtime.get_events() == [BurnedHeld(BOND, ALICE, 300)]
    runtime.try_state()


def test_transfer_held_passes_locks_and_creates_the_receiver(runtime: MockRuntime) -> None:
    money = runtime.money
    money.hold(ESCROW, ALICE, 300)
    money.set_lock(LOCK, ALICE, 1_000)
    runtime.take_events()
    with assert_noop(runtime.state, CannotCreate):
        money.transfer_held(ESCROW, ALICE, CHARLIE, 99)
    money.transfer_held(ESCROW, ALICE, CHARLIE, 100)
    money.transfer_held(ESCROW, ALICE, BOB, 200)
    assert runtime.system.get_data(ALICE) == AccountData(700, 0, 1_000)
    assert (money.get_free(BOB), money.get_free(CHARLIE)) == (700, 100)
    assert runtime.get_events() == [
        NewAccount(CHARLIE),
        Endowed(CHARLIE, 100),
        TransferOnHold(ESCROW, ALICE, CHARLIE, 100),
        TransferOnHold(ESCROW, ALICE, BOB, 200),
    ]
    runtime.try_state()


def test_transfer_held_to_oneself_frees(runtime: MockRuntime) -> None:
    runtime.money.hold(ESCROW, ALICE, 300)
    runtime.money.transfer_held(ESCROW, ALICE, ALICE, 120)
    assert runtime.system.get_data(ALICE) == AccountData(820, 180)
    assert runtime.money.get_held(ESCROW, ALICE) == 180
    runtime.try_state()


# --- locks


def test_the_largest_lock_counts(runtime: MockRuntime) -> None:
    money = runtime.money
    money.set_lock(LOCK, ALICE, 600)
    money.set_lock(OTHER_LOCK, ALICE, 400)
    assert runtime.system.get_data(ALICE).frozen == 600
    money.set_lock(LOCK, ALICE, 500)
    assert money.get_reducible(ALICE, EXPEND) == 500
    money.set_lock(LOCK, ALICE, 0)
    assert money.get_reducible(ALICE, EXPEND) == 600
    money.set_lock(OTHER_LOCK, ALICE, 0)
    assert money.get_reducible(ALICE, EXPEND) == 1_000
    assert ALICE not in runtime.balances.locks
    assert runtime.system.account[ALICE].consumers == 0
    assert runtime.get_events() == [
        Locked(ALICE, 600),
        Unlocked(ALICE, 100),
        Unlocked(ALICE, 100),
        Unlocked(ALICE, 400),
    ]
    runtime.try_state()


def test_a_lock_may_exceed_the_balance(runtime: MockRuntime) -> None:
    runtime.money.set_lock(LOCK, ALICE, 5_000)
    assert runtime.money.get_reducible(ALICE, EXPEND) == 0
    runtime.try_state()


def test_locks_and_holds_share_one_reference(runtime: MockRuntime) -> None:
    runtime.money.set_lock(LOCK, ALICE, 10)
    runtime.money.hold(BOND, ALICE, 10)
    assert runtime.system.account[ALICE].consumers == 1
    runtime.money.set_lock(LOCK, ALICE, 0)
    assert runtime.system.account[ALICE].consumers == 1
    runtime.money.release(BOND, ALICE, 10)
    assert runtime.system.account[ALICE].consumers == 0
    runtime.try_state()


def test_nobody_is_locked(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, NoProviders):
        runtime.money.set_lock(LOCK, CHARLIE, 1)
    runtime.money.set_lock(LOCK, CHARLIE, 0)
    assert CHARLIE not in runtime.balances.locks
    assert not runtime.system.is_existing(CHARLIE)


def test_locks_are_bounded(runtime: MockRuntime) -> None:
    for number in range(LOCKS_MAX):
        runtime.money.set_lock(number.to_bytes(8, "big"), ALICE, 1 + number)
    with assert_noop(runtime.state, AssertionError):
        runtime.money.set_lock(LOCK, ALICE, 1)
    runtime.try_state()


# --- genesis


def test_genesis_endows() -> None:
    runtime = MockRuntime([(ALICE, 100), (BOB, 7_000)])
    assert runtime.money.get_issuance() == 7_100
    assert runtime.money.get_free(BOB) == 7_000
    runtime.try_state()


def test_genesis_refuses_less_than_the_deposit() -> None:
    with pytest.raises(ValueError, match="at least 100 planck, got 99"):
        MockRuntime([(ALICE, 99)])


def test_genesis_refuses_an_account_given_twice() -> None:
    with pytest.raises(ValueError, match="given twice"):
        MockRuntime([(ALICE, 100), (BOB, 100), (ALICE, 100)])
