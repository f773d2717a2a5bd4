"""The life of a block: what each part of it leaves in state, nonces, fees, weights and events."""

from dataclasses import replace

import pytest

from pallets.balances.events import Deposit, Withdraw
from pallets.transaction_payment import TransactionFeePaid
from runtime.address import Index
from runtime.era import Era
from runtime.errors import (
    BadCall,
    BadMandatory,
    BadOrigin,
    InvalidBlock,
    MandatoryValidation,
)
from runtime.executive import (
    apply_extrinsic,
    compute_priority,
    execute_block,
    finalize_block,
    initialize_block,
)
from runtime.frame import DispatchClass, Pays
from runtime.frame.dispatch import DispatchInfo
from runtime.frame.dispatch_error import BadOrigin as BadOriginValue
from runtime.frame.dispatch_error import Module, ModuleErrorValue
from runtime.frame.event_record import (
    ApplyExtrinsic,
    EventRecord,
    Finalization,
    Initialization,
    PalletEvent,
)
from runtime.header import Digest, Header, PreRuntime, Seal
from runtime.limits import ConsumedWeight
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import Hash, Weight
from runtime.system import ExtrinsicFailed, ExtrinsicSuccess
from tests.helpers.block_stage import (
    ALICE,
    BASE_BLOCK,
    BOB,
    CHARLIE,
    GENESIS,
    RICH,
    Defect,
    Probed,
    Refused,
    Signing,
    get_probe,
    make_inherent,
    make_signed,
    make_stage,
    probe,
)
from tests.helpers.mock_runtime import RATES, MockRuntime
from tests.helpers.noop import assert_noop

PARENT = Hash(b"\x33" * 32)
SEAL = Seal(ENGINE, b"proof")
PRE_RUNTIME = PreRuntime(
    ENGINE, PRE_DIGEST.encode(PreDigest(CHARLIE.account, 0, 0, 0, 0, Hash.zero()))
)
HEADER = Header(PARENT, 2, Hash(b"\x44" * 32), Hash(b"\x55" * 32), Digest((PRE_RUNTIME, SEAL)))
BASE = RATES.base_extrinsic
NONE = Weight()


def test_initialising_begins_the_block() -> None:
    runtime = make_stage()
    runtime.system.events.put(())
    initialize_block(runtime, HEADER)
    system = runtime.system
    assert system.number.get() == 2
    assert system.parent_hash.get() == PARENT
    assert system.block_hash[1] == PARENT
    assert system.block_hash[0] == GENESIS
    assert system.digest.get() == Digest((PRE_RUNTIME,)), "the seal comes after execution"
    assert not system.events.is_set()
    assert get_probe(runtime).hooks.get() == 2
    assert runtime.get_records()[-1].phase == Initialization()


def test_a_block_leaves_events_with_phases_weights_and_counts() -> None:
    runtime = make_stage()
    extrinsics = (
        make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000)),
        make_inherent(runtime, probe(runtime, "inherent", 0)),
        make_signed(runtime, ALICE, probe(runtime, "work", 100, 7, 0)),
        make_signed(runtime, BOB, probe(runtime, "operate", 50, 3)),
        make_signed(runtime, ALICE, probe(runtime, "work", 1, 1, 1), Signing(nonce=1)),
    )
    outcomes = execute_block(runtime, HEADER, extrinsics)
    assert [outcome.error for outcome in outcomes[:4]] == [None] * 4
    assert isinstance(outcomes[4].error, Refused)
    system = runtime.system
    timestamp = runtime.timestamp.spec.calls[0].weight
    assert isinstance(timestamp, Weight)
    hooks = BASE_BLOCK + runtime.timestamp.on_initialize(2) + Weight(11, 2)
    assert system.block_weight.get() == ConsumedWeight(
        normal=Weight(101, 8) + BASE + BASE,
        operational=Weight(50, 3) + BASE,
        mandatory=hooks + timestamp + Weight(5, 1) + BASE + BASE,
    )
    raw = runtime.state.get(system.events.key)
    assert raw is not None
    records = runtime.events.decode(raw)
    assert system.event_count.get() == len(records)
    phases = [record.phase for record in records]
    assert phases == sorted(phases, key=_get_order), "events stand in the order they happened"
    assert records[0] == EventRecord(Initialization(), PalletEvent(30, Probed(0)))
    assert records[-1] == EventRecord(Finalization(), PalletEvent(30, Probed(255)))
    results = [
        (record.phase, record.event.event)
        for record in records
        if isinstance(record.event.event, ExtrinsicSuccess | ExtrinsicFailed)
    ]
    free = DispatchInfo(timestamp + BASE, DispatchClass.MANDATORY, Pays.NO)
    refused = Module(ModuleErrorValue(30, b"\4\0\0\0"))
    assert results == [
        (ApplyExtrinsic(0), ExtrinsicSuccess(free)),
        (
            ApplyExtrinsic(1),
            ExtrinsicSuccess(DispatchInfo(Weight(5, 1) + BASE, DispatchClass.MANDATORY, Pays.NO)),
        ),
        (ApplyExtrinsic(2), ExtrinsicSuccess(DispatchInfo(Weight(100, 7) + BASE))),
        (
            ApplyExtrinsic(3),
            ExtrinsicSuccess(DispatchInfo(Weight(50, 3) + BASE, DispatchClass.OPERATIONAL)),
        ),
        (ApplyExtrinsic(4), ExtrinsicFailed(refused, DispatchInfo(Weight(1, 1) + BASE))),
    ]
    assert get_probe(runtime).hooks.get() == 2 + 2_000
    assert runtime.events.encode(records) == raw
    assert runtime.get_moment() == 5_000


