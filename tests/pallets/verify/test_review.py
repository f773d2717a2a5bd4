"""BUYER_ACCEPT: what no program can judge is paid unless its buyer rejects it, and then both lose.

The rule cannot know whether a result is right. What it can do is to make what the buyer pays the
same whatever the buyer says, so that nobody is paid for a lie.
"""

from dataclasses import replace
from typing import Any

import pytest

from pallets.market import (
    Bids,
    Dutch,
    Going,
    Posted,
    Product,
    SlotState,
    Terms,
)
from pallets.market import declarations as market
from pallets.market.types import REVIEW_BLOCKS_MIN, TERM_BLOCKS_MAX
from pallets.registry.types import KindPrice, Provider
from pallets.verify import VerdictGiven, declarations
from runtime.claim import ClaimRequest
from runtime.frame.ai_types import FaultKind, Invalid, JobKind, Role, SlotId, Valid, VerifierId
from runtime.frame.parameters import Param
from runtime.primitives import AccountId, Hash, Root
from runtime.task import ReviewTask, RowsTask
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    BOND_MIN,
    CAROL,
    EVE,
    TREASURY,
    get_total,
)
from tests.helpers.review_stage import ANSWER, PRICE, REVIEW_BLOCKS, TERMS, ReviewStage
from tests.helpers.set_parameters import SetParameters

PARTIES = (ALICE, BOB, TREASURY)
PAID = PRICE * 88 // 100
"""What the provider has of the price."""


@pytest.fixture
def stage() -> ReviewStage:
    return ReviewStage()


def play(stage: ReviewStage, says: str) -> dict[AccountId, int]:
    """One commission by BOB for ALICE; what everybody gained by it, once the job is closed."""
    before = {who: stage.get_wealth(who) for who in PARTIES}
    job = stage.commission()
    stage.deliver(job)
    if says == "silence":
        stage.skip(REVIEW_BLOCKS + 1)
        stage.dispatch(stage.market, "poke", EVE, job, 0)
    else:
        stage.act(says, ALICE, job, 0)
    stage.dispatch(stage.market, "close", ALICE, job)
    stage.try_state()
    return {who: stage.get_wealth(who) - before[who] for who in PARTIES}


# --- the game


@pytest.mark.parametrize("says", ["accept_result", "silence", "reject_result"])
def test_what_the_buyer_pays_is_the_same_whatever_he_says(stage: ReviewStage, says: str) -> None:
    assert play(stage, says)[ALICE] == -PRICE


def test_the_provider_is_paid_by_silence_and_loses_by_a_rejection(stage: ReviewStage) -> None:
    accepted, silent = play(stage, "accept_result"), play(stage, "silence")
    assert accepted == silent
    assert accepted[BOB] == PAID
    assert accepted[TREASURY] > 0
    rejected = play(stage, "reject_result")
    assert rejected == {ALICE: -PRICE, BOB: -PRICE, TREASURY: 0}


def test_nobody_gains_by_a_rejection(stage: ReviewStage) -> None:
    """Both prices are gone: whoever both sides are, and whoever they are in league with."""
    everybody = get_total(stage)
    play(stage, "reject_result")
    assert get_total(stage) == everybody - 2 * PRICE
    assert stage.money.get_issuance() == get_total(stage)


