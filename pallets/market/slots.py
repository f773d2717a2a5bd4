"""The market's slots as the work pallet and providers see them, read from the same state.

It stands apart from the pallet so that the market and the work pallet can each be given the other.
"""

from pallets.market.pallet import Market
from pallets.market.specs import Infer
from pallets.market.types import Job, Slot, SlotState
from runtime.codec import U32
from runtime.frame import StorageMap
from runtime.frame.ai_types import SlotId, SlotPhase, SlotWork
from runtime.frame.traits import EventSink
from runtime.frozen import frozen
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities

_PHASES = {
    SlotState.OPEN: SlotPhase.OPEN,
    SlotState.LOCKED: SlotPhase.LOCKED,
    SlotState.SUBMITTED: SlotPhase.SUBMITTED,
    SlotState.LATE_OPEN: SlotPhase.OPEN,
    SlotState.SETTLED: SlotPhase.SETTLED,
    SlotState.REFUNDED: SlotPhase.CLOSED,
    SlotState.REJECTED: SlotPhase.CLOSED,
}


@frozen
class Standing:
    """Where a slot is, and whose it is."""

    phase: SlotPhase
    provider: AccountId | None


class SlotReader:
    """`Slots` over one state."""

    def __init__(self, state: Externalities, system: EventSink) -> None:
        specs = {spec.attribute: spec for spec in Market.spec.storage}
        self._system = system
        self._job: StorageMap[Id, Job] = StorageMap(state, specs["job"])
        self._slot: StorageMap[tuple[Id, U32], Slot] = StorageMap(state, specs["slot"])

    def get_slot_work(self, slot: SlotId) -> SlotWork | None:
        """The rows of an inference; None for every other slot."""
        job, standing = self._job.get(slot.job), self.get_standing(slot)
        if job is None or standing is None or not isinstance(job.spec, Infer):
            return None
        assert job.source is not None, "an inference has a model; qed"
        first, rows = job.spec.get_rows(slot.slot)
        return SlotWork(
            phase=standing.phase,
            provider=standing.provider,
            model=job.source.record,
            version=job.source.version,
            inputs=job.spec.inputs,
            row_first=first,
            rows=rows,
        )

    def get_standing(self, slot: SlotId) -> Standing | None:
        """Where a slot is; one whose deadline has passed is nobody's, even if nobody said so."""
        entry = self._slot.get((slot.job, slot.slot))
        if entry is None:
            return None
        is_missed = entry.state is SlotState.LOCKED and (
            self._system.get_block_number() > entry.deadline
        )
        if entry.state is SlotState.LATE_OPEN or is_missed:
            return Standing(SlotPhase.OPEN, None)
        return Standing(_PHASES[entry.state], entry.provider)
