"""A transformer's block as a model like any other: registered, hired, judged, mined with."""

import numpy as np
import pytest

from chain.models.quantise import quantise
from pallets.market import SlotState
from pallets.work import Credit, declarations
from runtime.frame.ai_types import VerifierId
from tests.helpers.float_blocks import draw_block
from tests.helpers.market_stage import BOB, MODEL_OWNER, MarketStage
from tests.pallets.registry.stage import make_model

POSITIONS, WIDTH = 4, 16
OUTPUT_LAYER = 3
"""Query, key and value come first; the output's product reads what both BMMs made."""


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


@pytest.fixture
def block(stage: MarketStage) -> int:
    """The number of the block's record; rows of the stage's inputs fit it."""
    network = draw_block(seed=1, positions=POSITIONS, width=WIDTH, heads=2)
    rows = np.random.default_rng(2).normal(0, 1, (32, POSITIONS * WIDTH)).astype(np.float32)
    quantised = quantise(network, rows, per_channel=True)
    weights = make_model(quantised.checked.graph, list(quantised.tensors))
    assert len(weights.body.tensors) > 16
    for blob in weights.blobs:
        stage.put_blob(MODEL_OWNER, blob)
    return stage.register(MODEL_OWNER, weights.body)


@pytest.mark.parametrize("verifier", [VerifierId.REPLAY, VerifierId.FREIVALDS])
def test_a_right_answer_settles_and_a_wrong_one_does_not(
    stage: MarketStage, block: int, verifier: VerifierId
) -> None:
    job = stage.post(model=block, verifier=verifier)
    for slot in (0, 1):
        stage.lock(job, slot)
    stage.submit(job, 0)
    assert stage.get(job, 0).state is SlotState.SETTLED
    stage.submit(job, 1, payload=stage.forge(job, 1))
    assert stage.get(job, 1).state is not SlotState.SETTLED


def test_a_product_behind_the_attention_is_mined(stage: MarketStage, block: int) -> None:
    job = stage.post(model=block)
    stage.lock(job, 0)
    summary = stage.make_summary(job, (0,), layer=OUTPUT_LAYER)
    stage.note(summary)
    macs = 10 * POSITIONS * WIDTH * WIDTH
    assert stage.work.credited[job, 0, OUTPUT_LAYER] == Credit(BOB, macs)
    stage.next_block()
    with stage.refused(declarations.AlreadyCredited):
        stage.note(summary)
