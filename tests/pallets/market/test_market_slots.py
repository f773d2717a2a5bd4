"""Locking a slot, and submitting its result in time."""

import pytest

from pallets.bonds.declarations import RoleFrozen
from pallets.market import Dutch, Posted, SlotState, declarations
from pallets.registry.types import KindPrice, Provider
from pallets.verify import ClaimOpened, VerdictGiven
from runtime.frame import Pays
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    JobKind,
    Role,
    SlashSplit,
    SlotDuty,
    Valid,
    VerifierId,
)
from runtime.frame.traits import HoldReason
from runtime.primitives import Hash
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    BOND,
    BOND_MIN,
    CAROL,
    EVE,
    TERMS,
    TREASURY,
    MarketStage,
)

PRICE = 1_000_000
COLLATERAL = PRICE // 2


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def job(stage: MarketStage) -> int:
    return stage.post(Posted(PRICE))


def get_bond(stage: MarketStage) -> tuple[int, int]:
    bond = stage.bonds.bond_[BOB, Role.PROVIDER]
    return bond.active, bond.locked


# --- lock


def test_a_lock_takes_collateral_and_closes_the_slot(stage: MarketStage, job: int) -> None:
    stage.take_events()
    stage.lock(job)
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.price) == (SlotState.LOCKED, BOB, PRICE)
    assert slot.deadline == stage.number + TERMS.work_blocks
    assert get_bond(stage) == (BOND - COLLATERAL, COLLATERAL)
    assert (job, 0) not in stage.market.open_slots
    record = stage.record_of[BOB]
    assert stage.market.busy[record] == 1
    assert stage.take_events()[-1] == declarations.SlotLocked(
        job, 0, BOB, record, PRICE, COLLATERAL, slot.deadline
    )


def test_a_small_price_asks_the_least_collateral(stage: MarketStage) -> None:
    job = stage.post(Posted(101))
    stage.lock(job)
    assert stage.get(job).bond == BOND_MIN


def test_half_of_an_odd_price_rounds_up(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE + 1))
    stage.lock(job)
    assert stage.get(job).bond == PRICE // 2 + 1


def test_a_rising_price_is_that_of_the_block_of_the_lock(stage: MarketStage) -> None:
    job = stage.post(Dutch(100, 1_000, 7))
    prices = []
    for slot in range(4):
        stage.lock(job, slot)
        prices.append(stage.get(job, slot).price)
        stage.skip(3)
    assert prices == [100, 100 + 900 * 3 // 7, 100 + 900 * 6 // 7, 1_000]


def test_a_locked_slot_is_nobody_elses(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    for who in (BOB, CAROL):
        with stage.refused(declarations.AlreadyLocked):
            stage.lock(job, who=who)
    with stage.refused(declarations.NotLockedByYou):
        stage.submit(job, who=CAROL)
    with stage.refused(declarations.NoSuchSlot):
        stage.lock(job, 4)
    with stage.refused(declarations.NoSuchJob):
        stage.lock(9)


def test_a_slot_that_is_over_cannot_be_locked(stage: MarketStage, job: int) -> None:
    stage.lock(job)
    stage.submit(job)
    with stage.refused(declarations.WrongState):
        stage.lock(job)
    stage.skip(TERMS.open_blocks)
    stage.lock(job, 1)  # the last block for it
    stage.next_block()
    with stage.refused(declarations.DeadlinePassed):
        stage.lock(job, 2)
    with stage.refused(declarations.WrongState):
        stage.submit(job, 2)


def test_the_record_must_be_the_signers_and_fit(stage: MarketStage, job: int) -> None:
    market = stage.market
    for who, record in (
        (CAROL, stage.record_of[BOB]),
        (BOB, stage.model),
        (BOB, 99),
    ):
        with stage.refused(declarations.RequirementUnmet):
            stage.dispatch(market, "lock", who, job, 0, record)
    prices = (KindPrice(JobKind.RENDER, 1),)
    renderer = stage.register(BOB, Provider("", (), prices, 8))
    with stage.refused(declarations.RequirementUnmet):
        stage.dispatch(market, "lock", BOB, job, 0, renderer)
    stage.dispatch(stage.registry, "retire", BOB, stage.record_of[BOB])
    with stage.refused(declarations.RequirementUnmet):
        stage.lock(job)


def test_a_provider_takes_no_more_slots_than_it_said(stage: MarketStage, job: int) -> None:
    stage.record_of[BOB] = stage.register_provider(BOB, max_parallel=2)
    stage.lock(job, 0)
    stage.lock(job, 1)
    with stage.refused(declarations.RequirementUnmet):
        stage.lock(job, 2)
    stage.submit(job, 0)
    stage.lock(job, 2)


def test_collateral_must_be_free(stage: MarketStage) -> None:
    job = stage.post(Posted(2 * BOND + 2))
    with stage.refused(declarations.BondTooLow):
        stage.lock(job)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    stage.record_of[EVE] = stage.register_provider(EVE)
    small = stage.post()
    with stage.refused(declarations.BondTooLow):
        stage.lock(small, who=EVE)


def test_the_errors_of_bonds_are_passed_on(stage: MarketStage, job: int) -> None:
    duty = SlotDuty(77, 0)
    stage.bonds.lock(BOB, Role.PROVIDER, 5, duty)
    stage.bonds.note_miss(duty, SlashSplit(10_000))
    with stage.refused(RoleFrozen):
        stage.lock(job)


# --- submit


@pytest.mark.parametrize("verifier", [VerifierId.REPLAY, VerifierId.FREIVALDS])
def test_a_right_result_settles_in_the_same_call(stage: MarketStage, verifier: VerifierId) -> None:
    job = stage.post(Posted(PRICE), verifier)
    stage.lock(job)
    payload = stage.run(job)
    stage.take_events()
    post = stage.submit(job, payload=payload)
    assert post.pays_fee is Pays.NO
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.bond) == (SlotState.SETTLED, BOB, 0)
    assert stage.market.output[job, 0] == payload[: 10 * 40]
    assert get_bond(stage) == (BOND, 0)
    assert stage.market.busy.get(stage.record_of[BOB]) is None
    events = stage.take_events()
    kinds = [type(e) for e in events]
    order = [ClaimOpened, VerdictGiven, declarations.Submitted, declarations.Settled]
    assert sorted(order, key=kinds.index) == order
    assert VerdictGiven(0, job, 0, Valid()) in events
    stats = stage.market.stats[stage.record_of[BOB]]
    assert (stats.settled, stats.failed, stats.value) == (1, 0, PRICE)
    with stage.refused(declarations.WrongState):
        stage.submit(job, payload=payload)


@pytest.mark.parametrize("verifier", [VerifierId.REPLAY, VerifierId.FREIVALDS])
def test_a_forged_output_is_slashed_and_reopened_at_once(
    stage: MarketStage, verifier: VerifierId
) -> None:
    job = stage.post(Posted(PRICE), verifier)
    stage.lock(job)
    owner, treasury = stage.get_wealth(ALICE), stage.get_wealth(TREASURY)
    issuance = stage.money.get_issuance()
    stage.take_events()
    post = stage.submit(job, payload=stage.forge(job))
    assert post.pays_fee is Pays.YES
    events = stage.take_events()
    slashed = declarations.Slashed(
        job,
        0,
        BOB,
        COLLATERAL,
        burned=COLLATERAL * 2 // 5,
        to_owner=COLLATERAL * 2 // 5,
        to_treasury=COLLATERAL // 5,
    )
    assert slashed in events
    assert VerdictGiven(0, job, 0, Invalid(BOB, FaultKind.WRONG_OUTPUT)) in events
    assert events[-1] == declarations.Reopened(job, 0, 1)
    assert get_bond(stage) == (BOND - COLLATERAL, 0)
    assert stage.get_wealth(ALICE) == owner + slashed.to_owner
    assert stage.get_wealth(TREASURY) == treasury + slashed.to_treasury
    assert stage.money.get_issuance() == issuance - slashed.burned
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.failures) == (SlotState.OPEN, None, 1)
    assert stage.market.open_slots[job, 0] is False
    assert (job, 0) not in stage.market.output
    assert stage.market.stats[stage.record_of[BOB]].failed == 1
    stage.lock(job, who=CAROL)  # and another provider finishes it
    stage.submit(job, who=CAROL)
    assert stage.get(job).provider == CAROL


