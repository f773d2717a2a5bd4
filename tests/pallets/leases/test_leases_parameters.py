"""What governance changes of leases: for new ones, and for what is paid from then on."""

from dataclasses import replace

import pytest

from pallets.leases import CloseReason
from pallets.leases import declarations as declared
from pallets.leases.lifecycle import REASON
from runtime.frame.parameters import Param
from tests.pallets.leases.stage import ALICE, BOB, NOTICE, PARAMS, RATE, STORAGE, LeaseStage

AMOUNT = 100 * RATE


def get_settled(stage: LeaseStage) -> list[declared.LeaseSettled]:
    return [each for each in stage.take_events() if isinstance(each, declared.LeaseSettled)]


def test_shares_are_those_of_the_moment_of_payment() -> None:
    stage = LeaseStage()
    lease = stage.rent()
    stage.skip(1)
    stage.call("accept_work", ALICE, lease)
    (before,) = get_settled(stage)
    assert before.paid == RATE * 88 // 100
    stage.parameters.values = {Param.BURN_BPS: 3_000, Param.TREASURY_BPS: 1_000}
    stage.skip(1)
    stage.call("accept_work", ALICE, lease)
    (after,) = get_settled(stage)
    assert after.paid == RATE * 60 // 100
    assert after.burned + after.treasury + after.paid == after.amount == RATE


def test_deposits_are_returned_as_they_were_made() -> None:
    stage = LeaseStage()
    first = stage.offer()
    stage.parameters.values = {Param.DEPOSIT_BPS: 30_000}
    second = stage.offer()
    lease = stage.start(second, amount=AMOUNT)
    assert stage.money.get_held(REASON, BOB) == 4 * PARAMS.offer_deposit
    assert stage.money.get_held(REASON, ALICE) == AMOUNT + 3 * PARAMS.lease_deposit
    stage.parameters.values = {Param.DEPOSIT_BPS: 1_000}
    stage.try_state()
    stage.call("close_lease", ALICE, lease)
    stage.call("withdraw_offer", BOB, first)
    stage.call("withdraw_offer", BOB, second)
    assert stage.money.get_held(REASON, ALICE) == stage.money.get_held(REASON, BOB) == 0


def test_collateral_follows_its_parameters() -> None:
    stage = LeaseStage()
    assert stage.get(stage.rent()).bond == PARAMS.bond_blocks * RATE
    stage.parameters.values = {Param.LEASE_BOND_BLOCKS: 7_000}
    assert stage.get(stage.rent()).bond == 7_000 * RATE
    stage.parameters.values = {Param.SLOT_BOND_MIN: 10**9}
    assert stage.get(stage.rent()).bond == 10**9


def test_misses_are_those_of_the_lease_s_start() -> None:
    stage = LeaseStage()
    patient = stage.store()
    stage.parameters.values = {Param.AUDIT_MISSES_MAX: 1}
    strict = stage.store()
    assert (stage.get(patient).misses_max, stage.get(strict).misses_max) == (3, 1)
    stage.go_to(stage.get(strict).audit_at + STORAGE.proof_blocks + 1)
    stage.take_events()
    stage.call("poke", ALICE, strict)
    assert stage.take_events()[-1] == declared.LeaseClosed(strict, CloseReason.FAULTY, AMOUNT)
    stage.call("poke", ALICE, patient)
    assert stage.get(patient).misses == 1


def test_new_storage_is_audited_as_well_as_is_asked() -> None:
    """An offer that stands is leased as it was made."""
    stage = LeaseStage()
    stands = stage.offer(STORAGE)
    stage.parameters.values = {
        Param.AUDIT_DRAWS_MIN: STORAGE.draws + 1,
        Param.AUDIT_EVERY_MAX: STORAGE.proof_every - 1,
    }
    good = replace(STORAGE, draws=STORAGE.draws + 1, proof_every=STORAGE.proof_every - 1)
    for bad in (replace(good, draws=STORAGE.draws), replace(good, proof_every=STORAGE.proof_every)):
        with stage.refused(declared.BadTerms):
            stage.offer(bad)
    stage.offer(good)
    stage.offer()
    lease = stage.start(stands)
    stage.call("accept_lease", BOB, lease)
    assert stage.get(lease).terms == STORAGE
    stage.go_to(stage.get(lease).audit_at + 1)
    stage.respond(lease)


@pytest.mark.parametrize("setting", [{Param.AUDIT_DRAWS_MIN: 32}, {Param.AUDIT_EVERY_MAX: 10}])
def test_storage_can_be_offered_whatever_is_asked(setting: dict[Param, int]) -> None:
    stage = LeaseStage()
    stage.parameters.values = setting
    assert NOTICE >= 3 * 10
    stage.offer(replace(STORAGE, proof_every=10, draws=32))


@pytest.mark.parametrize("burned_bps", [4_000, 5_000, 8_000])
def test_what_a_fault_burns_follows_its_parameter(burned_bps: int) -> None:
    stage = LeaseStage()
    stage.parameters.values = {Param.AUDIT_MISSES_MAX: 1}
    lease = stage.store()
    bond = stage.get(lease).bond
    stage.parameters.values = {Param.MISS_BURNED_BPS: burned_bps}
    stage.go_to(stage.get(lease).audit_at + STORAGE.proof_blocks + 1)
    stage.take_events()
    stage.call("poke", ALICE, lease)
    (failed,) = (each for each in stage.take_events() if isinstance(each, declared.ProviderFailed))
    assert failed.slashed == bond
    assert failed.burned == bond * burned_bps // 10_000
    assert failed.to_tenant == bond - failed.burned
