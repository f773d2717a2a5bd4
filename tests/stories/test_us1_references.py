"""US-1, negative: a block that quotes work it did not do, or may not quote, is not imported."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import trio

from chain.client.block import Imported, Rejected
from chain.wallet.transaction import make_call
from consensus.pouw.solve import MatrixWork
from pallets.work.declarations import UsefulCredited
from runtime.frame.ai_types import VerifierId
from runtime.tensor.commitment import matrix_root, pad_operand
from runtime.tensor.interpreter import GraphRun, compute_product
from runtime.tensor.value import Int8Array
from runtime.work_summary import Lane, RowRef, WorkSummary
from tests.stories.hand_chain import HandChain, Reference, open_hand_chain
from tests.stories.inference_story import (
    PROVIDER,
    REQUESTER,
    ROWS_PER_SLOT,
    Cast,
    post_job,
    publish,
    register_provider,
    train_cast,
)
from tests.stories.live_node import get_account, read_events, send_well

LOCKED = (0, 1)
"""Slots that the provider is at work on; the others are open."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A chain with a job, two slots of which are locked by the author of its blocks."""

    chain: HandChain
    cast: Cast
    job: int

    def get_operands(self, slot: int, layer: int = 0) -> tuple[Int8Array, Int8Array]:
        """The rows of a slot at a layer, and the layer's tensor transposed."""
        rows = self.cast.digits.test_images[slot * ROWS_PER_SLOT : (slot + 1) * ROWS_PER_SLOT]
        run = GraphRun(self.cast.model.checked, self.cast.model.tensors, rows)
        for _ in range(layer):
            assert run.pending is not None
            run.resume(compute_product(run.pending.a, run.pending.b))
        assert run.pending is not None
        return (
            np.ascontiguousarray(run.pending.a, np.int8),
            np.ascontiguousarray(run.pending.b.T, np.int8),
        )

    def refer(self, slot: int, a: Int8Array, bt: Int8Array, layer: int = 0) -> Reference:
        """A product of these operands that says to be a slot's."""
        work = MatrixWork(Lane.TASK, pad_operand(a), pad_operand(bt))
        ref = RowRef(self.job, slot, layer, len(a))
        roots = matrix_root(a), matrix_root(bt)
        shape = len(work.a), len(work.bt), work.a.shape[1]
        return Reference(work, WorkSummary(Lane.TASK, *shape, *roots, (ref,)))

    def ensure_refused(self, claimed: Reference, why: str, author: str = PROVIDER) -> None:
        """The block is sealed by real work, and still no part of the chain."""
        client, before = self.chain.client, self.chain.client.best.value
        block = self.chain.make_block(
            claimed,
            executed=self.chain.make_seeded().summary,
            author=get_account(author),
        )
        outcome = trio.run(self.chain.add, block)
        assert isinstance(outcome, Rejected)
        assert why in outcome.why
        assert client.best.value == before
        assert not client.is_known(outcome.hash)

    def ensure_taken(self, claimed: Reference) -> Imported:
        """The block is imported; returns it."""
        outcome = trio.run(self.chain.add, self.chain.make_block(claimed))
        assert isinstance(outcome, Imported), repr(outcome)
        assert outcome.is_best
        return outcome


@pytest.fixture(scope="module")
def cast() -> Cast:
    return train_cast()


@pytest.fixture
def scene(cast: Cast, tmp_path: Path) -> Generator[Scene]:
    async def prepare(chain: HandChain) -> int:
        model = await publish(chain, cast)
        posted, _ = await post_job(chain, model, cast, VerifierId.REPLAY)
        record = await register_provider(chain, PROVIDER)
        for slot in LOCKED:
            lock = make_call(chain.runtime.market.lock, posted.job, slot, record)
            await send_well(chain, PROVIDER, lock)
        return posted.job

    with open_hand_chain(tmp_path) as chain:
        yield Scene(chain, cast, trio.run(prepare, chain))


@pytest.mark.parametrize("layer", [0, 1])
def test_the_slots_own_product_is_taken_and_credited(scene: Scene, layer: int) -> None:
    taken = scene.ensure_taken(scene.refer(1, *scene.get_operands(1, layer), layer))
    events = read_events(scene.chain.client, taken.head.hash)
    macs = 50 * (64 * 32, 32 * 10)[layer]
    assert UsefulCredited(scene.job, 1, layer, get_account(PROVIDER), macs) in events


def test_a_tensor_of_another_root(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    other = bt.copy()
    other[0, 0] += 1 if other[0, 0] < 63 else -1
    scene.ensure_refused(scene.refer(0, a, other), "TensorMismatch")
    scene.ensure_taken(scene.refer(0, a, bt))


def test_rows_of_another_slot(scene: Scene) -> None:
    (a, bt), (other, _) = scene.get_operands(0), scene.get_operands(1)
    scene.ensure_refused(scene.refer(0, other, bt), "OperandMismatch")
    one_flipped = a.copy()
    one_flipped[49, 63] ^= 1
    scene.ensure_refused(scene.refer(0, one_flipped, bt), "OperandMismatch")
    scene.ensure_taken(scene.refer(0, a, bt))


def test_a_product_that_mined_before(scene: Scene) -> None:
    claimed = scene.refer(0, *scene.get_operands(0))
    scene.ensure_taken(claimed)
    scene.ensure_refused(claimed, "AlreadyCredited")
    scene.ensure_taken(scene.refer(1, *scene.get_operands(1)))


def test_a_product_stacked_twice_in_one_block(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    twice = scene.refer(0, np.vstack((a, a)), bt)
    ref = RowRef(scene.job, 0, 0, len(a))
    claimed = replace(twice, summary=replace(twice.summary, rows=(ref, ref)))
    scene.ensure_refused(claimed, "AlreadyCredited")


def test_a_slot_that_the_author_is_not_at_work_on(scene: Scene) -> None:
    scene.ensure_refused(scene.refer(2, *scene.get_operands(2)), "RefNotOpen")
    mine = scene.refer(0, *scene.get_operands(0))
    scene.ensure_refused(mine, "RefNotOpen", author=REQUESTER)
    nowhere = replace(mine.summary, rows=(RowRef(99, 0, 0, 50),))
    scene.ensure_refused(replace(mine, summary=nowhere), "RefNotOpen")


def test_another_layer_than_the_one_computed(scene: Scene) -> None:
    """Layer 0's operands do not pass for those of layer 1, whose tensor is another."""
    scene.ensure_refused(scene.refer(0, *scene.get_operands(0), layer=1), "TensorMismatch")
    scene.ensure_refused(scene.refer(0, *scene.get_operands(0), layer=2), "ShapeMismatch")


def test_fewer_rows_than_the_slot_has(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    scene.ensure_refused(scene.refer(0, a[:49], bt), "ShapeMismatch")


def test_a_summary_that_is_not_what_the_seal_proves(scene: Scene) -> None:
    """Real work on other operands, quoted as the slot's."""
    (a, bt), (other, _) = scene.get_operands(0), scene.get_operands(1)
    quoted = replace(scene.refer(0, other, bt), summary=scene.refer(0, a, bt).summary)
    scene.ensure_refused(quoted, "the summary says")
    zeroed = replace(scene.chain.make_seeded(), summary=scene.refer(0, a, bt).summary)
    scene.ensure_refused(zeroed, "the summary says")
