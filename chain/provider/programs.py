"""Slots of programs: what a provider runs beside the products of models, without the miner."""

from dataclasses import dataclass

import numpy as np

from chain.authorship.work import TaskProduct
from chain.blobs import BlobCorrupt, BlobError, BlobStore
from pallets.market import JobSpec, Product
from pallets.market.claims import make_task
from pallets.runtime import Runtime
from runtime.frame.ai_types import SlotId
from runtime.programs import Inputs, MatrixProduct, ProgramRunner
from runtime.task import ProgramTask, load_inputs
from runtime.tensor.commitment import STRIP_ROWS


@dataclass(frozen=True, slots=True, eq=False)
class ProgramRun:
    """A locked slot with everything needed to run it."""

    slot: SlotId
    task: ProgramTask
    inputs: Inputs
    runner: ProgramRunner
    """Compiled twins, where the node has them."""

    def compute(self) -> bytes:
        """The slot's output. Errors: `ProgramError`."""
        return self.runner.run_program(self.task.program, self.task.slot, self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class ProductRun:
    """A locked slot of a product, with the store where its operands are."""

    slot: SlotId
    program: MatrixProduct
    store: BlobStore

    def load_task(self) -> TaskProduct:
        """The slot's strips and the whole right-hand side. `BlobMissing`, `BlobCorrupt`."""
        a, b = self.store.get_matrix(self.program.a), self.store.get_matrix(self.program.b)
        if (a.shape, b.shape) != ((self.program.m, self.program.k), (self.program.n, a.shape[1])):
            raise BlobCorrupt(self.program.a, f"operands of {a.shape} and {b.shape}")
        first, strips = self.program.get_strips(self.slot.slot)
        rows = a[first * STRIP_ROWS : (first + strips) * STRIP_ROWS]
        return TaskProduct(np.ascontiguousarray(rows), b, ())


def has_operands(store: BlobStore | None, spec: JobSpec) -> bool:
    """Whether all is here that a job does not have in the state: the operands of a product.

    A root may be asked for with another shape than what it stands for; nobody has that.
    """
    if not isinstance(spec, Product):
        return True
    program = spec.program
    wanted = ((program.a, (program.m, program.k)), (program.b, (program.n, program.k)))
    try:
        return store is not None and all(
            store.get_matrix_shape(root) == shape for root, shape in wanted
        )
    except BlobError:
        return False


def load_run(runtime: Runtime, slot: SlotId) -> ProgramRun | None:
    """What a slot of a program needs, from the state; None where a part of it is not there."""
    market = runtime.market
    task = make_task(market.job[slot.job], slot.slot, lambda other: market.output[slot.job, other])
    assert isinstance(task, ProgramTask), "asked of programs only; qed"
    inputs = load_inputs(task, runtime.registry.records)
    return None if inputs is None else ProgramRun(slot, task, inputs, runtime.host)