def _get_order(phase: object) -> int:
    match phase:
        case Initialization():
            return -1
        case ApplyExtrinsic(index):
            return index
        case _:
            return 1_000


def test_the_next_block_forgets_the_events_of_the_last() -> None:
    runtime = make_stage()
    initialize_block(runtime, HEADER)
    apply_extrinsic(
        runtime, make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000))
    )
    finalize_block(runtime)
    assert runtime.system.events.is_set()
    runtime.system.initialize(Header(PARENT, 3, PARENT, PARENT))
    assert not runtime.system.events.is_set()
    assert runtime.system.digest.get() == Digest()


@pytest.mark.parametrize(
    "fee, length, time, priority",
    [
        (1_000, 0, 0, 1_000),
        (1_000, 1_023, 99_999_999, 1_000),  # less than one unit of either
        (1_000, 4 * 1_024, 0, 250),
        (1_000, 4 * 1_024, 10 * 100_000_000, 100),  # weight is the scarcer
        (1_000, 10 * 1_024, 3 * 100_000_000, 100),
        (1_000, 3 * 1_024, 0, 333),
        (1 << 70, 0, 0, (1 << 64) - 1),
    ],
)
def test_priority_is_the_fee_for_what_is_scarce(
    fee: int, length: int, time: int, priority: int
) -> None:
    assert compute_priority(fee, length, Weight(time)) == priority


# --- what a transaction leaves


def begin() -> MockRuntime:
    runtime = make_stage()
    initialize_block(runtime, HEADER)
    runtime.state.events.clear()
    return runtime


@pytest.mark.parametrize("failure", [1, 2])
def test_a_failed_dispatch_leaves_fee_and_nonce_alone(failure: int) -> None:
    runtime = begin()
    before = runtime.state.changes()
    tip = 77
    extrinsic = make_signed(runtime, ALICE, probe(runtime, "work", 0, 0, failure), Signing(tip=tip))
    outcome = apply_extrinsic(runtime, extrinsic)
    assert isinstance(outcome.error, Refused if failure == 1 else BadOrigin)
    info = DispatchInfo(BASE)
    assert outcome.info == info
    fee = runtime.fees.compute_fee_details(len(extrinsic.raw), DispatchInfo(NONE), tip).total
    system = runtime.system
    assert system.get_nonce(ALICE.account) == 1
    assert runtime.money.get_free(ALICE.account) == RICH - fee
    assert runtime.money.get_free(CHARLIE.account) == RICH + tip
    assert runtime.money.get_issuance() == 3 * RICH - fee + tip
    touched = {
        system.account.get_key(ALICE.account),
        system.account.get_key(CHARLIE.account),
        runtime.balances.total_issuance.key,
    }
    after = runtime.state.changes()
    assert {key for key in after if after[key] != before.get(key)} == touched
    cause = Module(ModuleErrorValue(30, b"\4\0\0\0")) if failure == 1 else BadOriginValue()
    assert runtime.get_events() == [
        Withdraw(ALICE.account, fee),
        Deposit(CHARLIE.account, tip),
        TransactionFeePaid(ALICE.account, fee, tip),
        ExtrinsicFailed(cause, info),
    ]


def test_any_other_exception_goes_on_to_the_caller() -> None:
    runtime = begin()
    with pytest.raises(Defect, match="planted"):
        apply_extrinsic(runtime, make_signed(runtime, ALICE, probe(runtime, "work", 0, 0, 3)))
    with pytest.raises(Defect, match="planted"):
        apply_extrinsic(runtime, make_inherent(runtime, probe(runtime, "inherent", 3)))
    broken = make_signed(runtime, BOB, probe(runtime, "work", 0, 0, 3))
    with pytest.raises(Defect, match="planted"):
        execute_block(make_stage(), HEADER, (broken,))