def test_cheating_is_a_loss_where_buyers_reject_what_is_wrong_often_enough(
    stage: ReviewStage,
) -> None:
    """0027's bound: an honest provider keeps more as soon as q > work / (pay + collateral)."""
    pay, loss = play(stage, "accept_result")[BOB], -play(stage, "reject_result")[BOB]
    for work in (0, pay // 4, pay // 2, pay):
        bound_permille = 1_000 * work // (pay + loss)
        assert bound_permille < 470  # dearer work than the pay nobody takes
        for rejected_permille in (bound_permille + 1, 1_000):
            kept = 1_000 - rejected_permille
            assert kept * pay - rejected_permille * loss < 1_000 * (pay - work)


def test_a_coalition_of_both_sides_only_loses(stage: ReviewStage) -> None:
    """Wash trading: no credit, no bonus, no receipt, no going price, no opinion of nodes."""
    stats = stage.market.stats[stage.record_of[BOB]]
    for says in ("accept_result", "silence", "reject_result"):
        stage.take_events()
        gained = play(stage, says)
        assert gained[ALICE] + gained[BOB] < 0
        settled = [each for each in stage.take_events() if isinstance(each, market.Settled)]
        assert all(each.bonus == 0 for each in settled)
    assert not list(stage.work.credited.items())
    assert not list(stage.work.price.items())
    now = stage.market.stats[stage.record_of[BOB]]
    assert (now.settled, now.failed, now.value) == (2, 1, 2 * PRICE)
    assert (now.alpha, now.beta) == (stats.alpha, stats.beta)


def test_work_hears_nothing_of_a_commission(stage: ReviewStage) -> None:
    before = dict(stage.work.era.items())
    job = stage.commission()
    stage.deliver(job)
    stage.act("accept_result", ALICE, job, 0)
    assert stage.slots.get_slot_work(SlotId(job, 0)) is None
    assert dict(stage.work.era.items()) == before


# --- what happens


def test_a_delivery_waits_for_its_buyer(stage: ReviewStage) -> None:
    job = stage.commission()
    stage.deliver(job)
    claim = stage.get_claim(job)
    assert (claim.verifier, claim.claimant, claim.verdict) == (VerifierId.BUYER_ACCEPT, BOB, None)
    pending = stage.get_pending(job)
    assert pending.until == pending.latest == stage.number + REVIEW_BLOCKS
    assert stage.get(job).state is SlotState.SUBMITTED
    assert stage.market.output[job, 0] == ANSWER
    assert stage.get_collateral(job) == PRICE


def test_a_rejection_is_final(stage: ReviewStage) -> None:
    job = stage.commission(results=2)
    stage.deliver(job)
    stage.take_events()
    stage.act("reject_result", ALICE, job, 0)
    events = stage.take_events()
    verdict = Invalid(BOB, FaultKind.REJECTED)
    claim = stage.get_claim(job)
    assert claim.verdict == verdict
    assert VerdictGiven(claim.id, job, 0, verdict) in events
    assert market.Rejected(job, 0, BOB, PRICE, PRICE) in events
    slot = stage.get(job)
    assert (slot.state, slot.provider, slot.bond, slot.burned) == (
        SlotState.REJECTED,
        BOB,
        0,
        PRICE,
    )
    assert (job, 0) not in stage.market.output
    assert stage.get_job(job).live == 1
    with stage.refused(market.WrongState):
        stage.lock(job)
    with stage.refused(market.WrongState):
        stage.dispatch(stage.market, "rate", ALICE, job, 0, 1, b"")
    with stage.refused(market.NotDue):
        stage.dispatch(stage.market, "poke", EVE, job, 0)


def test_the_last_block_to_reject_is_the_one_before_silence_accepts(stage: ReviewStage) -> None:
    early, late = stage.commission(), stage.commission()
    stage.deliver(early)
    stage.deliver(late)
    stage.skip(REVIEW_BLOCKS)
    with stage.refused(declarations.NotDue):
        stage.act("poke", EVE, early, 0)
    stage.act("reject_result", ALICE, early, 0)
    stage.skip(1)
    with stage.refused(declarations.WindowOver):
        stage.act("reject_result", ALICE, late, 0)
    stage.act("poke", EVE, late, 0)
    assert stage.get_claim(late).verdict == Valid()
    assert stage.get(late).state is SlotState.SETTLED
    assert stage.market.output[late, 0] == ANSWER


def test_only_the_buyer_says_anything(stage: ReviewStage) -> None:
    job = stage.commission()
    with stage.refused(declarations.NotPending):
        stage.act("reject_result", ALICE, job, 0)
    stage.deliver(job)
    for who in (BOB, EVE, TREASURY):
        with stage.refused(declarations.NotOwner):
            stage.act("reject_result", who, job, 0)
        with stage.refused(declarations.NotOwner):
            stage.act("accept_result", who, job, 0)
    stage.act("accept_result", ALICE, job, 0)
    with stage.refused(declarations.NotPending):
        stage.act("reject_result", ALICE, job, 0)


def test_what_a_program_judges_cannot_be_rejected(stage: ReviewStage) -> None:
    picture, product = stage.post_picture(), stage.post_product()
    stage.render(picture)
    stage.multiply(product)
    for job in (picture, product):
        with stage.refused(declarations.NotPending):
            stage.act("reject_result", ALICE, job, 0)


def test_nobody_proves_a_commission_wrong(stage: ReviewStage) -> None:
    job = stage.commission()
    stage.deliver(job)
    for name, args in (
        ("check", ()),
        ("challenge_pixel", (0,)),
        ("demand_tile", (0,)),
    ):
        with stage.refused(declarations.NotPending):
            stage.act(name, EVE, job, 0, *args)


def test_a_missed_deadline_is_the_providers_alone(stage: ReviewStage) -> None:
    """Nobody may fill it late, for nobody could judge that; the buyer has the price again."""
    stage.spend_grace(BOB)
    before = {who: stage.get_wealth(who) for who in PARTIES}
    job = stage.commission(terms=replace(TERMS, attempts=1))
    stage.lock(job)
    stage.skip(TERMS.work_blocks + 1)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    assert stage.get(job).state is SlotState.REFUNDED
    stage.dispatch(stage.market, "close", ALICE, job)
    gained = {who: stage.get_wealth(who) - before[who] for who in PARTIES}
    assert gained[BOB] == -PRICE
    assert 0 < gained[ALICE] <= PRICE // 2 + 1


def test_only_as_much_is_burned_as_the_price_however_much_is_locked(stage: ReviewStage) -> None:
    """Where the least collateral is more, a rejection still costs both sides the same."""
    job = stage.commission(price=Posted(10))
    stage.deliver(job)
    assert stage.get_collateral(job) == BOND_MIN
    bond = stage.bonds.bond_[BOB, Role.PROVIDER]
    stage.act("reject_result", ALICE, job, 0)
    assert market.Rejected(job, 0, BOB, 10, 10) in stage.take_events()
    after = stage.bonds.bond_[BOB, Role.PROVIDER]
    assert (after.locked, after.active) == (0, bond.active + BOND_MIN - 10)


def test_votes_cannot_make_it_unequal(stage: ReviewStage) -> None:
    changed = {Param.BOND_FACTOR_BPS: 1_000, Param.WAITING_FACTOR_BPS: 15_000}
    for partners in (stage.market._book.partners, stage.verify._partners):
        SetParameters({**changed, Param.SAMPLED_FACTOR_BPS: 15_000}).give_to(partners)
    job = stage.commission()
    stage.deliver(job)
    assert stage.get_collateral(job) == PRICE


def test_a_slot_for_bids_or_at_a_rising_price_is_judged_alike(stage: ReviewStage) -> None:
    job = stage.commission(price=Dutch(PRICE, 2 * PRICE, 10))
    stage.deliver(job)
    stage.act("reject_result", ALICE, job, 0)
    price = stage.get(job).burned
    assert PRICE <= price < 2 * PRICE
    bids = stage.commission(price=Bids(2 * PRICE))
    stage.dispatch(stage.market, "bid", BOB, bids, PRICE, stage.record_of[BOB])
    assert stage.get_job(bids).bids == 1


# --- posting


def test_commissions_are_for_their_buyer_and_nothing_else_is(stage: ReviewStage) -> None:
    for verifier in VerifierId:
        kinds = [kind for kind in JobKind if stage.verify.is_supported(verifier, kind)]
        assert (JobKind.COMMISSION in kinds) == (verifier is VerifierId.BUYER_ACCEPT)
        if verifier is VerifierId.BUYER_ACCEPT:
            assert kinds == [JobKind.COMMISSION]
    for spec in (stage.make_spec(), Product(stage.case.program)):
        with stage.refused(market.VerifierUnsupported):
            stage.post_spec(spec, verifier=VerifierId.BUYER_ACCEPT)
    with stage.refused(market.VerifierUnsupported):
        stage.post_spec(stage.make_commission(), verifier=VerifierId.REPLAY)


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"results": 0}, market.BadTerms),
        ({"results": 257}, market.TooManySlots),
        ({"review_blocks": REVIEW_BLOCKS_MIN - 1}, market.BadTerms),
        ({"review_blocks": TERM_BLOCKS_MAX + 1}, market.BadTerms),
        ({"brief": Root(b"?" * 32)}, market.InputMissing),
    ],
)
def test_what_makes_no_sense_is_refused(
    stage: ReviewStage, changes: dict[str, Any], error: type[market.BadTerms]
) -> None:
    spec = replace(stage.make_commission(), **changes)
    with stage.refused(error):
        stage.post_spec(spec, verifier=VerifierId.BUYER_ACCEPT)


