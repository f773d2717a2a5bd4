"""Slots of programs: what a provider runs beside the products of models, without the miner."""

from dataclasses import dataclass

from pallets.market.claims import make_task
from pallets.runtime import Runtime
from runtime.frame.ai_types import SlotId
from runtime.programs import Inputs
from runtime.task import ProgramTask, load_inputs


@dataclass(frozen=True, slots=True, eq=False)
class ProgramRun:
    """A locked slot with everything needed to run it."""

    slot: SlotId
    task: ProgramTask
    inputs: Inputs

    def compute(self) -> bytes:
        """The slot's output. Errors: `ProgramError`."""
        return self.task.program.run(self.task.slot, self.inputs)


def load_run(runtime: Runtime, slot: SlotId) -> ProgramRun | None:
    """What a slot of a program needs, from the state; None where a part of it is not there."""
    market = runtime.market
    task = make_task(market.job[slot.job], slot.slot, lambda other: market.output[slot.job, other])
    assert isinstance(task, ProgramTask), "asked of programs only; qed"
    inputs = load_inputs(task, runtime.registry.records)
    return None if inputs is None else ProgramRun(slot, task, inputs)