def test_the_last_attempt_refunds(stage: MarketStage) -> None:
    job = stage.post(Posted(PRICE), rows_per_slot=40)
    for who in (BOB, CAROL):
        stage.lock(job, who=who)
        stage.submit(job, who=who, payload=stage.forge(job))
    events = stage.take_events()
    assert declarations.Refunded(job, 0, PRICE) in events
    assert events[-1] == declarations.Finished(job)
    assert stage.get(job).state is SlotState.REFUNDED
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 0


@pytest.mark.parametrize("verifier", [VerifierId.REPLAY, VerifierId.FREIVALDS])
def test_every_wrong_bit_is_found(stage: MarketStage, verifier: VerifierId) -> None:
    size = 40 * (40 + (168 if verifier is VerifierId.FREIVALDS else 0))
    for byte in (*range(0, size, 397), size - 1):
        job = stage.post(Posted(PRICE), verifier, rows_per_slot=40)
        stage.lock(job)
        stage.submit(job, payload=stage.forge(job, byte=byte))
        assert stage.get(job).state is SlotState.OPEN, byte
        assert stage.get(job).failures == 1


def test_a_result_of_the_wrong_size_changes_nothing(stage: MarketStage) -> None:
    for verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS):
        job = stage.post(verifier=verifier)
        stage.lock(job)
        payload = stage.run(job)
        for wrong in (b"", payload[:-1], payload + b"\0"):
            with stage.refused(declarations.WrongResultSize):
                stage.submit(job, payload=wrong)


def test_a_commitment_belongs_to_its_account_slot_and_result(stage: MarketStage, job: int) -> None:
    stage.lock(job, 0)
    stage.lock(job, 1)
    payload = stage.run(job, 0)
    others = (
        stage.commit(job, 0, CAROL, payload),
        stage.commit(job, 1, BOB, payload),
        stage.commit(job, 0, BOB, stage.forge(job)),
        Hash.zero(),
    )
    for commitment in others:
        with stage.refused(declarations.BadCommitment):
            stage.dispatch(stage.market, "submit", BOB, job, 0, commitment, payload)


def test_data_that_is_gone_makes_both_whole(
    stage: MarketStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.lock(job)
    payload = stage.run(job)
    commitment = stage.commit(job, 0, BOB, payload)
    monkeypatch.setattr(stage.records, "get_blob", lambda root: None)
    post = stage.dispatch(stage.market, "submit", BOB, job, 0, commitment, payload)
    assert post.pays_fee is Pays.NO
    assert VerdictGiven(0, job, 0, Inconclusive()) in stage.take_events()
    assert stage.get(job).state is SlotState.REFUNDED
    assert get_bond(stage) == (BOND, 0)
    assert stage.money.get_held(HoldReason.ESCROW, ALICE) == 3 * PRICE
