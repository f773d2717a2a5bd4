"""The registry's records: each call, event and error."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pallets.registry import Registry
from pallets.registry.declarations import (
    BadTtl,
    ExpiredRecord,
    Heartbeat,
    NoSuchRecord,
    NotOwner,
    Registered,
    Removed,
    Retired,
    RetiredRecord,
    TooManyVersions,
    Transferred,
    Updated,
    WrongKind,
)
from pallets.registry.types import (
    TTL_BLOCKS_MAX,
    VERSIONS_MAX,
    Parent,
    Record,
    RecordState,
    Relation,
    Version,
)
from runtime.address import Address20
from runtime.address import Id as AddressId
from runtime.codec import encode
from runtime.errors import BadOrigin, CannotLookup, FundsUnavailable
from runtime.frame import Origin
from runtime.frame.ai_types import JobKind, ProviderInfo, RecordKind
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import Root
from tests.pallets.registry.stage import (
    ALICE,
    BOB,
    BYTE_DEPOSIT,
    CAROL,
    FUNDS,
    MANIFEST,
    RECORD_DEPOSIT,
    STRANGER,
    TTL,
    RegistryStage,
    make_dataset,
    make_provider,
    make_weights,
)


@pytest.fixture
def stage() -> RegistryStage:
    return RegistryStage()


def get_held(stage: RegistryStage, number: int = 1) -> int:
    who = (ALICE, BOB, CAROL)[number - 1]
    return stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, who)


CALLS: list[Callable[[Registry, Origin], None]] = [
    lambda registry, origin: registry.register(origin, make_dataset(), MANIFEST, (), 0, TTL),
    lambda registry, origin: registry.update(origin, 0, make_dataset(), MANIFEST),
    lambda registry, origin: registry.heartbeat(origin, 0),
    lambda registry, origin: registry.transfer(origin, 0, AddressId(BOB)),
    lambda registry, origin: registry.retire(origin, 0),
    lambda registry, origin: registry.put_blob(origin, b"blob"),
    lambda registry, origin: registry.drop_blob(origin, Root.zero()),
]


@pytest.mark.parametrize("call", CALLS)
def test_calls_need_a_signer(
    stage: RegistryStage, call: Callable[[Registry, Origin], None]
) -> None:
    for origin in (Origin.root(), Origin.none()):
        with stage.refused(BadOrigin):
            call(stage.registry, origin)


@pytest.mark.parametrize("call", CALLS[1:5])
def test_calls_need_a_record_of_the_signers(
    stage: RegistryStage, call: Callable[[Registry, Origin], None]
) -> None:
    with stage.refused(NoSuchRecord):
        call(stage.registry, Origin.signed(ALICE))
    stage.register(ALICE, make_dataset())
    with stage.refused(NotOwner):
        call(stage.registry, Origin.signed(BOB))
    stage.records.note_job(0, 1)
    stage.retire(ALICE, 0)
    with stage.refused(RetiredRecord):
        call(stage.registry, Origin.signed(ALICE))


def test_register(stage: RegistryStage) -> None:
    body = make_dataset()
    number = stage.register(ALICE, body, royalty_bps=250)
    version = stage.registry.version[number, 1]
    assert (version.body, version.manifest_root, version.payer) == (body, MANIFEST, ALICE)
    assert (version.royalty_bps, version.parents, version.created_at) == (250, (), 1)
    deposit = RECORD_DEPOSIT + version.deposit
    assert stage.registry.record[number] == Record(
        RecordKind.DATASET, ALICE, RecordState.ACTIVE, 1, 1, TTL, 1 + TTL, deposit
    )
    assert version.deposit == BYTE_DEPOSIT * len(encode(version))
    assert get_held(stage) == deposit
    assert stage.get_last_event() == Registered(number, RecordKind.DATASET, ALICE, 1 + TTL)
    assert stage.registry.by_owner[ALICE, number] is RecordKind.DATASET
    assert stage.registry.by_kind[RecordKind.DATASET, number] == ALICE
    stage.registry.try_state()


def test_numbers_are_never_used_again(stage: RegistryStage) -> None:
    assert stage.register(ALICE, make_dataset()) == 0
    stage.retire(ALICE, 0)
    assert stage.register(ALICE, make_dataset()) == 1


def test_register_refuses(stage: RegistryStage) -> None:
    for ttl in (0, TTL_BLOCKS_MAX + 1):
        with stage.refused(BadTtl):
            stage.register(ALICE, make_dataset(), ttl=ttl)
    stage.register(ALICE, make_dataset(), ttl=TTL_BLOCKS_MAX)
    with stage.refused(FundsUnavailable):
        stage.register(STRANGER, make_dataset())


def test_update(stage: RegistryStage) -> None:
    parent = stage.register(BOB, make_dataset(1))
    lineage = (Parent(parent, Relation.USES, 10),)
    number = stage.register(ALICE, make_provider(3), lineage, royalty_bps=7)
    held = get_held(stage)
    stage.blocks.number += 1
    stage.update(ALICE, number, make_provider(4))
    assert stage.get_last_event() == Updated(number, 2)
    first, second = (stage.registry.version[number, index] for index in (1, 2))
    assert (first.body, second.body) == (make_provider(3), make_provider(4))
    assert second.shares == first.shares
    assert (second.parents, second.royalty_bps, second.created_at) == (lineage, 7, 2)
    assert stage.registry.record[number].version == 2
    assert get_held(stage) == held + second.deposit
    stage.registry.try_state()


def test_update_refuses(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_provider())
    with stage.refused(WrongKind):
        stage.update(ALICE, number, make_dataset())
    stage.blocks.number += TTL
    with stage.refused(ExpiredRecord):
        stage.update(ALICE, number, make_provider())
    stage.registry.heartbeat(Origin.signed(ALICE), number)
    stage.ledger.burn(ALICE, stage.ledger.get_free(ALICE) - 500, Preservation.PRESERVE)
    with stage.refused(FundsUnavailable):
        stage.update(ALICE, number, make_provider())


def test_old_versions_make_room_unless_jobs_need_them(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_provider())
    for _ in range(VERSIONS_MAX - 1):
        stage.update(ALICE, number, make_provider())
    for version in (1, 3):
        stage.records.note_job(number, version)
    held = get_held(stage)
    stage.update(ALICE, number, make_provider())
    assert get_held(stage) == held  # the new version's deposit is the old one's
    kept = sorted(version for _, version in stage.registry.version.keys(number))
    assert kept == [1, *range(3, VERSIONS_MAX + 2)]
    for version in range(4, VERSIONS_MAX + 1):
        stage.records.note_job(number, version)
    with stage.refused(TooManyVersions):
        stage.update(ALICE, number, make_provider())
    stage.records.drop_job(number, 3)
    stage.update(ALICE, number, make_provider())
    stage.registry.try_state()


def test_heartbeat(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_provider())
    stage.blocks.number = TTL
    assert stage.records.is_live(number)
    stage.blocks.number = TTL + 1
    assert not stage.records.is_live(number)
    stage.registry.heartbeat(Origin.signed(ALICE), number)
    assert stage.get_last_event() == Heartbeat(number, 2 * TTL + 1)
    assert stage.records.is_live(number)


def test_transfer_takes_the_deposit_along(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_dataset())
    held = get_held(stage)
    stage.transfer(ALICE, number, BOB)
    assert stage.get_last_event() == Transferred(number, ALICE, BOB)
    assert (get_held(stage), get_held(stage, 2)) == (0, held)
    assert stage.ledger.get_free(BOB) == FUNDS
    assert stage.ledger.get_free(ALICE) == FUNDS - held
    assert stage.records.get_owner(number) == BOB
    assert (ALICE, number) not in stage.registry.by_owner
    stage.registry.try_state()
    with stage.refused(NotOwner):
        stage.retire(ALICE, number)
    stage.transfer(BOB, number, BOB)
    stage.registry.try_state()
    stage.retire(BOB, number)
    assert stage.ledger.get_free(BOB) == FUNDS + held


def test_transfer_refuses(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_dataset())
    with stage.refused(FundsUnavailable):
        stage.transfer(ALICE, number, STRANGER)
    with stage.refused(CannotLookup):
        stage.registry.transfer(Origin.signed(ALICE), number, Address20(bytes(20)))
    stage.blocks.number += TTL
    with stage.refused(ExpiredRecord):
        stage.transfer(ALICE, number, BOB)


def test_retire_returns_everything(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_provider())
    stage.update(ALICE, number, make_provider(4))
    stage.blocks.number += TTL  # an expired record can be retired too
    stage.retire(ALICE, number)
    assert stage.state.events[-2:] == [Retired(number), Removed(number)]
    assert stage.ledger.get_free(ALICE) == FUNDS
    assert stage.records.get_owner(number) is None
    assert list(stage.registry.version.keys()) == []
    stage.registry.try_state()


def test_a_job_keeps_its_version(stage: RegistryStage) -> None:
    number = stage.register_model(ALICE, royalty_bps=100)
    weights = make_weights(1)
    stage.put_blobs(ALICE, weights)
    stage.update(ALICE, number, weights.body)
    for _ in range(2):
        stage.records.note_job(number, 1)
    stage.retire(ALICE, number)
    assert stage.get_last_event() == Retired(number)
    model = stage.records.get_model(number, 1)
    assert model is not None
    assert (model.tensors, model.is_active) == (make_weights().body.tensors, False)
    assert stage.records.get_model(number) is None  # the current version is gone
    assert stage.records.get_royalties(number, 1) == ((ALICE, 100),)
    stage.registry.try_state()
    stage.records.drop_job(number, 1)
    stage.registry.try_state()
    stage.records.drop_job(number, 1)
    assert stage.get_last_event() == Removed(number)
    assert stage.records.get_model(number, 1) is None
    stage.registry.try_state()


def test_jobs_are_noted_before_they_are_dropped(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_dataset())
    with pytest.raises(AssertionError, match="noted, then dropped"):
        stage.records.drop_job(number, 1)
    with pytest.raises(AssertionError, match="is not kept"):
        stage.records.note_job(number, 2)


def test_model_info(stage: RegistryStage) -> None:
    number = stage.register_model(ALICE)
    body = make_weights().body
    for version in (None, 1):
        model = stage.records.get_model(number, version)
        assert model is not None
        assert (model.id, model.owner, model.version) == (number, ALICE, 1)
        assert (model.graph, model.tensors) == (body.graph, body.tensors)
        assert (model.macs_per_row, model.expires_at) == (64 * 32 + 32 * 10, 1 + TTL)
        assert model.is_active
    assert stage.records.get_model(number, 2) is None
    assert stage.records.get_model(number + 1) is None
    assert stage.records.get_provider(number) is None


def test_provider_info(stage: RegistryStage) -> None:
    number = stage.register(BOB, make_provider())
    prices = ((JobKind.INFER, 3), (JobKind.TRAIN, 6))
    info = ProviderInfo(number, BOB, 1, prices, 4, 1 + TTL, is_hireable=True)
    assert stage.records.get_provider(number) == info
    assert info.kinds == (JobKind.INFER, JobKind.TRAIN)
    assert stage.records.get_model(number) is None
    assert stage.records.get_provider(number + 1) is None
    stage.blocks.number += TTL
    late = stage.records.get_provider(number)
    assert late == replace(info, is_hireable=False)


def test_a_frozen_record_is_not_live(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_dataset())
    entry = stage.registry.record[number]
    stage.registry.record[number] = replace(entry, state=RecordState.FROZEN)
    assert not stage.records.is_live(number)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: replace(entry, deposit=entry.deposit + 1),
        lambda entry: replace(entry, kept=2),
        lambda entry: replace(entry, owner=BOB),
        lambda entry: replace(entry, version=2),
        lambda entry: replace(entry, state=RecordState.RETIRED),
    ],
)
def test_try_state_sees_a_wrong_record(
    stage: RegistryStage, spoil: Callable[[Record], Record]
) -> None:
    number = stage.register(ALICE, make_dataset())
    stage.registry.record[number] = spoil(stage.registry.record[number])
    with pytest.raises(AssertionError):
        stage.registry.try_state()


def test_try_state_sees_a_version_without_a_record(stage: RegistryStage) -> None:
    number = stage.register(ALICE, make_dataset())
    version: Version = stage.registry.version[number, 1]
    stage.registry.version[number + 1, 1] = version
    with pytest.raises(AssertionError, match="without a record"):
        stage.registry.try_state()
