"""Money put on hold, and paid out of it: what one has not, and what one cannot receive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import FundsUnavailable, ModuleError
from runtime.frame.division import Split
from runtime.frame.payments import Receipt, pay_held, pay_price, put_on_hold
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, EXISTENTIAL_DEPOSIT, MockRuntime
from tests.helpers.noop import assert_noop

REASON = HoldReason.ESCROW


class Refused(ModuleError, index=0):
    """Whose pallet says so."""


@pytest.fixture
def runtime() -> MockRuntime:
    return MockRuntime([(ALICE, 1_000), (BOB, 1_000)])


def test_all_but_the_existential_deposit_can_be_put_on_hold(runtime: MockRuntime) -> None:
    put_on_hold(runtime.money, REASON, ALICE, 1_000 - EXISTENTIAL_DEPOSIT, Refused)
    assert runtime.money.get_held(REASON, ALICE) == 1_000 - EXISTENTIAL_DEPOSIT
    assert runtime.money.get_free(ALICE) == EXISTENTIAL_DEPOSIT


def test_more_is_refused_in_the_words_of_the_pallet(runtime: MockRuntime) -> None:
    too_much = 1_001 - EXISTENTIAL_DEPOSIT
    with assert_noop(runtime.state, Refused):
        put_on_hold(runtime.money, REASON, ALICE, too_much, Refused)
    with pytest.raises(Refused, match="901 to put on hold, 1000 free"):
        put_on_hold(runtime.money, REASON, ALICE, too_much, Refused)


def test_a_payee_gets_what_it_can_receive(runtime: MockRuntime) -> None:
    put_on_hold(runtime.money, REASON, ALICE, 500, Refused)
    assert pay_held(runtime.state, runtime.money, REASON, ALICE, BOB, 1) == 1
    before = runtime.state.changes()
    assert pay_held(runtime.state, runtime.money, REASON, ALICE, CHARLIE, 1) == 0
    assert runtime.state.changes() == before
    least = EXISTENTIAL_DEPOSIT
    assert pay_held(runtime.state, runtime.money, REASON, ALICE, CHARLIE, least) == least
    assert runtime.money.get_held(REASON, ALICE) == 499 - least
    assert (runtime.money.get_free(BOB), runtime.money.get_free(CHARLIE)) == (1_001, least)


PEOPLE = st.sampled_from([ALICE, BOB, CHARLIE, AccountId(b"9" * 32)])


@given(st.lists(st.tuples(PEOPLE, st.integers(0, 150)), max_size=5), st.integers(0, 90))
def test_a_division_is_one_payment_after_the_other(
    shares: list[tuple[AccountId, int]], rest: int
) -> None:
    amount = rest + sum(share for _, share in shares)
    one, other = (MockRuntime([(ALICE, 2_000), (BOB, 200)]) for _ in range(2))
    for runtime in (one, other):
        put_on_hold(runtime.money, HoldReason.BOND, ALICE, 10, Refused)
        put_on_hold(runtime.money, REASON, ALICE, amount + 7, Refused)
    paid = tuple(pay_held(one.state, one.money, REASON, ALICE, who, share) for who, share in shares)
    one.money.burn_held(REASON, ALICE, amount - sum(paid))
    assert other.money.divide_held(REASON, ALICE, amount, shares) == paid
    assert other.state.events == one.state.events
    assert other.state.changes() == one.state.changes()


def test_no_more_is_divided_than_is_on_hold(runtime: MockRuntime) -> None:
    put_on_hold(runtime.money, REASON, ALICE, 500, Refused)
    with assert_noop(runtime.state, FundsUnavailable):
        runtime.money.divide_held(REASON, ALICE, 501, [(BOB, 100)])
    with pytest.raises(AssertionError, match="more than 500 is shared"):
        runtime.money.divide_held(REASON, ALICE, 500, [(BOB, 400), (BOB, 101)])


def test_a_price_goes_where_its_parts_belong(runtime: MockRuntime) -> None:
    put_on_hold(runtime.money, REASON, ALICE, 900, Refused)
    split = Split(treasury=20, royalties=((BOB, 30), (CHARLIE, 99)), payee=400, burned=51)
    receipt = pay_price(runtime.money, REASON, ALICE, split, treasury=CHARLIE, payee=BOB)
    # The treasury and one of the royalties are too little for an account to begin with.
    assert receipt == Receipt(burned=51 + 20 + 99, treasury=0, royalties=30, paid=400)
    assert runtime.money.get_held(REASON, ALICE) == 300
    assert runtime.money.get_free(BOB) == 1_430
    assert runtime.money.get_issuance() == 2_000 - receipt.burned
