"""What auditors say of records: for how long, at whose expense, and of whom."""

import pytest

from pallets.registry.declarations import (
    Attested,
    BadBody,
    BadTtl,
    ExpiredRecord,
    NoAttestation,
    NoSuchRecord,
    NotOwner,
    Revoked,
)
from pallets.registry.types import TTL_BLOCKS_MAX, Attribute
from runtime.errors import FundsUnavailable
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.pallets.registry.stage import (
    ALICE,
    BOB,
    CAROL,
    STRANGER,
    TTL,
    RegistryStage,
    make_provider,
)

GPU, REGION = Attribute("gpu", "h100"), Attribute("region", "eu")


@pytest.fixture
def stage() -> RegistryStage:
    stage = RegistryStage()
    stage.register(ALICE, make_provider())
    return stage


def get_deposit(stage: RegistryStage, who: AccountId) -> int:
    return stage.ledger.get_held(HoldReason.REGISTRY_DEPOSIT, who)


def get_said(stage: RegistryStage, auditor: AccountId) -> tuple[Attribute, ...] | None:
    found = stage.registry.attestations.get_valid(0, auditor)
    return None if found is None else found.attributes


def test_an_auditor_says_something_and_takes_it_back(stage: RegistryStage) -> None:
    stage.attest(BOB, 0, (GPU, REGION))
    assert stage.get_last_event() == Attested(0, BOB, 1 + TTL)
    assert get_said(stage, BOB) == (GPU, REGION)
    assert get_said(stage, CAROL) is None
    both = get_deposit(stage, BOB)
    stage.attest(BOB, 0, (GPU,))
    assert get_said(stage, BOB) == (GPU,)
    assert 0 < get_deposit(stage, BOB) < both
    stage.registry.try_state()
    stage.revoke(BOB, 0, BOB)
    assert stage.get_last_event() == Revoked(0, BOB)
    assert get_deposit(stage, BOB) == 0
    with stage.refused(NoAttestation):
        stage.revoke(BOB, 0, BOB)


def test_nobody_else_takes_back_what_counts(stage: RegistryStage) -> None:
    stage.attest(BOB, 0, ttl=10)
    with stage.refused(NotOwner):
        stage.revoke(ALICE, 0, BOB)
    stage.blocks.number = 10
    assert get_said(stage, BOB) is not None
    stage.blocks.number = 11
    assert get_said(stage, BOB) is None
    stage.revoke(CAROL, 0, BOB)
    assert get_deposit(stage, BOB) == 0


def test_it_says_nothing_of_a_new_owner(stage: RegistryStage) -> None:
    stage.attest(BOB, 0)
    stage.transfer(ALICE, 0, CAROL)
    assert get_said(stage, BOB) is None
    stage.attest(BOB, 0)
    assert get_said(stage, BOB) == (GPU,)


def test_what_was_said_of_a_record_that_is_gone_can_be_cleared_away(stage: RegistryStage) -> None:
    stage.attest(BOB, 0)
    stage.retire(ALICE, 0)
    stage.revoke(CAROL, 0, BOB)
    assert get_deposit(stage, BOB) == 0
    stage.registry.try_state()


def test_what_cannot_be_said(stage: RegistryStage) -> None:
    for ttl in (0, TTL_BLOCKS_MAX + 1):
        with stage.refused(BadTtl):
            stage.attest(BOB, 0, ttl=ttl)
    for attributes in ((), (REGION, GPU), (GPU, GPU)):
        with stage.refused(BadBody):
            stage.attest(BOB, 0, attributes)
    with stage.refused(NoSuchRecord):
        stage.attest(BOB, 1)
    with stage.refused(FundsUnavailable):
        stage.attest(STRANGER, 0)
    stage.blocks.number = 1 + TTL
    with stage.refused(ExpiredRecord):
        stage.attest(BOB, 0)
