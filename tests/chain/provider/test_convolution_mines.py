"""A convolution mines: its windows laid out as rows are operand A, many rows for a sample."""

import numpy as np

from chain.authorship.work import prepare_task
from chain.provider.batch import SlotRun, choose_batch, load_assignment
from pallets.market import Infer, Posted, Terms
from pallets.work.declarations import UsefulCredited
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT
from runtime.tensor import DType, Graph, InputSpec, TensorSpec
from runtime.tensor.ops import Clip8, Im2col, Image, Matmul, Relu, Shr, Window
from runtime.tensor.value import IntArray, dump_array
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import (
    ALICE,
    BOB,
    INPUT_ROOT,
    MANIFEST,
    MODEL_OWNER,
    RECORD_OF,
    ROYALTY_BPS,
    TTL,
    make_economy,
    run,
)
from tests.helpers.market_stage import ROWS
from tests.pallets.registry.stage import Weights, make_model

IMAGE, WINDOW = Image(8, 8, 1), Window(3, 3, 1, 1)
POSITIONS, AREA, FILTERS, CLASSES = 36, 9, 4, 10
CONV_MODEL = 3
"""The next record behind the model and the two providers."""


def make_convolution() -> Weights:
    """8 x 8 images, four filters of 3 x 3, a dense layer of ten classes."""
    specs = (
        TensorSpec("filters", AREA, FILTERS, DType.I8, -63, 63),
        TensorSpec("dense", POSITIONS * FILTERS, CLASSES, DType.I8, -63, 63),
    )
    ops = (
        Im2col(0, IMAGE, WINDOW),
        Matmul(1, 0, POSITIONS),
        Relu(2),
        Shr(3, 9),
        Clip8(4),
        Matmul(5, 1),
    )
    generator = np.random.default_rng(5)
    arrays: list[IntArray] = [
        generator.integers(-63, 64, (spec.rows, spec.cols)).astype(np.int8) for spec in specs
    ]
    return make_model(Graph(InputSpec(64, -63, 63), specs, ops), arrays)


def make_chain() -> ChainStage:
    """Two slots of a job on the convolution, locked by Bob."""
    chain, weights = make_economy(), make_convolution()
    chain.begin_block(BOB)
    spec = Infer(CONV_MODEL, None, INPUT_ROOT, ROWS, ROWS // 2, 1)
    terms = Terms(50, 20, 3)
    for who, call in (
        *((MODEL_OWNER, make_call("Registry", "put_blob", blob)) for blob in weights.blobs),
        (
            MODEL_OWNER,
            make_call("Registry", "register", weights.body, MANIFEST, (), ROYALTY_BPS, TTL),
        ),
        (ALICE, make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, terms)),
        *((BOB, make_call("Market", "lock", 0, slot, RECORD_OF[BOB])) for slot in (0, 1)),
    ):
        outcome = chain.apply(who, call)
        assert outcome.error is None, outcome
    chain.next_block(BOB)
    return chain


def test_both_layers_of_a_convolution_mine_and_are_credited() -> None:
    chain = make_chain()
    expected = [run(chain, (0, slot)) for slot in (0, 1)]
    runs: list[SlotRun] = []
    for slot in (SlotId(0, 0), SlotId(0, 1)):
        work = chain.runtime.slots.get_slot_work(slot)
        assert work is not None
        assignment = load_assignment(chain.runtime, slot, work)
        assert assignment is not None
        runs.append(SlotRun.begin(assignment))
    for layer, shape in enumerate(((ROWS * POSITIONS, AREA), (ROWS, POSITIONS * FILTERS))):
        batch = choose_batch(runs)
        task = batch.make_task()
        assert task.a.shape == shape
        chain.next_block(BOB, prepare_task(task).summary)
        credited = [each for each in chain.get_events() if isinstance(each, UsefulCredited)]
        assert [(each.slot, each.layer) for each in credited] == [(0, layer), (1, layer)]
        macs = ROWS // 2 * (POSITIONS * AREA * FILTERS, POSITIONS * FILTERS * CLASSES)[layer]
        assert [each.macs for each in credited] == [macs, macs]
        batch.resume(task.a.astype(np.int32) @ task.bt.T.astype(np.int32))
    assert [dump_array(each.run.output) for each in runs] == expected
