"""Products: every wrong tile is proven, no right one is, and nobody can keep a tile to himself."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.market import Product, SlotState
from pallets.market import declarations as market
from pallets.verify import ClaimRefuted, TileDemanded, TileShown, declarations
from pallets.verify.types import DEMANDS_MAX
from runtime.errors import FundsUnavailable
from runtime.frame import Pays
from runtime.frame.ai_types import FaultKind, Invalid, Valid, VerifierId
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import Hash
from runtime.programs.product import TILES_MAX
from runtime.tensor.commitment import Dtype, commit_leaves
from tests.helpers.dispute_stage import BOND, DEPOSIT, DisputeStage
from tests.helpers.market_stage import ALICE, BOB, CAROL, DAVE, EVE, VERIFY_PARAMS
from tests.helpers.product_jobs import ProductCase

WINDOW, ANSWER = VERIFY_PARAMS.proof_blocks, VERIFY_PARAMS.answer_blocks
REACT = VERIFY_PARAMS.react_blocks
FRAUD, SILENCE = Invalid(BOB, FaultKind.WRONG_OUTPUT), Invalid(BOB, FaultKind.SILENCE)


@pytest.fixture
def stage() -> DisputeStage:
    return DisputeStage()


@pytest.fixture
def job(stage: DisputeStage) -> int:
    return stage.post_product()


# --- jobs


def test_slots_are_strips_and_results_are_roots(stage: DisputeStage, job: int) -> None:
    entry = stage.get_job(job)
    assert (entry.slots, entry.kind.name, entry.is_chain) == (2, "PRODUCT", False)
    for slot in range(2):
        stage.multiply(job, slot=slot)
        assert stage.market.output[job, slot] == bytes(stage.case.commit(slot).root)
        assert stage.get(job, slot).bond == BOND
    stage.skip(WINDOW + 1)
    stage.act("poke", EVE, job, 0)
    stage.dispatch(stage.market, "poke", EVE, job, 1)
    assert [stage.get(job, slot).state for slot in range(2)] == [SlotState.SETTLED] * 2
    stage.dispatch(stage.market, "close", ALICE, job)
    assert list(stage.verify.claim.items()) == []


def test_a_product_that_makes_no_sense_is_not_posted(stage: DisputeStage) -> None:
    stage.case.program = replace(stage.case.program, k=63)
    with stage.refused(market.BadProgram):
        stage.post_product()
    stage.case.program = replace(stage.case.program, k=64, strips_per_slot=0)
    with stage.refused(market.BadTerms):
        stage.post_product()
    wide = replace(stage.case.program, m=1 << 20, n=64 * 32, strips_per_slot=1 << 15)
    stage.case.program = wide
    assert stage.case.program.count_tiles(0) > TILES_MAX
    with stage.refused(market.BadProgram):
        stage.post_product()


def test_nobody_replays_a_product(stage: DisputeStage) -> None:
    for verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS, VerifierId.SPOT_CHECK):
        with stage.refused(market.VerifierUnsupported):
            stage.post_spec(Product(stage.case.program), verifier=verifier)


# --- proofs


def test_every_wrong_tile_is_proven_and_no_right_one(stage: DisputeStage, job: int) -> None:
    tiles = stage.case.program.count_tiles(0)
    for cheated in range(tiles):
        mark = stage.state.mark()
        result = stage.case.forge(0, cheated, entry=cheated * 97 % 1_024)
        stage.multiply(job, result)
        for tile in range(tiles):
            if tile == cheated:
                continue
            with stage.refused(declarations.ResultRight):
                stage.prove(EVE, job, tile, result)
        post = stage.prove(EVE, job, cheated, result)
        assert post.pays_fee is Pays.NO
        assert stage.get_claim(job).verdict == FRAUD
        stage.state.rollback_to(mark)


def test_an_honest_result_survives_every_tile(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    for tile in range(stage.case.program.count_tiles(0)):
        with stage.refused(declarations.ResultRight):
            stage.prove(EVE, job, tile)
    # Tiles of another result than the one that is claimed prove nothing.
    with stage.refused(declarations.BadProof):
        stage.prove(EVE, job, 4, stage.case.forge(0, 4))


def test_the_second_slot_has_strips_of_its_own(stage: DisputeStage, job: int) -> None:
    result = stage.case.forge(1, 2)
    stage.multiply(job, result, slot=1)
    with stage.refused(declarations.ResultRight):
        stage.prove(EVE, job, 1, result, slot=1)
    stage.prove(EVE, job, 2, result, slot=1)
    assert stage.get_claim(job, 1).verdict == FRAUD


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 399), st.integers(0, 1_023))
def test_a_random_tile_of_a_larger_product(seed: int, tile: int, entry: int) -> None:
    stage = DisputeStage(ProductCase(640, 640, 128, strips_per_slot=20, seed=seed))
    job, result = stage.post_product(), stage.case.forge(0, tile, entry)
    stage.multiply(job, result)
    stage.prove(EVE, job, tile, result)
    assert stage.get_claim(job).verdict == FRAUD


def test_the_challenger_is_paid_from_the_collateral(stage: DisputeStage, job: int) -> None:
    result = stage.case.forge(0, 3)
    stage.multiply(job, result)
    stage.act("demand_tile", DAVE, job, 0, 5)
    everybody = (ALICE, BOB, EVE)
    before = [stage.get_wealth(who) for who in everybody]
    stage.prove(EVE, job, 3, result)
    gains = [stage.get_wealth(who) - had for who, had in zip(everybody, before, strict=True)]
    assert gains == [BOND * 2 // 10, -BOND, BOND * 4 // 10]
    assert stage.take_events()[-1] == ClaimRefuted(0, job, 0, EVE, BOND * 4 // 10)
    assert stage.money.get_held(HoldReason.CHALLENGE, DAVE) == 0
    assert stage.get(job).state is SlotState.OPEN
    stage.multiply(job)  # whoever takes it next
    stage.skip(WINDOW + 1)
    stage.act("poke", EVE, job, 0)
    assert stage.get(job).state is SlotState.SETTLED


def test_what_is_no_tile_is_refused(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    tiles = stage.case.program.count_tiles(0)
    opening = stage.case.open(0, 0)
    calls: tuple[tuple[Any, ...], ...] = (
        ("prove_tile", tiles, *opening),
        ("demand_tile", tiles),
        ("answer_tile", tiles, opening[2]),
    )
    for call in calls:
        with stage.refused(declarations.OutOfRange):
            stage.act(call[0], EVE, job, 0, *call[1:])
        with stage.refused(declarations.NotPending):
            stage.act(call[0], EVE, job, 1, *call[1:])


def test_a_cancelled_job_lets_what_waits_go_on(stage: DisputeStage, job: int) -> None:
    result = stage.case.forge(0, 3)
    stage.multiply(job, result)
    stage.multiply(job, slot=1)
    stage.dispatch(stage.market, "cancel", ALICE, job)
    assert [stage.get(job, slot).state for slot in range(2)] == [SlotState.SUBMITTED] * 2
    stage.prove(EVE, job, 3, result)
    assert stage.get(job).state is SlotState.REFUNDED  # it does not open again
    stage.skip(WINDOW + 1)
    stage.act("poke", EVE, job, 1)
    assert stage.get(job, 1).state is SlotState.SETTLED
    assert stage.get_job(job).escrow == 0


def test_a_slot_that_failed_often_enough_is_refunded(stage: DisputeStage, job: int) -> None:
    result = stage.case.forge(0, 3)
    for failures in (1, 2):
        stage.multiply(job, result)
        with stage.refused(market.AlreadyLocked):
            stage.lock(job, who=CAROL)
        with stage.refused(market.WrongState):
            stage.submit(job, payload=bytes(32))
        stage.prove(EVE, job, 3, result)
        assert stage.get(job).failures == failures
    assert stage.get(job).state is SlotState.REFUNDED


# --- demands


def test_a_tile_that_is_not_shown_ends_the_claim(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    stage.act("demand_tile", EVE, job, 0, 4)
    due = stage.number + ANSWER
    assert stage.take_events()[-1] == TileDemanded(0, job, 0, 4, EVE, DEPOSIT, due)
    before = stage.get_wealth(EVE)
    stage.skip(ANSWER)
    with stage.refused(declarations.NotDue):
        stage.act("poke", DAVE, job, 0)
    stage.next_block()
    with stage.refused(declarations.WindowOver):
        stage.answer(job, 4)
    stage.act("poke", DAVE, job, 0)
    assert stage.get_claim(job).verdict == SILENCE
    assert stage.get_wealth(EVE) == before + BOND * 4 // 10
    assert stage.money.get_held(HoldReason.CHALLENGE, EVE) == 0


def test_a_tile_that_is_shown_costs_the_deposit(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    before = stage.get_wealth(BOB), stage.get_wealth(EVE)
    stage.act("demand_tile", EVE, job, 0, 4)
    stage.skip(ANSWER)
    assert stage.answer(job, 4).pays_fee is Pays.NO
    half = DEPOSIT // 2
    shown = TileShown(0, job, 0, 4, stage.case.open_tile(0, 4), half, half)
    assert stage.take_events()[-1] == shown
    assert (stage.get_wealth(BOB), stage.get_wealth(EVE)) == (before[0] + half, before[1] - DEPOSIT)
    stage.skip(WINDOW)
    stage.act("poke", EVE, job, 0)
    assert stage.get_claim(job).verdict == Valid()


def test_a_claim_waits_for_a_tile_that_was_asked_for_in_its_last_block(
    stage: DisputeStage, job: int
) -> None:
    stage.multiply(job)
    stage.skip(WINDOW)
    stage.act("demand_tile", EVE, job, 0, 4)
    for _ in range(ANSWER):
        stage.next_block()
        with stage.refused(declarations.NotDue):
            stage.act("poke", DAVE, job, 0)
    stage.answer(job, 4)
    assert stage.get_pending(job).until == stage.number + REACT


def test_what_cannot_be_paid_out_is_burned(
    stage: DisputeStage, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise FundsUnavailable

    stage.multiply(job)
    stage.act("demand_tile", EVE, job, 0, 4)
    before = stage.get_wealth(BOB), stage.get_wealth(EVE)
    monkeypatch.setattr(stage.money, "transfer_held", refuse)
    stage.answer(job, 4)
    assert (stage.get_wealth(BOB), stage.get_wealth(EVE)) == (before[0], before[1] - DEPOSIT)
    assert stage.money.get_held(HoldReason.CHALLENGE, EVE) == 0


def test_a_wrong_tile_that_is_shown_is_proven(stage: DisputeStage, job: int) -> None:
    result = stage.case.forge(0, 4)
    stage.multiply(job, result)
    stage.act("demand_tile", EVE, job, 0, 4)
    with stage.refused(declarations.BadProof):
        stage.answer(job, 4)  # the right tile is not in his result
    stage.answer(job, 4, result)
    stage.prove(EVE, job, 4, result)
    assert stage.get_claim(job).verdict == FRAUD


def test_demands_are_counted_and_end_with_the_window(stage: DisputeStage) -> None:
    stage.case = ProductCase(160, 128, 64, strips_per_slot=5)
    job = stage.post_product()
    stage.multiply(job)
    for tile in range(DEMANDS_MAX):
        stage.act("demand_tile", EVE, job, 0, tile)
    with stage.refused(declarations.AlreadyDemanded):
        stage.act("demand_tile", DAVE, job, 0, 0)
    with stage.refused(declarations.TooManyDemands):
        stage.act("demand_tile", DAVE, job, 0, DEMANDS_MAX)
    for tile in range(DEMANDS_MAX):
        stage.answer(job, tile)
    with stage.refused(declarations.NotDemanded):
        stage.answer(job, 0)
    stage.skip(WINDOW + 1)
    with stage.refused(declarations.WindowOver):
        stage.act("demand_tile", EVE, job, 0, 0)


def test_who_has_no_deposit_cannot_ask(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    spent = stage.money.get_free(EVE) - DEPOSIT
    stage.money.burn(EVE, spent, Preservation.EXPENDABLE)
    with stage.refused(declarations.NoDeposit):
        stage.act("demand_tile", EVE, job, 0, 0)


def test_an_answer_moves_the_end_and_the_end_is_bounded(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    pending = stage.get_pending(job)
    opened = stage.number
    steps = stage.case.program.get_path_length(0) + 1
    assert pending.until == opened + WINDOW
    assert pending.latest == opened + WINDOW + steps * (ANSWER + REACT)
    rounds = 0
    while stage.number <= stage.get_pending(job).until:
        stage.skip(stage.get_pending(job).until - stage.number)
        stage.act("demand_tile", EVE, job, 0, rounds % 6)
        stage.skip(ANSWER)
        stage.answer(job, rounds % 6)
        after = stage.get_pending(job)
        assert after.until == min(stage.number + REACT, pending.latest)
        rounds += 1
        if stage.number >= pending.latest:
            break
    assert rounds >= steps
    stage.skip(max(0, pending.latest + 1 - stage.number))
    stage.act("poke", DAVE, job, 0)
    assert stage.number <= pending.latest + ANSWER + 1
    assert stage.get_claim(job).verdict == Valid()


def test_the_owner_accepts_and_open_demands_are_over(stage: DisputeStage, job: int) -> None:
    stage.multiply(job)
    stage.act("demand_tile", EVE, job, 0, 1)
    with stage.refused(declarations.NotOwner):
        stage.act("accept_result", EVE, job, 0)
    stage.act("accept_result", ALICE, job, 0)
    assert stage.get(job).state is SlotState.SETTLED
    assert stage.money.get_held(HoldReason.CHALLENGE, EVE) == 0
    with stage.refused(declarations.NotPending):
        stage.act("accept_result", ALICE, job, 0)


def test_a_tree_with_other_fillers_cannot_show_its_last_tile(stage: DisputeStage, job: int) -> None:
    """All tiles are right, but the root is not that of the product: the last path tells."""
    honest, program = stage.case.commit(0), stage.case.program
    tiles = program.count_tiles(0)
    levels = [*honest.levels[0][:tiles], *[Hash(b"f" * 32)] * (len(honest.levels[0]) - tiles)]
    tree = commit_leaves(Dtype.INT8, 32 * len(levels), 64, levels)
    forged = replace(honest, levels=tree.levels)
    stage.lock(job)
    stage.submit(job, payload=bytes(forged.root))
    opening = replace(stage.case.open_tile(0, tiles - 1), path=forged.get_path(tiles - 1))
    program.ensure_tile(0, forged.root, tiles - 1, opening)
    stage.act("demand_tile", CAROL, job, 0, tiles - 1)
    with stage.refused(declarations.BadProof):
        stage.act("answer_tile", BOB, job, 0, tiles - 1, opening)
    stage.skip(ANSWER + 1)
    stage.act("poke", CAROL, job, 0)
    assert stage.get_claim(job).verdict == SILENCE


def test_governance_never_lowers_the_collateral_of_what_waits(stage: DisputeStage) -> None:
    class Low:
        def get_param(self, param: object, default: int) -> int:
            del param
            return min(default, 1_000)

    partners = stage.market._book.partners
    object.__setattr__(partners, "parameters", Low())
    job = stage.post_product()
    stage.multiply(job)
    assert stage.get(job).bond == BOND