@pytest.mark.parametrize(
    "time, size, actual",
    [
        (1_000_000, 10, Weight(1_000_000, 10)),
        (5_000_000, 100, Weight(5_000_000, 100)),
        (6_000_000, 10, Weight(5_000_000, 100)),  # more than announced: the announced one counts
        (1, 101, Weight(5_000_000, 100)),
    ],
)
def test_unused_weight_is_refunded(time: int, size: int, actual: Weight) -> None:
    runtime = begin()
    extrinsic = make_signed(runtime, ALICE, probe(runtime, "refund", time, size, False))
    used = runtime.system._consumed.normal
    outcome = apply_extrinsic(runtime, extrinsic)
    assert outcome.info == DispatchInfo(actual + BASE)
    fee = runtime.fees.compute_fee_details(len(extrinsic.raw), DispatchInfo(actual), 0).total
    assert runtime.money.get_free(ALICE.account) == RICH - fee
    assert runtime.system._consumed.normal == used + actual + BASE


@pytest.mark.parametrize("time, actual", [(1, Weight(1, 1)), (0, Weight(5_000_000, 100))])
def test_a_fulfilled_duty_costs_nothing_but_the_tip(time: int, actual: Weight) -> None:
    runtime = begin()
    extrinsic = make_signed(
        runtime, ALICE, probe(runtime, "refund", time, 1, True), Signing(tip=1_000)
    )
    outcome = apply_extrinsic(runtime, extrinsic)
    assert outcome.info == DispatchInfo(actual + BASE, pays_fee=Pays.NO)
    assert runtime.money.get_free(ALICE.account) == RICH - 1_000
    assert runtime.money.get_free(CHARLIE.account) == RICH + 1_000
    apply_extrinsic(runtime, make_signed(runtime, ALICE, probe(runtime, "gift")))
    assert runtime.money.get_free(ALICE.account) == RICH - 1_000
    assert runtime.system.get_nonce(ALICE.account) == 2


# --- inherents


@pytest.mark.parametrize("failure", [1, 2])
def test_a_failed_inherent_is_no_part_of_the_block(failure: int) -> None:
    runtime = begin()
    with assert_noop(runtime.state, BadMandatory):
        apply_extrinsic(runtime, make_inherent(runtime, probe(runtime, "inherent", failure)))
    outcome = apply_extrinsic(runtime, make_inherent(runtime, probe(runtime, "inherent", 0)))
    assert outcome.error is None
    assert {record.phase for record in runtime.get_records()} == {ApplyExtrinsic(0)}


def test_a_failed_inherent_makes_a_block_invalid() -> None:
    runtime = make_stage()
    extrinsics = (
        make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000)),
        make_inherent(runtime, probe(runtime, "inherent", 1)),
    )
    why = r"extrinsic 1: A call was labelled as mandatory.*\(inherent: Refused\(\)\)"
    with pytest.raises(InvalidBlock, match=why):
        execute_block(runtime, HEADER, extrinsics)


def test_inherents_come_first() -> None:
    runtime = make_stage()
    extrinsics = (
        make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000)),
        make_signed(runtime, ALICE, probe(runtime, "work", 0, 0, 0)),
        make_inherent(runtime, probe(runtime, "inherent", 0)),
    )
    with pytest.raises(InvalidBlock, match="extrinsic 2: an inherent behind a transaction"):
        execute_block(runtime, HEADER, extrinsics)


def test_an_unsigned_call_of_another_class_is_none() -> None:
    runtime = begin()
    for made in (probe(runtime, "work", 0, 0, 0), probe(runtime, "operate", 0, 0)):
        with assert_noop(runtime.state, BadCall):
            apply_extrinsic(runtime, make_inherent(runtime, made))


def test_nobody_signs_an_inherent() -> None:
    runtime = begin()
    with assert_noop(runtime.state, MandatoryValidation):
        apply_extrinsic(runtime, make_signed(runtime, ALICE, probe(runtime, "inherent", 0)))


def test_a_block_says_which_extrinsic_may_not_be_there() -> None:
    runtime = make_stage()
    extrinsics = (
        make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000)),
        make_signed(runtime, ALICE, probe(runtime, "work", 0, 0, 0), Signing(nonce=4)),
    )
    why = "extrinsic 1: Transaction will be valid in the future"
    with pytest.raises(InvalidBlock, match=why):
        execute_block(runtime, HEADER, extrinsics)


def test_a_block_says_which_signature_cannot_be_looked_at() -> None:
    """Although all of them are looked for before anything is applied."""
    runtime = make_stage()
    work = probe(runtime, "work", 0, 0, 0)
    time = make_inherent(runtime, runtime.make_call(runtime.timestamp, "set", 5_000))
    good = make_signed(runtime, ALICE, work)
    old = make_signed(runtime, BOB, work, Signing(era=Era(8_192, 0)))
    assert good.signer is not None
    stranger = replace(good, signer=replace(good.signer, address=Index(())))
    for bad, why in ((old, "ancient birth block"), (stranger, "Invalid signing address")):
        with pytest.raises(InvalidBlock, match=f"extrinsic 2: .*{why}"):
            execute_block(make_stage(), HEADER, (time, good, bad))
