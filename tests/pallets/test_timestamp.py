"""The time of the block: set once in each, by nobody, forwards."""

import pytest

from pallets.timestamp import Timestamp
from pallets.weights import timestamp as weights
from runtime.errors import BadOrigin, InvalidBlock
from runtime.executive import apply_extrinsic, finalize_block, initialize_block
from runtime.extrinsic import decode_extrinsic, encode_bare
from runtime.frame import DispatchClass, Origin, Pays
from tests.helpers.mock_runtime import (
    ALICE,
    MINIMUM_PERIOD_MS,
    MockRuntime,
    make_header,
    signed,
)
from tests.helpers.noop import assert_noop

START_MS = 1_700_000_000_000


@pytest.fixture
def runtime() -> MockRuntime:
    return MockRuntime([(ALICE, 1_000)])


def run_block(runtime: MockRuntime, number: int, *times_ms: int) -> None:
    """A block with these timestamp inherents."""
    initialize_block(runtime, make_header(number))
    for now in times_ms:
        call = runtime.make_call(runtime.timestamp, "set", now)
        raw = encode_bare(runtime.calls.encode(call))
        apply_extrinsic(runtime, decode_extrinsic(raw, runtime.calls))
    finalize_block(runtime)


def test_time_moves_with_the_blocks(runtime: MockRuntime) -> None:
    for number in range(1, 4):
        now = START_MS + number * MINIMUM_PERIOD_MS
        run_block(runtime, number, now)
        assert runtime.timestamp.now.get() == runtime.get_moment() == now
        runtime.try_state()


def test_the_first_time_may_be_any(runtime: MockRuntime) -> None:
    run_block(runtime, 1, MINIMUM_PERIOD_MS)
    assert runtime.get_moment() == MINIMUM_PERIOD_MS


@pytest.mark.parametrize("step_ms", [-1, 0, 1, MINIMUM_PERIOD_MS - 1])
def test_a_time_too_early_is_no_block(runtime: MockRuntime, step_ms: int) -> None:
    run_block(runtime, 1, START_MS)
    earliest = START_MS + MINIMUM_PERIOD_MS
    with pytest.raises(InvalidBlock, match=f"expected at least {earliest} ms"):
        run_block(runtime, 2, START_MS + step_ms)


def test_a_block_without_time_is_no_block(runtime: MockRuntime) -> None:
    with pytest.raises(InvalidBlock, match="timestamp not set"):
        run_block(runtime, 1)
    run_block(runtime, 1, START_MS)
    with pytest.raises(InvalidBlock, match="timestamp not set"):
        run_block(runtime, 2)


def test_a_block_with_two_times_is_no_block(runtime: MockRuntime) -> None:
    with pytest.raises(InvalidBlock, match="timestamp set twice"):
        run_block(runtime, 1, START_MS, START_MS + MINIMUM_PERIOD_MS)


def test_only_nobody_sets_the_time(runtime: MockRuntime) -> None:
    for origin in (signed(ALICE), Origin.root()):
        with assert_noop(runtime.state, BadOrigin):
            runtime.timestamp.set(origin, START_MS)


def test_a_time_inside_a_batch_is_refused(runtime: MockRuntime) -> None:
    now = runtime.make_call(runtime.timestamp, "set", START_MS)
    batch = runtime.make_call(runtime.utility, "batch_all", (now,))
    with assert_noop(runtime.state, BadOrigin):
        runtime.dispatch(batch, signed(ALICE))


def test_the_call_is_mandatory_and_free() -> None:
    (spec,) = Timestamp.spec.calls
    assert (spec.name, spec.index, [name for name, _ in spec.params]) == ("set", 0, ["now"])
    assert (spec.dispatch_class, spec.pays_fee) == (DispatchClass.MANDATORY, Pays.NO)


def test_wire(runtime: MockRuntime) -> None:
    assert [item.name for item in Timestamp.spec.storage] == ["Now", "DidUpdate"]
    assert [constant.name for constant in Timestamp.spec.constants] == ["MinimumPeriod"]
    now_key = "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
    assert runtime.timestamp.now.key.hex() == now_key
    call = runtime.make_call(runtime.timestamp, "set", START_MS)
    assert runtime.calls.encode(call) == bytes.fromhex("0200" + "0b0068e5cf8b01")


def test_the_hook_announces_its_weight(runtime: MockRuntime) -> None:
    assert runtime.timestamp.on_initialize(1) == weights.ON_FINALIZE
