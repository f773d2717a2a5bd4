"""Money put on hold, and paid out of it: what one has not, and what one cannot receive."""

import pytest

from runtime.errors import ModuleError
from runtime.frame.payments import pay_held, put_on_hold
from runtime.frame.traits import HoldReason
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