def test_the_bounds_of_a_review_are_allowed(stage: ReviewStage) -> None:
    for blocks in (REVIEW_BLOCKS_MIN, TERM_BLOCKS_MAX):
        spec = stage.make_commission(review_blocks=blocks)
        job = stage.post_spec(spec, verifier=VerifierId.BUYER_ACCEPT)
        assert stage.get_job(job).is_reviewed


def test_a_commission_pays_no_going_price(stage: ReviewStage) -> None:
    with stage.refused(market.BadPrice):
        stage.commission(price=Going(10**12))


def test_a_job_keeps_its_brief(stage: ReviewStage) -> None:
    job = stage.commission()
    assert stage.registry.blob_use[stage.brief].jobs == 1
    stage.dispatch(stage.market, "cancel", ALICE, job)
    stage.dispatch(stage.market, "close", ALICE, job)
    assert stage.registry.blob_use[stage.brief].jobs == 0


@pytest.mark.parametrize("payload", [b"", bytes(31), bytes(33)])
def test_a_result_is_the_root_of_a_file(stage: ReviewStage, payload: bytes) -> None:
    job = stage.commission()
    stage.lock(job)
    with stage.refused(market.WrongResultSize):
        stage.submit(job, payload=payload)


def test_a_copied_commitment_is_worth_nothing(stage: ReviewStage) -> None:
    """M11: who saw the root of another's file cannot deliver it under that commitment."""
    job = stage.commission(results=2)
    stage.lock(job, 0, BOB)
    stage.lock(job, 1, CAROL)
    seen = stage.commit(job, 0, BOB, ANSWER)
    with stage.refused(market.BadCommitment):
        stage.dispatch(stage.market, "submit", CAROL, job, 1, seen, ANSWER)


