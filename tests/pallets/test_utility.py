"""Batches: what runs, what stays, what is said, what it weighs."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.balances.events import Transfer
from pallets.utility import (
    BatchCompleted,
    BatchCompletedWithErrors,
    BatchInterrupted,
    ItemCompleted,
    ItemFailed,
    TooManyCalls,
    Utility,
)
from pallets.weights import balances as balances_weights
from pallets.weights import utility as weights
from runtime.codec.typeinfo import Variant
from runtime.errors import BadOrigin, CodecError, DispatchError, Exhausted, NotExpendable
from runtime.frame import Call, Origin, PostDispatch, dispatch_error
from runtime.frame.call import CALL_DEPTH_MAX
from runtime.frame.dispatch_error import (
    Module,
    ModuleErrorValue,
    Token,
    TokenErrorKind,
)
from runtime.frame.dispatcher import DISPATCH_DEPTH_MAX
from tests.helpers.mock_runtime import (
    ALICE,
    BATCHED_CALLS_LIMIT,
    BOB,
    MockRuntime,
    signed,
    to,
)
from tests.helpers.noop import assert_noop

KINDS = ["batch", "batch_all", "force_batch"]
TRANSFER = balances_weights.TRANSFER_KEEP_ALIVE


@pytest.fixture
def runtime() -> MockRuntime:
    """Alice has 1000, Bob 1000; the deposit is 100."""
    return MockRuntime([(ALICE, 1_000), (BOB, 1_000)])


def give(runtime: MockRuntime, amount: int) -> Call:
    """A transfer to Bob that keeps the giver alive."""
    return runtime.make_call(runtime.balances, "transfer_keep_alive", to(BOB), amount)


def batch(runtime: MockRuntime, kind: str, *calls: Call) -> Call:
    return runtime.make_call(runtime.utility, kind, calls)


@pytest.mark.parametrize("kind", KINDS)
def test_all_calls_run(runtime: MockRuntime, kind: str) -> None:
    runtime.dispatch(batch(runtime, kind, give(runtime, 10), give(runtime, 20)), signed(ALICE))
    assert runtime.money.get_free(ALICE) == 970
    assert runtime.get_events() == [
        Transfer(ALICE, BOB, 10),
        ItemCompleted(),
        Transfer(ALICE, BOB, 20),
        ItemCompleted(),
        BatchCompleted(),
    ]
    runtime.try_state()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_do(runtime: MockRuntime, kind: str) -> None:
    post = runtime.dispatch(batch(runtime, kind), signed(ALICE))
    assert post == PostDispatch(weights.batch(0))
    assert runtime.get_events() == [BatchCompleted()]


def test_batch_stops_at_the_first_failure(runtime: MockRuntime) -> None:
    calls = give(runtime, 10), give(runtime, 2_000), give(runtime, 20)
    post = runtime.dispatch(batch(runtime, "batch", *calls), signed(ALICE))
    assert runtime.money.get_free(ALICE) == 990
    assert runtime.get_events() == [
        Transfer(ALICE, BOB, 10),
        ItemCompleted(),
        BatchInterrupted(1, Token(TokenErrorKind.FUNDS_UNAVAILABLE)),
    ]
    assert post.actual_weight == weights.batch(3) + TRANSFER + TRANSFER
    runtime.try_state()


def test_batch_all_is_all_or_nothing(runtime: MockRuntime) -> None:
    calls = give(runtime, 10), give(runtime, 900)
    with assert_noop(runtime.state, NotExpendable):
        runtime.dispatch(batch(runtime, "batch_all", *calls), signed(ALICE))


def test_force_batch_goes_on(runtime: MockRuntime) -> None:
    calls = give(runtime, 2_001), give(runtime, 10), give(runtime, 900)
    post = runtime.dispatch(batch(runtime, "force_batch", *calls), signed(ALICE))
    assert runtime.money.get_free(ALICE) == 990
    assert runtime.get_events() == [
        ItemFailed(Token(TokenErrorKind.FUNDS_UNAVAILABLE)),
        Transfer(ALICE, BOB, 10),
        ItemCompleted(),
        ItemFailed(Token(TokenErrorKind.NOT_EXPENDABLE)),
        BatchCompletedWithErrors(),
    ]
    assert post.actual_weight == weights.batch(3) + TRANSFER + TRANSFER + TRANSFER
    runtime.try_state()


def test_what_a_failed_item_wrote_is_undone(runtime: MockRuntime) -> None:
    inner = batch(runtime, "batch_all", give(runtime, 10), give(runtime, 900))
    runtime.dispatch(batch(runtime, "force_batch", inner), signed(ALICE))
    assert runtime.money.get_free(ALICE) == 1_000
    assert runtime.get_events() == [
        ItemFailed(Token(TokenErrorKind.NOT_EXPENDABLE)),
        BatchCompletedWithErrors(),
    ]


def test_errors_of_pallets_name_their_pallet(runtime: MockRuntime) -> None:
    inner = batch(runtime, "batch", *[give(runtime, 1)] * (BATCHED_CALLS_LIMIT + 1))
    runtime.dispatch(batch(runtime, "batch", inner), signed(ALICE))
    too_many = Module(ModuleErrorValue(runtime.utility.index, bytes(4)))
    assert runtime.get_events() == [BatchInterrupted(0, too_many)]


@pytest.mark.parametrize("kind", KINDS)
def test_root_may_batch_and_nobody_may_not(runtime: MockRuntime, kind: str) -> None:
    force = runtime.make_call(runtime.balances, "force_set_balance", to(ALICE), 5_000)
    call = batch(runtime, kind, force)
    with assert_noop(runtime.state, BadOrigin):
        runtime.dispatch(call, Origin.none())
    runtime.dispatch(call, Origin.root())
    assert runtime.money.get_free(ALICE) == 5_000


def test_a_batch_gives_no_rights(runtime: MockRuntime) -> None:
    force = runtime.make_call(runtime.balances, "force_set_balance", to(ALICE), 5_000)
    runtime.dispatch(batch(runtime, "batch", force), signed(ALICE))
    assert runtime.get_events() == [BatchInterrupted(0, dispatch_error.BadOrigin())]
    assert runtime.money.get_free(ALICE) == 1_000


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_calls_is_limited(runtime: MockRuntime, kind: str) -> None:
    within = batch(runtime, kind, *[give(runtime, 1)] * BATCHED_CALLS_LIMIT)
    runtime.dispatch(within, signed(ALICE))
    assert runtime.money.get_free(ALICE) == 1_000 - BATCHED_CALLS_LIMIT
    beyond = batch(runtime, kind, *[give(runtime, 1)] * (BATCHED_CALLS_LIMIT + 1))
    with assert_noop(runtime.state, TooManyCalls):
        runtime.dispatch(beyond, signed(ALICE))


def test_the_depth_of_batches_is_limited(runtime: MockRuntime) -> None:
    call = give(runtime, 1)
    for _ in range(CALL_DEPTH_MAX):
        call = batch(runtime, "batch_all", call)
    runtime.dispatch(call, signed(ALICE))
    assert runtime.money.get_free(ALICE) == 999
    with pytest.raises(CodecError, match="nested deeper"):
        batch(runtime, "batch_all", call)


def test_too_deep_a_dispatch_fails_as_an_item(runtime: MockRuntime) -> None:
    """What never came through a decoder is stopped by the dispatcher."""
    (spec,) = (spec for spec in Utility.spec.calls if spec.name == "batch_all")
    call = give(runtime, 1)
    for _ in range(DISPATCH_DEPTH_MAX):
        call = Call(runtime.utility.index, "Utility", spec, ((call,),))
    with assert_noop(runtime.state, Exhausted):
        runtime.dispatch(call, signed(ALICE))


@pytest.mark.parametrize("kind", KINDS)
def test_weight_is_the_sum_of_the_calls(runtime: MockRuntime, kind: str) -> None:
    inner = batch(runtime, kind, give(runtime, 1), give(runtime, 2))
    outer = batch(runtime, kind, inner, give(runtime, 3))
    expected = weights.batch(2) + weights.batch(2) + TRANSFER + TRANSFER + TRANSFER
    assert outer.get_dispatch_info().weight == expected
    assert runtime.dispatch(outer, signed(ALICE)).actual_weight == expected


def test_the_weight_a_call_did_not_use_is_given_back(runtime: MockRuntime) -> None:
    inner = batch(runtime, "batch", give(runtime, 2_000), give(runtime, 1))
    outer = batch(runtime, "batch", inner)
    declared = outer.get_dispatch_info().weight
    actual = runtime.dispatch(outer, signed(ALICE)).actual_weight
    assert actual is not None
    assert actual + TRANSFER == declared


@given(amounts=st.lists(st.integers(0, 1_200), max_size=BATCHED_CALLS_LIMIT))
def test_batches_are_their_calls_in_a_row(amounts: list[int]) -> None:
    """Against the definition: a row of single dispatches, stopped or undone where it fails."""
    kinds = {kind: run_batch(kind, amounts) for kind in KINDS}
    single = MockRuntime([(ALICE, 1_000), (BOB, 1_000)])
    left: list[int] = []
    failures = 0
    first_failure_left = None
    for amount in amounts:
        try:
            single.dispatch(give(single, amount), signed(ALICE))
        except DispatchError:
            failures += 1
            if first_failure_left is None:
                first_failure_left = single.money.get_free(ALICE)
        left.append(single.money.get_free(ALICE))
    end = left[-1] if left else 1_000
    assert kinds["force_batch"] == end
    assert kinds["batch"] == (end if first_failure_left is None else first_failure_left)
    assert kinds["batch_all"] == (1_000 if failures else end)


def run_batch(kind: str, amounts: list[int]) -> int:
    """What a batch of transfers leaves Alice of her thousand."""
    runtime = MockRuntime([(ALICE, 1_000), (BOB, 1_000)])
    call = batch(runtime, kind, *(give(runtime, amount) for amount in amounts))
    with suppress(DispatchError):
        runtime.dispatch(call, signed(ALICE))
    runtime.try_state()
    return runtime.money.get_free(ALICE)


def test_wire() -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Utility.spec.calls]
    assert calls == [
        (0, "batch", ["calls"]),
        (2, "batch_all", ["calls"]),
        (4, "force_batch", ["calls"]),
    ]
    node = None if Utility.spec.events is None else Utility.spec.events.node
    assert isinstance(node, Variant)
    events = {
        each.name: (each.index, [field.name for field in each.fields]) for each in node.variants
    }
    assert events == {
        "BatchInterrupted": (0, ["index", "error"]),
        "BatchCompleted": (1, []),
        "BatchCompletedWithErrors": (2, []),
        "ItemCompleted": (3, []),
        "ItemFailed": (4, ["error"]),
    }
    assert Utility.spec.errors == (TooManyCalls,)
    assert TooManyCalls.INDEX == 0
    assert [constant.name for constant in Utility.spec.constants] == ["BatchedCallsLimit"]


def test_bytes_of_a_batch(runtime: MockRuntime) -> None:
    call = batch(runtime, "batch", give(runtime, 1))
    assert runtime.calls.encode(call) == bytes([4, 0, 4, 6, 3, 0]) + BOB + bytes([4])
