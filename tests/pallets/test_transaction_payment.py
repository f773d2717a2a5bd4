"""Fees: how they are computed, taken, given back, and who gets the tip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.balances.events import Deposit, Endowed, Withdraw
from pallets.transaction_payment import (
    FIXED_ONE,
    FixedU128,
    TransactionFeePaid,
    TransactionPayment,
)
from runtime.codec import codec_of
from runtime.errors import Payment
from runtime.fees import FeeDetails, InclusionFee, RuntimeDispatchInfo
from runtime.frame import DispatchClass, DispatchInfo, Origin, Pays
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Weight
from runtime.system import NewAccount
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, EXISTENTIAL_DEPOSIT, MockRuntime, to
from tests.helpers.noop import assert_noop

AUTHOR = CHARLIE
INFO = DispatchInfo(Weight(5_000_000))
FREE = DispatchInfo(Weight(5_000_000), DispatchClass.NORMAL, Pays.NO)


@pytest.fixture
def runtime() -> MockRuntime:
    """Alice has 1000, the deposit is 100; the author has nothing yet."""
    return MockRuntime([(ALICE, 1_000)], author=AUTHOR)


# --- computing


def test_a_fee_has_three_parts(runtime: MockRuntime) -> None:
    details = runtime.fees.compute_fee_details(10, INFO, 7)
    assert details == FeeDetails(InclusionFee(base_fee=6, len_fee=20, adjusted_weight_fee=15), 7)
    assert details.total == 48


def test_a_free_call_pays_its_tip_alone(runtime: MockRuntime) -> None:
    assert runtime.fees.compute_fee_details(10, FREE, 7) == FeeDetails(None, 7)


def test_what_wallets_show_is_without_tip(runtime: MockRuntime) -> None:
    shown = runtime.fees.compute_dispatch_info(10, INFO)
    assert shown == RuntimeDispatchInfo(INFO.weight, DispatchClass.NORMAL, 41)
    assert runtime.fees.compute_dispatch_info(10, FREE).partial_fee == 0


@pytest.mark.parametrize("ref_time, fee", [(0, 0), (1, 1), (333_333, 1), (333_334, 2)])
def test_weight_is_priced_rounded_up(runtime: MockRuntime, ref_time: int, fee: int) -> None:
    assert runtime.fees.rates.compute_weight_fee(Weight(ref_time, 9_999)) == fee


def test_the_multiplier_scales_the_weight_alone(runtime: MockRuntime) -> None:
    runtime.fees.next_fee_multiplier.put(FixedU128(3 * FIXED_ONE // 2))
    inclusion = runtime.fees.compute_fee_details(10, INFO, 0).inclusion_fee
    assert inclusion == InclusionFee(base_fee=6, len_fee=20, adjusted_weight_fee=23)


# --- withdrawing


@pytest.mark.parametrize("fee", [0, 1, 900])
def test_a_payable_fee_is_taken(runtime: MockRuntime, fee: int) -> None:
    runtime.fees.ensure_payable(ALICE, fee)
    assert runtime.get_events() == []
    runtime.fees.withdraw_fee(ALICE, fee)
    assert runtime.money.get_free(ALICE) == 1_000 - fee
    assert runtime.get_events() == ([Withdraw(ALICE, fee)] if fee else [])
    runtime.try_state()


def ensure_unpayable(runtime: MockRuntime, who: AccountId, fee: int) -> None:
    with assert_noop(runtime.state, Payment):
        runtime.fees.ensure_payable(who, fee)
    with assert_noop(runtime.state, Payment):
        runtime.fees.withdraw_fee(who, fee)


def test_the_deposit_pays_no_fee(runtime: MockRuntime) -> None:
    ensure_unpayable(runtime, ALICE, 901)
    ensure_unpayable(runtime, ALICE, 1_001)


def test_nobody_pays_not_even_nothing(runtime: MockRuntime) -> None:
    ensure_unpayable(runtime, BOB, 0)


def test_neither_holds_nor_locked_balance_pay(runtime: MockRuntime) -> None:
    runtime.money.hold(HoldReason.BOND, ALICE, 500)
    ensure_unpayable(runtime, ALICE, 401)
    runtime.money.release(HoldReason.BOND, ALICE, 500)
    runtime.money.set_lock(b"a lock..", ALICE, 700)
    ensure_unpayable(runtime, ALICE, 301)
    runtime.fees.withdraw_fee(ALICE, 300)


# --- correcting


def test_the_fee_is_burned_and_the_tip_goes_to_the_author(runtime: MockRuntime) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.fees.correct_and_deposit(ALICE, 300, 300, 120)
    assert runtime.money.get_free(ALICE) == 700
    assert runtime.money.get_free(AUTHOR) == 120
    assert runtime.money.get_issuance() == 820
    assert runtime.get_events() == [
        Withdraw(ALICE, 300),
        NewAccount(AUTHOR),
        Endowed(AUTHOR, 120),
        Deposit(AUTHOR, 120),
        TransactionFeePaid(ALICE, 300, 120),
    ]
    runtime.try_state()


def test_what_was_too_much_is_refunded(runtime: MockRuntime) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.fees.correct_and_deposit(ALICE, 300, 130, 120)
    assert runtime.money.get_free(ALICE) == 870
    assert runtime.money.get_issuance() == 990
    assert runtime.get_events()[1] == Deposit(ALICE, 170)
    assert runtime.get_events()[-1] == TransactionFeePaid(ALICE, 130, 120)
    runtime.try_state()


def test_a_refund_passes_locks(runtime: MockRuntime) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.money.set_lock(b"a lock..", ALICE, 10_000)
    runtime.fees.correct_and_deposit(ALICE, 300, 100, 0)
    assert runtime.money.get_free(ALICE) == 900


def test_a_reaped_account_gets_no_refund(runtime: MockRuntime) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.balances.transfer_all(Origin.signed(ALICE), to(BOB), False)
    runtime.fees.correct_and_deposit(ALICE, 300, 100, 0)
    assert not runtime.system.is_existing(ALICE)
    assert runtime.money.get_issuance() == 700
    runtime.try_state()


def test_a_tip_too_small_for_an_account_is_burned(runtime: MockRuntime) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.fees.correct_and_deposit(ALICE, 300, 300, EXISTENTIAL_DEPOSIT - 1)
    assert not runtime.system.is_existing(AUTHOR)
    assert runtime.money.get_issuance() == 700
    runtime.try_state()


def test_the_smallest_tip_goes_to_an_author_who_exists() -> None:
    runtime = MockRuntime([(ALICE, 1_000), (AUTHOR, 100)], author=AUTHOR)
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.fees.correct_and_deposit(ALICE, 300, 300, 1)
    assert runtime.money.get_free(AUTHOR) == 101


def test_a_tip_in_a_block_without_author_is_burned() -> None:
    runtime = MockRuntime([(ALICE, 1_000)])
    runtime.fees.withdraw_fee(ALICE, 300)
    runtime.fees.correct_and_deposit(ALICE, 300, 300, 200)
    assert runtime.money.get_issuance() == 700
    assert runtime.get_events()[-1] == TransactionFeePaid(ALICE, 300, 200)


@pytest.mark.parametrize("actual, tip", [(301, 0), (10, 11)])
def test_a_fee_never_grows(runtime: MockRuntime, actual: int, tip: int) -> None:
    runtime.fees.withdraw_fee(ALICE, 300)
    with assert_noop(runtime.state, AssertionError):
        runtime.fees.correct_and_deposit(ALICE, 300, actual, tip)


@given(
    withdrawn=st.integers(0, 900),
    refund=st.integers(0, 900),
    tip=st.integers(0, 900),
    author_has=st.integers(0, 300),
)
def test_no_planck_appears(withdrawn: int, refund: int, tip: int, author_has: int) -> None:
    balances = [(ALICE, 1_000)] + ([(AUTHOR, author_has)] if author_has >= 100 else [])
    runtime = MockRuntime(balances, author=AUTHOR)
    actual = max(withdrawn - refund, 0)
    tip = min(tip, actual)
    runtime.fees.withdraw_fee(ALICE, withdrawn)
    runtime.fees.correct_and_deposit(ALICE, withdrawn, actual, tip)
    assert runtime.money.get_free(ALICE) == 1_000 - actual
    before = author_has if author_has >= 100 else 0
    got = runtime.money.get_free(AUTHOR) - before
    assert got == (tip if before + tip >= 100 else 0)
    runtime.try_state()


# --- wire


def test_wire(runtime: MockRuntime) -> None:
    assert [item.name for item in TransactionPayment.spec.storage] == ["NextFeeMultiplier"]
    (constant,) = TransactionPayment.spec.constants
    assert constant.name == "OperationalFeeMultiplier"
    assert runtime.fees.next_fee_multiplier.get() == FixedU128(FIXED_ONE)
    assert codec_of(FixedU128).encode(FixedU128()) == FIXED_ONE.to_bytes(16, "little")
    assert TransactionPayment.spec.events is not None
    paid = TransactionPayment.spec.events.encode(TransactionFeePaid(ALICE, 5, 2))
    assert paid == b"\x00" + ALICE + bytes([5]) + bytes(15) + bytes([2]) + bytes(15)
