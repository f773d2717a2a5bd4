"""The market's slots as the work pallet sees them, read from the same state.

It stands apart from the pallet so that the market and the work pallet can each be given the other.
"""

from pallets.market.pallet import Market
from pallets.market.types import Job, Slot, SlotState
from runtime.codec import U32
from runtime.frame import StorageMap
from runtime.frame.ai_types import SlotId, SlotPhase, SlotWork
from runtime.frame.traits import EventSink
from runtime.primitives import Id
from runtime.state.externalities import Externalities

_PHASES = {
    SlotState.OPEN: SlotPhase.OPEN,
    SlotState.LOCKED: SlotPhase.LOCKED,
    SlotState.SUBMITTED: SlotPhase.SUBMITTED,
    SlotState.LATE_OPEN: SlotPhase.OPEN,
    SlotState.SETTLED: SlotPhase.SETTLED,
    SlotState.REFUNDED: SlotPhase.CLOSED,
}


class SlotReader:
    """`Slots` over one state."""

    def __init__(self, state: Externalities, system: EventSink) -> None:
        specs = {spec.attribute: spec for spec in Market.spec.storage}
        self._system = system
        self._job: StorageMap[Id, Job] = StorageMap(state, specs["job"])
        self._slot: StorageMap[tuple[Id, U32], Slot] = StorageMap(state, specs["slot"])

    def get_slot_work(self, slot: SlotId) -> SlotWork | None:
        """A slot's work; a slot whose deadline has passed is nobody's, even if nobody said so."""
        job, entry = self._job.get(slot.job), self._slot.get((slot.job, slot.slot))
        if job is None or entry is None or slot.replica != 0:
            return None
        is_missed = entry.state is SlotState.LOCKED and (
            self._system.get_block_number() > entry.deadline
        )
        is_late = entry.state is SlotState.LATE_OPEN or is_missed
        first, rows = job.get_rows(slot.slot)
        return SlotWork(
            phase=SlotPhase.OPEN if is_late else _PHASES[entry.state],
            provider=None if is_late else entry.provider,
            model=job.model,
            version=job.version,
            inputs=job.inputs,
            row_first=first,
            rows=rows,
        )