def test_a_provider_must_take_commissions_and_have_the_price_bonded(stage: ReviewStage) -> None:
    job = stage.commission(price=Posted(stage.bonds.bond_[BOB, Role.PROVIDER].active + 1))
    with stage.refused(market.BondTooLow):
        stage.lock(job)
    job = stage.commission()
    prices = (KindPrice(JobKind.INFER, 1), KindPrice(JobKind.RENT, 1))
    record = stage.register(CAROL, Provider("https://p.example", (), prices, 8))
    with stage.refused(market.RequirementUnmet):
        stage.dispatch(stage.market, "lock", CAROL, job, 0, record)


def test_rows_are_not_for_a_buyer_to_judge(stage: ReviewStage) -> None:
    """Nor are commissions replayed, whoever calls verify."""
    rows, review = RowsTask(stage.model, 0, stage.input_root, 0, 10), ReviewTask(10)
    asked: list[tuple[VerifierId, RowsTask | ReviewTask]] = [(VerifierId.BUYER_ACCEPT, rows)]
    asked += [(each, review) for each in VerifierId if each is not VerifierId.BUYER_ACCEPT]
    root, commitment = Root(ANSWER), Hash(ANSWER)
    for verifier, task in asked:
        about = (verifier, b"", task, root, ANSWER, b"", commitment)
        with stage.refused(declarations.UnknownVerifier):
            stage.verify.open_claim(ClaimRequest(SlotId(9, 0), BOB, *about))


def test_terms_hold_for_commissions_too(stage: ReviewStage) -> None:
    with stage.refused(market.BadTerms):
        stage.commission(terms=Terms(0, 5, 1))
