"""Blobs: who pays for bytes in the state, and when they go."""

import pytest

from pallets.registry.declarations import (
    BlobDropped,
    BlobInUse,
    BlobMissing,
    BlobStored,
    BlobStoredAlready,
    BlobTooBig,
    BlockFull,
)
from pallets.registry.types import BLOCK_BLOB_BYTES, ENTRY_OVERHEAD_BYTES, BlobUse
from runtime.errors import FundsUnavailable
from runtime.frame import Origin
from runtime.frame.ai_types import BLOB_BYTES_MAX
from runtime.frame.parameters import Param
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Root
from runtime.tensor.blob import blob_root
from tests.helpers.set_parameters import SetParameters
from tests.pallets.registry.stage import (
    ALICE,
    BOB,
    BYTE_DEPOSIT,
    FUNDS,
    STRANGER,
    RegistryStage,
    make_weights,
)


@pytest.fixture
def stage() -> RegistryStage:
    return RegistryStage()


def drop(stage: RegistryStage, who: AccountId, root: Root) -> None:
    stage.registry.drop_blob(Origin.signed(who), root)


def test_put_and_drop(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"scene")
    assert root == blob_root(b"scene")
    assert stage.get_last_event() == BlobStored(root, ALICE, 5)
    assert stage.records.get_blob(root) == b"scene"
    deposit = BYTE_DEPOSIT * (5 + ENTRY_OVERHEAD_BYTES)
    assert stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, ALICE) == deposit
    stage.registry.try_state()
    drop(stage, ALICE, root)
    assert stage.get_last_event() == BlobDropped(root, ALICE)
    assert stage.records.get_blob(root) is None
    assert stage.ledger.get_free(ALICE) == FUNDS
    stage.registry.try_state()


def test_put_refuses(stage: RegistryStage) -> None:
    with stage.refused(BlobTooBig):
        stage.put_blob(ALICE, bytes(BLOB_BYTES_MAX + 1))
    with stage.refused(FundsUnavailable):
        stage.put_blob(STRANGER, b"scene")
    stage.put_blob(ALICE, b"scene")
    with stage.refused(BlobStoredAlready):
        stage.put_blob(ALICE, b"scene")


def test_a_block_takes_so_many_bytes(stage: RegistryStage) -> None:
    for number in range(BLOCK_BLOB_BYTES // BLOB_BYTES_MAX):
        stage.put_blob(ALICE, bytes([number]) * BLOB_BYTES_MAX)
    with stage.refused(BlockFull):
        stage.put_blob(BOB, b"scene")
    stage.end_block()
    assert not stage.registry.block_blob_bytes.is_set()
    stage.put_blob(BOB, b"scene")


@pytest.mark.parametrize("blobs", [1, 3, 6])
def test_a_block_takes_as_many_bytes_as_is_set(stage: RegistryStage, blobs: int) -> None:
    stage.registry._parameters = SetParameters({Param.BLOCK_BLOB_BYTES: blobs * BLOB_BYTES_MAX})
    for number in range(blobs):
        stage.put_blob(ALICE, bytes([number]) * BLOB_BYTES_MAX)
    with stage.refused(BlockFull):
        stage.put_blob(BOB, b"scene")
    stage.end_block()
    stage.put_blob(BOB, b"scene")


def test_drop_needs_a_stake(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"scene")
    with stage.refused(BlobMissing):
        drop(stage, BOB, root)
    with stage.refused(BlobMissing):
        drop(stage, ALICE, Root.zero())


def test_every_payer_has_a_stake_and_may_leave(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"scene")
    stage.put_blob(BOB, b"scene")
    assert stage.registry.blob_use[root] == BlobUse(payers=2)
    stage.registry.try_state()
    drop(stage, ALICE, root)
    assert stage.ledger.get_free(ALICE) == FUNDS
    assert stage.records.get_blob(root) == b"scene"
    drop(stage, BOB, root)
    assert stage.records.get_blob(root) is None


def test_a_model_holds_its_owners_stake_alone(stage: RegistryStage) -> None:
    weights = make_weights()
    roots = [blob_root(blob) for blob in weights.blobs]
    for who in (ALICE, BOB):
        stage.put_blobs(who, weights)
    number = stage.register(BOB, weights.body)
    for root in roots:
        drop(stage, ALICE, root)
        with stage.refused(BlobInUse):
            drop(stage, BOB, root)
    stage.retire(BOB, number)
    for root in roots:
        drop(stage, BOB, root)
    assert stage.ledger.get_free(BOB) == FUNDS


def test_blobs_stay_with_who_pays_when_a_model_is_given_away(stage: RegistryStage) -> None:
    number = stage.register_model(ALICE)
    root = blob_root(make_weights().blobs[0])
    stage.transfer(ALICE, number, BOB)
    with stage.refused(BlobInUse):
        drop(stage, ALICE, root)
    with stage.refused(BlobMissing):
        stage.update(BOB, number, make_weights().body)
    stage.retire(BOB, number)
    drop(stage, ALICE, root)
    stage.registry.try_state()


def test_a_new_owners_version_needs_the_new_owners_blobs(stage: RegistryStage) -> None:
    number = stage.register_model(ALICE)
    stage.transfer(ALICE, number, BOB)
    stage.put_blobs(BOB, make_weights())
    stage.update(BOB, number, make_weights().body)
    payers = [stage.registry.version[number, version].payer for version in (1, 2)]
    assert payers == [ALICE, BOB]
    stage.registry.try_state()


def test_a_job_keeps_a_blob_in_the_state(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"inputs")
    stage.put_blob(BOB, b"inputs")
    stage.records.note_use(root)
    stage.records.note_use(root)
    drop(stage, ALICE, root)
    with stage.refused(BlobInUse):
        drop(stage, BOB, root)
    stage.records.drop_use(root)
    with stage.refused(BlobInUse):
        drop(stage, BOB, root)
    stage.records.drop_use(root)
    drop(stage, BOB, root)
    with pytest.raises(AssertionError, match="before it is used"):
        stage.records.note_use(root)


def test_uses_are_noted_before_they_are_dropped(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"inputs")
    with pytest.raises(AssertionError, match="noted, then dropped"):
        stage.records.drop_use(root)


def test_try_state_sees_other_bytes(stage: RegistryStage) -> None:
    root = stage.put_blob(ALICE, b"scene")
    stage.registry.blob[root] = b"other"
    with pytest.raises(AssertionError, match="other bytes"):
        stage.registry.try_state()
    stage.registry.blob[root] = b"scene"
    stage.registry.blob_use[root] = BlobUse(payers=2)
    with pytest.raises(AssertionError, match="payers"):
        stage.registry.try_state()
