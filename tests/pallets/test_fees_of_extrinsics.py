"""Fees as the executive charges them: whole extrinsics, from bytes to events."""

import pytest

from pallets.balances.events import Deposit, Transfer, Withdraw
from pallets.transaction_payment import TransactionFeePaid
from pallets.utility import BatchInterrupted
from pallets.weights import balances as balances_weights
from pallets.weights import utility as utility_weights
from runtime.crypto.multisignature import Ecdsa, Ed25519, Signature, Sr25519
from runtime.era import Era
from runtime.errors import FundsUnavailable, Payment
from runtime.executive import ApplyOutcome, apply_extrinsic
from runtime.extensions import SignedExtra
from runtime.extrinsic import decode_extrinsic, encode_signed
from runtime.frame import Call
from runtime.host import SignedMessage
from runtime.primitives import AccountId
from runtime.programs import Inputs, Program
from runtime.system import ExtrinsicFailed, ExtrinsicSuccess
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime, to
from tests.helpers.noop import assert_noop

AUTHOR = CHARLIE
RICH = 1_000_000


class Trusting:
    """A host that takes every signature for good."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Nothing is to be checked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        return True

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        return program.run(slot, inputs)


def make_runtime(alice: int = RICH) -> MockRuntime:
    return MockRuntime(
        [(ALICE, alice), (BOB, RICH), (AUTHOR, RICH)], author=AUTHOR, host=Trusting()
    )


def encode(runtime: MockRuntime, call: Call, tip: int = 0) -> bytes:
    """The next extrinsic of Alice."""
    extra = SignedExtra(Era(), runtime.system.get_nonce(ALICE), tip)
    return encode_signed(ALICE, Ed25519(Signature(bytes(64))), extra, runtime.calls.encode(call))


def apply(runtime: MockRuntime, call: Call, tip: int = 0) -> tuple[ApplyOutcome, int]:
    """What became of Alice's extrinsic, and its length."""
    raw = encode(runtime, call, tip)
    return apply_extrinsic(runtime, decode_extrinsic(raw, runtime.calls)), len(raw)


def compute_fee(length: int, ref_time: int) -> int:
    """The fee by hand: 3 planck for a million of weight, 2 for a byte, 6 for each extrinsic."""
    return 6 + 2 * length + -(-3 * ref_time // 1_000_000)


def give(runtime: MockRuntime, amount: int) -> Call:
    return runtime.make_call(runtime.balances, "transfer_keep_alive", to(BOB), amount)


def test_a_transfer_pays_fee_and_tip() -> None:
    runtime = make_runtime()
    outcome, length = apply(runtime, give(runtime, 500), tip=40)
    assert outcome.error is None
    fee = compute_fee(length, balances_weights.TRANSFER_KEEP_ALIVE.ref_time)
    assert runtime.money.get_free(ALICE) == RICH - 500 - fee - 40
    assert runtime.money.get_free(AUTHOR) == RICH + 40
    assert runtime.money.get_issuance() == 3 * RICH - fee
    assert runtime.get_events() == [
        Withdraw(ALICE, fee + 40),
        Transfer(ALICE, BOB, 500),
        Deposit(AUTHOR, 40),
        TransactionFeePaid(ALICE, fee + 40, 40),
        ExtrinsicSuccess(outcome.info),
    ]
    runtime.try_state()


def test_a_failed_dispatch_pays_too() -> None:
    runtime = make_runtime()
    outcome, length = apply(runtime, give(runtime, RICH))
    assert isinstance(outcome.error, FundsUnavailable)
    fee = compute_fee(length, balances_weights.TRANSFER_KEEP_ALIVE.ref_time)
    assert runtime.money.get_free(ALICE) == RICH - fee
    assert runtime.system.get_nonce(ALICE) == 1
    assert isinstance(runtime.get_events()[-1], ExtrinsicFailed)
    runtime.try_state()


def test_unused_weight_is_refunded() -> None:
    runtime = make_runtime()
    calls = give(runtime, 2 * RICH), give(runtime, 1), give(runtime, 1)
    outcome, length = apply(runtime, runtime.make_call(runtime.utility, "batch", calls))
    assert outcome.error is None
    one = balances_weights.TRANSFER_KEEP_ALIVE.ref_time
    base = utility_weights.batch(3).ref_time
    most = compute_fee(length, base + 3 * one)
    fee = compute_fee(length, base + one)
    assert runtime.money.get_free(ALICE) == RICH - fee
    assert runtime.get_events()[0] == Withdraw(ALICE, most)
    assert isinstance(runtime.get_events()[1], BatchInterrupted)
    assert runtime.get_events()[2:4] == [
        Deposit(ALICE, most - fee),
        TransactionFeePaid(ALICE, fee, 0),
    ]
    runtime.try_state()


@pytest.mark.parametrize("missing", [1, 50])
def test_an_unpayable_extrinsic_does_not_enter(missing: int) -> None:
    rich = make_runtime()
    length = len(encode(rich, give(rich, 0), tip=30))
    fee = compute_fee(length, balances_weights.TRANSFER_KEEP_ALIVE.ref_time) + 30
    poor = make_runtime(100 + fee - missing)
    with assert_noop(poor.state, Payment):
        apply(poor, give(poor, 0), tip=30)
    just = make_runtime(100 + fee)
    apply(just, give(just, 0), tip=30)
    assert just.money.get_free(ALICE) == 100
    just.try_state()


def test_a_transfer_of_everything_after_the_fee() -> None:
    runtime = make_runtime()
    call = runtime.make_call(runtime.balances, "transfer_all", to(BOB), False)
    outcome, _ = apply(runtime, call)
    assert outcome.error is None
    assert not runtime.system.is_existing(ALICE)
    assert runtime.money.get_free(AUTHOR) == RICH
    runtime.try_state()


def test_the_author_may_tip_himself() -> None:
    runtime = MockRuntime([(ALICE, RICH), (BOB, RICH)], author=ALICE, host=Trusting())
    _, length = apply(runtime, give(runtime, 0), tip=40)
    fee = compute_fee(length, balances_weights.TRANSFER_KEEP_ALIVE.ref_time)
    assert runtime.money.get_free(ALICE) == RICH - fee
    runtime.try_state()
