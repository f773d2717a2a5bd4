"""Pictures that are sampled: what is drawn, who may challenge, and what each of them gains."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.market import SlotState
from pallets.verify import ClaimOpened, ClaimRefuted, SampleChecked, VerdictGiven, declarations
from pallets.verify.sample import draw_pixels
from pallets.verify.types import SAMPLE_PIXELS
from pallets.weights import verify as weights
from runtime.frame import Pays
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    JobKind,
    Valid,
    VerifierId,
)
from runtime.primitives import Hash
from runtime.programs import SCENE, Inputs, Raytrace
from runtime.programs.scene import SPHERES_MAX
from tests.helpers.dispute_stage import BOND, PICTURE, PIXELS, PRICE, DisputeStage
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    CAROL,
    EVE,
    GENESIS,
    TREASURY,
    VERIFY_PARAMS,
)
from tests.helpers.programs_vectors import FOUR_BALLS

WINDOW = VERIFY_PARAMS.spot_blocks


@pytest.fixture
def stage() -> DisputeStage:
    return DisputeStage()


@pytest.fixture
def job(stage: DisputeStage) -> int:
    return stage.post_picture()


def test_a_result_waits_for_its_verdict(stage: DisputeStage, job: int) -> None:
    stage.take_events()
    post = stage.render(job)
    assert post.pays_fee is Pays.NO
    slot, claim = stage.get(job), stage.get_claim(job)
    assert (slot.state, slot.claimant, slot.bond) == (SlotState.SUBMITTED, BOB, BOND)
    assert (claim.verdict, claim.verifier) == (None, VerifierId.SPOT_CHECK)
    assert stage.get_pending(job).until == stage.number + WINDOW
    opened = [event for event in stage.take_events() if isinstance(event, ClaimOpened)]
    assert opened == [ClaimOpened(0, job, 0, BOB, VerifierId.SPOT_CHECK, 0)]
    assert stage.market.busy[stage.record_of[BOB]] == 0  # it may take the next slot meanwhile


def test_a_right_picture_is_paid_for_after_its_window(stage: DisputeStage, job: int) -> None:
    stage.render(job)
    stage.skip(2)
    post = stage.act("check", EVE, job, 0)
    assert (post.pays_fee, post.actual_weight) == (Pays.NO, weights.CHECK)
    assert stage.take_events()[-1] == SampleChecked(0, job, 0)
    stage.skip(WINDOW - 2)
    for call in ("poke", "check"):
        with stage.refused(declarations.NotDue):
            stage.act(call, EVE, job, 0)
    stage.next_block()
    stage.act("poke", EVE, job, 0)
    assert stage.get(job).state is SlotState.SETTLED
    assert stage.get_claim(job).verdict == Valid()
    assert stage.get_collateral(job) == 0
    with stage.refused(declarations.NotPending):
        stage.act("poke", EVE, job, 0)


def test_the_markets_poke_ends_it_too(stage: DisputeStage, job: int) -> None:
    stage.render(job)
    stage.skip(WINDOW + 1)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    assert stage.get(job).state is SlotState.SETTLED


def test_nothing_is_drawn_before_the_next_block_is_known(stage: DisputeStage, job: int) -> None:
    stage.render(job)
    for _ in range(2):
        with stage.refused(declarations.NotDue):
            stage.act("check", EVE, job, 0)
        stage.next_block()
    stage.act("check", EVE, job, 0)


def test_a_wrong_pixel_in_the_sample_ends_it(stage: DisputeStage, job: int) -> None:
    stage.render(job, tuple(range(PIXELS)))
    stage.skip(2)
    before = stage.get_wealth(EVE), stage.get_wealth(ALICE)
    stage.act("check", EVE, job, 0)
    verdict = Invalid(BOB, FaultKind.WRONG_OUTPUT)
    assert stage.get_claim(job).verdict == verdict
    assert VerdictGiven(0, job, 0, verdict) in stage.take_events()
    # The sample is everybody's: whoever asks for it earns nothing, the owner what is usual.
    assert stage.get_wealth(EVE) == before[0]
    assert stage.get_wealth(ALICE) == before[1] + BOND * 4 // 10
    assert stage.get(job).state is SlotState.OPEN
    assert stage.get(job).failures == 1


def test_a_poke_looks_at_a_sample_that_nobody_asked_for(stage: DisputeStage, job: int) -> None:
    stage.render(job, tuple(range(PIXELS)))
    stage.skip(WINDOW + 1)
    stage.act("poke", EVE, job, 0)
    assert stage.get_claim(job).verdict == Invalid(BOB, FaultKind.WRONG_OUTPUT)


def test_every_wrong_pixel_is_proven_and_no_right_one(stage: DisputeStage, job: int) -> None:
    wrong = (0, 13, 63)
    stage.render(job, wrong)
    for pixel in range(PIXELS):
        mark = stage.state.mark()
        if pixel in wrong:
            stage.act("challenge_pixel", EVE, job, 0, pixel)
            assert stage.get_claim(job).verdict == Invalid(BOB, FaultKind.WRONG_OUTPUT)
            stage.state.rollback_to(mark)
        else:
            with stage.refused(declarations.ResultRight):
                stage.act("challenge_pixel", EVE, job, 0, pixel)
    with stage.refused(declarations.OutOfRange):
        stage.act("challenge_pixel", EVE, job, 0, PIXELS)


def test_who_proves_a_pixel_wrong_is_paid_from_the_collateral(
    stage: DisputeStage, job: int
) -> None:
    stage.render(job, (7,))
    everybody = (ALICE, BOB, EVE, TREASURY)
    before = [stage.get_wealth(who) for who in everybody]
    post = stage.act("challenge_pixel", EVE, job, 0, 7)
    assert post.pays_fee is Pays.NO
    gains = [stage.get_wealth(who) - had for who, had in zip(everybody, before, strict=True)]
    assert gains == [BOND * 2 // 10, -BOND, BOND * 4 // 10, 0]
    assert stage.take_events()[-1] == ClaimRefuted(0, job, 0, EVE, BOND * 4 // 10)


def test_who_reports_himself_loses(stage: DisputeStage, job: int) -> None:
    stage.render(job, (7,))
    before = stage.get_wealth(BOB)
    stage.act("challenge_pixel", BOB, job, 0, 7)
    assert stage.get_wealth(BOB) == before - BOND * 6 // 10


def test_what_the_sample_misses_is_proven_behind_it(stage: DisputeStage, job: int) -> None:
    mark = stage.state.mark()
    stage.render(job)
    at = stage.number
    stage.skip(2)
    missed = min(set(range(PIXELS)) - set(stage.get_sample(job)))
    stage.state.rollback_to(mark)
    stage.number = at
    stage.render(job, (missed,))
    stage.skip(2)
    stage.act("check", EVE, job, 0)
    assert stage.get_pending(job).is_checked
    stage.act("challenge_pixel", CAROL, job, 0, missed)
    assert isinstance(stage.get_claim(job).verdict, Invalid)


def test_the_owner_may_accept_at_once(stage: DisputeStage, job: int) -> None:
    stage.render(job, (7,))
    with stage.refused(declarations.NotOwner):
        stage.act("accept_result", BOB, job, 0)
    stage.act("accept_result", ALICE, job, 0)
    assert stage.get(job).state is SlotState.SETTLED


def test_a_sample_that_nobody_can_draw_any_more_is_nobodys_fault(
    stage: DisputeStage, job: int
) -> None:
    stage.render(job)
    wealth = stage.get_wealth(ALICE)
    stage.skip(WINDOW + 1)
    del stage.system.block_hash[stage.get_claim(job).opened_at + 1]
    stage.act("poke", EVE, job, 0)
    assert stage.get_claim(job).verdict == Inconclusive()
    assert stage.get(job).state is SlotState.REFUNDED
    assert stage.get_wealth(ALICE) == wealth
    assert stage.get_collateral(job) == 0


def test_a_missed_deadline_is_not_filled_late(stage: DisputeStage, job: int) -> None:
    stage.lock(job)
    stage.skip(6)
    stage.dispatch(stage.market, "poke", EVE, job, 0)
    assert stage.get(job).state is SlotState.OPEN
    assert stage.get(job).failures == 1
    assert stage.market.busy[stage.record_of[BOB]] == 0
    assert stage.market.stats[stage.record_of[BOB]].failed == 1


def test_other_claims_have_no_pixels(stage: DisputeStage) -> None:
    product = stage.post_product()
    stage.multiply(product)
    stage.skip(3)
    replayed = stage.post_spec(stage.make_render())
    for number in (product, replayed, 99):
        for call in (("check",), ("challenge_pixel", 0)):
            with stage.refused(declarations.NotPending):
                stage.act(call[0], EVE, number, 0, *call[1:])


def test_pictures_may_be_dearer_than_a_replay_allows(stage: DisputeStage) -> None:
    ball = FOUR_BALLS.spheres[0]
    scene = SCENE.encode(replace(FOUR_BALLS, spheres=(ball,) * SPHERES_MAX))
    dear = Raytrace(stage.put_blob(ALICE, scene), 128, 128, 128)
    cells = dear.plan(Inputs((scene,))).cells
    assert not stage.verify.is_judgeable(VerifierId.REPLAY, 0, cells)
    assert stage.verify.is_judgeable(VerifierId.SPOT_CHECK, 0, cells)
    stage.post_picture(dear)
    sample = dear.count_pixel_cells(Inputs((scene,)), SAMPLE_PIXELS)
    assert stage.verify.is_judgeable(VerifierId.REPLAY, 0, sample)


def test_only_pictures_are_sampled_and_only_products_have_tiles(stage: DisputeStage) -> None:
    kinds = {
        verifier: [kind for kind in JobKind if stage.verify.is_supported(verifier, kind)]
        for verifier in (VerifierId.SPOT_CHECK, VerifierId.TILE_PROOF)
    }
    assert kinds[VerifierId.SPOT_CHECK] == [JobKind.RENDER]
    assert kinds[VerifierId.TILE_PROOF] == [JobKind.PRODUCT]
    assert stage.verify.get_bond_factor_bps(VerifierId.SPOT_CHECK) == 20_000
    assert not stage.verify.is_immediate(VerifierId.TILE_PROOF)
    assert stage.verify.is_immediate(VerifierId.FREIVALDS)


@given(st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))
def test_a_sample_is_the_claims_own(claim: int, block_hash: bytes) -> None:
    drawn = draw_pixels(GENESIS, claim, Hash(block_hash), 10_000)
    assert len(drawn) == SAMPLE_PIXELS
    assert all(0 <= pixel < 10_000 for pixel in drawn)
    assert drawn != draw_pixels(GENESIS, claim ^ 1, Hash(block_hash), 10_000)
    assert drawn != draw_pixels(Hash.zero(), claim, Hash(block_hash), 10_000)


@pytest.mark.parametrize("wrong", [1, 16, 64, 256])
def test_a_forger_survives_the_sample_as_often_as_chance_has_it(wrong: int) -> None:
    """Of n pixels w are wrong: the sample finds none of them with probability (1 - w/n)^64."""
    pixels, trials = 4_096, 4_000
    survived = sum(
        min(draw_pixels(GENESIS, trial, Hash(b"h" * 32), pixels)) >= wrong
        for trial in range(trials)
    )
    chance = (1 - wrong / pixels) ** SAMPLE_PIXELS
    spread = 4 * (trials * chance * (1 - chance)) ** 0.5
    assert abs(survived - trials * chance) <= spread


def test_the_picture_of_the_tests_has_so_many_pixels() -> None:
    assert PICTURE.get_output_bytes(0) == 3 * PIXELS
    assert PRICE * 2 == BOND
