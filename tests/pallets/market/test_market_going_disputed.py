"""Slots at the going price whose results wait for a verdict: they pay it and move it nowhere."""

import pytest

from pallets.market import Going, Render, Terms
from pallets.market.specs import Product
from pallets.work.prices import UNIT_PRICE_START
from runtime.frame.ai_types import Role, SlotId, VerifierId
from runtime.primitives import UNIT
from tests.helpers.dispute_stage import PICTURE, DisputeStage
from tests.helpers.market_stage import ALICE, BOB

TERMS = Terms(open_blocks=400, work_blocks=10, attempts=3)
RICH = 50 * UNIT


@pytest.fixture
def stage() -> DisputeStage:
    stage = DisputeStage()
    for who in (ALICE, BOB):
        stage.money.mint(who, 10_000 * UNIT)
    stage.dispatch(stage.bonds, "bond", BOB, Role.PROVIDER, 2_000 * UNIT)
    return stage


def test_nobody_moves_the_price_with_a_result_that_may_have_no_verdict(stage: DisputeStage) -> None:
    """Unseen for long enough it would end without: nothing burned, and nothing slashed."""
    specs = (
        (Render(PICTURE), VerifierId.SPOT_CHECK),
        (Product(stage.case.program), VerifierId.TILE_PROOF),
    )
    for spec, verifier in specs:
        job = stage.post_spec(spec, Going(RICH), verifier, TERMS)
        stage.skip(30)
        asked = stage.market.compute_lock_price(SlotId(job, 0), stage.number)
        stage.lock(job)
        assert stage.get(job).price == asked
        assert asked is not None
        assert asked > stage.get_job(job).units * UNIT_PRICE_START, "for having waited"
        assert list(stage.work.price.items()) == []


def test_the_same_picture_replayed_moves_it(stage: DisputeStage) -> None:
    job = stage.post_spec(Render(PICTURE), Going(RICH), VerifierId.REPLAY, TERMS)
    stage.skip(30)
    stage.lock(job)
    ((key, price),) = stage.work.price.items()
    assert key == (stage.get_job(job).kind, None)
    assert price.unit > UNIT_PRICE_START
