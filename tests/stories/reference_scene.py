"""A chain made by hand on which a provider is at work, and blocks that quote its slots."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trio

from chain.client.block import Imported, Rejected
from chain.wallet.transaction import make_call
from consensus.pouw.solve import MatrixWork
from runtime.frame.ai_types import VerifierId
from runtime.tensor.commitment import matrix_root, pad_operand
from runtime.tensor.interpreter import GraphRun, compute_product
from runtime.tensor.value import Int8Array
from runtime.work_summary import Lane, RowRef, WorkSummary
from tests.stories.hand_chain import HandChain, Reference, open_hand_chain
from tests.stories.inference_story import (
    PROVIDER,
    ROWS_PER_SLOT,
    Cast,
    post_job,
    publish,
    register_provider,
)
from tests.stories.live_node import get_account, send_well

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


@contextmanager
def open_scene(cast: Cast, folder: Path) -> Generator[Scene]:
    """The scene until the block ends."""

    async def prepare(chain: HandChain) -> int:
        model = await publish(chain, cast)
        posted, _ = await post_job(chain, model, cast, VerifierId.REPLAY)
        record = await register_provider(chain, PROVIDER)
        for slot in LOCKED:
            lock = make_call(chain.runtime.market.lock, posted.job, slot, record)
            await send_well(chain, PROVIDER, lock)
        return posted.job

    with open_hand_chain(folder) as chain:
        yield Scene(chain, cast, trio.run(prepare, chain))
