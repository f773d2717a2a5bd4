"""The System pallet: accounts and why they exist, remarks, the author, published bytes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import weights
from runtime.account import AccountData, AccountInfo
from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_256
from runtime.errors import BadOrigin, CodecError, ConsumerRemaining, NoProviders, TooManyConsumers
from runtime.frame import DispatchClass, Event, Origin
from runtime.frame.dispatch import DispatchInfo
from runtime.frame.event_record import (
    EVENTS_MAX,
    ApplyExtrinsic,
    EventRecord,
    Finalization,
    Initialization,
    PalletEvent,
    Phase,
)
from runtime.header import Digest, PreRuntime
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import Hash, Weight
from runtime.system import (
    CONSUMERS_MAX,
    REMARK_BYTES_MAX,
    ExtrinsicSuccess,
    KilledAccount,
    NewAccount,
    Remarked,
)
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, signed
from tests.helpers.noop import assert_noop


@pytest.fixture
def runtime() -> MockRuntime:
    return MockRuntime([(ALICE, 1_000)])


def test_the_published_bytes_of_an_account() -> None:
    info = AccountInfo(1, 0, 1, 0, AccountData(10**18))
    encoded = (
        "01000000 00000000 01000000 00000000"
        "000064a7b3b6e00d0000000000000000" + "00" * 16 + "00" * 16 + "00" * 15 + "80"
    )
    assert codec_of(AccountInfo).encode(info) == bytes.fromhex(encoded)
    assert codec_of(AccountInfo).encode(AccountInfo()) == bytes(79) + b"\x80"


def test_the_published_bytes_of_events(runtime: MockRuntime) -> None:
    info = DispatchInfo(Weight(150_000_000, 3_593))
    record = EventRecord(ApplyExtrinsic(1), PalletEvent(0, ExtrinsicSuccess(info)))
    encoded = "04 00 01000000 00 00" + "0246c323" + "2538" + "00 00 00"
    assert runtime.events.encode((record,)) == bytes.fromhex(encoded)
    assert runtime.events.decode(bytes.fromhex(encoded)) == (record,)


PHASES = st.sampled_from([Initialization(), ApplyExtrinsic(1), ApplyExtrinsic(258), Finalization()])
TOPICS = st.lists(st.sampled_from([Hash(b"a" * 32), Hash(b"b" * 32)]), max_size=2).map(tuple)
EVENTS = st.sampled_from([NewAccount(ALICE), KilledAccount(BOB), Remarked(ALICE, Hash.zero())])
RECORDS = st.lists(st.tuples(PHASES, EVENTS, TOPICS), max_size=70)


@given(RECORDS)
def test_events_are_decoded_with_their_phases_and_topics(
    parts: list[tuple[Phase, Event, tuple[Hash, ...]]],
) -> None:
    codec = MockRuntime([]).events
    records = tuple(
        EventRecord(phase, PalletEvent(0, event), topics) for phase, event, topics in parts
    )
    assert codec.decode(codec.encode(records)) == records


def test_too_many_events(runtime: MockRuntime) -> None:
    record = EventRecord(Finalization(), PalletEvent(0, NewAccount(ALICE)))
    with pytest.raises(CodecError, match="expected at most 1000000 items, got 1000001"):
        runtime.events.encode((record,) * (EVENTS_MAX + 1))


@given(*(st.builds(Weight, st.integers(0, 5), st.integers(0, 5)) for _ in range(3)))
def test_weights_have_room_where_their_sum_is_within(
    one: Weight, more: Weight, limit: Weight
) -> None:
    assert one.has_room(more, limit) == (one + more).is_within(limit)


@pytest.mark.parametrize(
    "text, why",
    [
        ("04", "expected 1 bytes at offset 1"),
        ("0403", "no variant 3"),
        ("040201", "RuntimeEvent: expected 1 bytes at offset 3|RuntimeEvent: no pallet 1"),
        ("040263", r"RuntimeEvent: no pallet 99 \(offset 2\)"),
        ("04020063", "no variant 99"),
        ("0402", "RuntimeEvent: expected 1 bytes at offset 2, got 0"),
    ],
)
def test_bytes_that_are_no_events(runtime: MockRuntime, text: str, why: str) -> None:
    with pytest.raises(CodecError, match=why):
        runtime.events.decode(bytes.fromhex(text))


# --- accounts


def test_an_account_comes_and_goes_with_its_balance(runtime: MockRuntime) -> None:
    system = runtime.system
    assert not system.is_existing(BOB)
    system.put_data(BOB, AccountData(0))
    assert BOB not in system.account
    system.put_data(BOB, AccountData(5, 2))
    assert system.is_existing(BOB)
    assert system.account[BOB] == AccountInfo(0, 0, 1, 0, AccountData(5, 2))
    system.put_data(BOB, AccountData(0, 2))
    assert system.get_data(BOB) == AccountData(0, 2)
    system.put_data(BOB, AccountData())
    assert BOB not in system.account
    assert system.get_data(BOB) == AccountData()
    assert runtime.take_events() == [NewAccount(BOB), KilledAccount(BOB)]


def test_a_nonce_outlives_nothing(runtime: MockRuntime) -> None:
    system = runtime.system
    assert system.get_nonce(ALICE) == 0
    system.note_nonce(ALICE)
    system.note_nonce(ALICE)
    assert system.get_nonce(ALICE) == 2
    assert system.get_data(ALICE) == AccountData(1_000)
    system.put_data(ALICE, replace(system.get_data(ALICE), free=1))
    assert system.get_nonce(ALICE) == 2
    system.put_data(ALICE, AccountData())
    assert system.get_nonce(ALICE) == 0


def test_what_is_in_use_cannot_be_reaped(runtime: MockRuntime) -> None:
    system = runtime.system
    system.note_consumer(ALICE)
    system.note_consumer(ALICE)
    assert system.is_in_use(ALICE)
    with assert_noop(runtime.state, ConsumerRemaining):
        system.put_data(ALICE, AccountData())
    system.drop_consumer(ALICE)
    assert system.is_in_use(ALICE)
    system.drop_consumer(ALICE)
    assert not system.is_in_use(ALICE)
    with pytest.raises(AssertionError, match="every consumer was noted before"):
        system.drop_consumer(ALICE)
    system.put_data(ALICE, AccountData())
    assert not system.is_existing(ALICE)


def test_nothing_depends_on_nobody(runtime: MockRuntime) -> None:
    with assert_noop(runtime.state, NoProviders):
        runtime.system.note_consumer(BOB)


def test_consumers_are_bounded(runtime: MockRuntime) -> None:
    for _ in range(CONSUMERS_MAX):
        runtime.system.note_consumer(ALICE)
    with assert_noop(runtime.state, TooManyConsumers):
        runtime.system.note_consumer(ALICE)
    assert runtime.system.account[ALICE].consumers == CONSUMERS_MAX


def test_every_account_is_listed(runtime: MockRuntime) -> None:
    runtime.system.put_data(BOB, AccountData(7))
    listed = dict(runtime.system.iter_data())
    assert listed == {ALICE: AccountData(1_000), BOB: AccountData(7)}
    runtime.system.try_state()


@pytest.mark.parametrize(
    "info", [AccountInfo(nonce=1), AccountInfo(providers=1), AccountInfo(data=AccountData(5))]
)
def test_an_account_without_reason_is_noticed(runtime: MockRuntime, info: AccountInfo) -> None:
    runtime.system.account[BOB] = info
    with pytest.raises(AssertionError, match=r"providers|exists without a balance"):
        runtime.system.try_state()


# --- remarks


def test_remarks(runtime: MockRuntime) -> None:
    before = runtime.state.changes()
    runtime.dispatch(runtime.make_call(runtime.system, "remark", b"hello"), signed(ALICE))
    assert runtime.take_events() == []
    loud = runtime.make_call(runtime.system, "remark_with_event", b"hello")
    runtime.dispatch(loud, signed(ALICE))
    assert runtime.take_events() == [Remarked(ALICE, Hash(blake2_256(b"hello")))]
    assert runtime.state.changes() == before
    for name in ("remark", "remark_with_event"):
        with assert_noop(runtime.state, BadOrigin):
            runtime.dispatch(runtime.make_call(runtime.system, name, b""), Origin.none())


def test_remarks_cost_by_length_and_are_bounded(runtime: MockRuntime) -> None:
    longest = runtime.make_call(runtime.system, "remark", bytes(REMARK_BYTES_MAX))
    shortest = runtime.make_call(runtime.system, "remark", b"")
    more = (
        longest.get_dispatch_info().weight.ref_time - shortest.get_dispatch_info().weight.ref_time
    )
    assert more == weights.REMARK_BYTE.ref_time * REMARK_BYTES_MAX > 0
    with pytest.raises(CodecError, match="expected at most 65536 bytes"):
        runtime.make_call(runtime.system, "remark", bytes(REMARK_BYTES_MAX + 1))


# --- the block


def test_the_author_and_the_work_stand_in_the_digest(runtime: MockRuntime) -> None:
    system = runtime.system
    assert (system.get_author(), system.get_work_macs()) == (None, 0)
    pre_digest = PreDigest(BOB, 0, (1 << 256) // 1_000 - 1, 0, 0, Hash.zero())
    system.digest.put(Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),)))
    assert (system.get_author(), system.get_work_macs()) == (BOB, 1_000)


def test_weights_add_up_by_class(runtime: MockRuntime) -> None:
    system = runtime.system
    for kind, weight in zip(DispatchClass, (1, 20, 300), strict=True):
        system.note_weight(Weight(weight, 2 * weight), kind)
        system.note_weight(Weight(weight), kind)
    system.finalize((), runtime.events)
    used = system.block_weight.get()
    assert (used.normal, used.operational, used.mandatory) == (
        Weight(2, 2),
        Weight(40, 40),
        Weight(600, 600),
    )
    assert used.total == Weight(642, 642)
    assert system.event_count.get() == 0


def test_a_weight_is_within_another_in_both_parts() -> None:
    assert Weight(1, 2).is_within(Weight(1, 2))
    assert not Weight(2, 2).is_within(Weight(1, 2))
    assert not Weight(1, 3).is_within(Weight(1, 2))
    assert Weight(1, 2) + Weight(3, 4) == Weight(4, 6)
