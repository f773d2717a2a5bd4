"""The values, events and errors of the scheduler pallet, as `pallet_scheduler` has them."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, U32, Array, MaxLen, Name, variant
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.dispatch_error import DispatchResult
from runtime.frozen import frozen
from runtime.primitives import BlockNumber, Hash

AGENDA_MAX = 128
"""No agenda in the state is longer; `max_scheduled_per_block` is not above it."""

INLINE_BYTES_MAX = 128
"""A longer call is a preimage."""

TaskName: TypeAlias = Annotated[bytes, Array(32)]
TaskAddress: TypeAlias = tuple[BlockNumber, U32]
"""The block of an agenda, and the place in it."""

Period: TypeAlias = tuple[BlockNumber, U32]
"""Blocks from one time to the next, and how many times."""


@variant(1, unnamed=True)
@frozen
class Inline:
    """A call by its bytes."""

    content: Annotated[bytes, MaxLen(INLINE_BYTES_MAX)]


@variant(2)
@frozen
class Lookup:
    """A call by the hash of its bytes, which are a preimage that the task has requested."""

    hash: Hash
    len: U32


BoundedCall: TypeAlias = Annotated[
    Inline | Lookup, Name("frame_support::traits::preimages::Bounded")
]


class RawOrigin(IntEnum):
    """Who makes a scheduled call: nobody but root schedules, for now."""

    SCALE_PATH = nonmember("frame_support::dispatch::RawOrigin")

    ROOT = 0


@frozen
class Task:
    """A task: the lower its priority's number, the earlier in its block."""

    SCALE_PATH: ClassVar[str] = "pallet_scheduler::Scheduled"

    maybe_id: TaskName | None
    priority: U8
    call: BoundedCall
    maybe_periodic: Period | None
    """How often it comes again after the next time."""

    origin: RawOrigin

    @property
    def preimage_bytes(self) -> int:
        """The length of the call's preimage, where it is one."""
        return self.call.len if isinstance(self.call, Lookup) else 0


Agenda: TypeAlias = Annotated[tuple[Task | None, ...], MaxLen(AGENDA_MAX)]
"""The tasks of a block; a place in it is kept when its task is gone."""


def find_first(agenda: tuple[Task | None, ...]) -> tuple[int, Task] | None:
    """The task that is next: the lowest number of priority, then the first place."""
    left = [(index, task) for index, task in enumerate(agenda) if task is not None]
    return min(left, key=lambda each: each[1].priority, default=None)


@frozen
class Scheduled(Event, index=0):
    """Scheduled some task."""

    when: BlockNumber
    index: U32


@frozen
class Canceled(Event, index=1):
    """Canceled some task."""

    when: BlockNumber
    index: U32


@frozen
class Dispatched(Event, index=2):
    """Dispatched some task."""

    task: TaskAddress
    id: TaskName | None
    result: DispatchResult


@frozen
class CallUnavailable(Event, index=5):
    """The call for the provided hash was not found so the task has been aborted."""

    task: TaskAddress
    id: TaskName | None


@frozen
class PeriodicFailed(Event, index=6):
    """The given task was unable to be renewed since the agenda is full at that block."""

    task: TaskAddress
    id: TaskName | None


@frozen
class PermanentlyOverweight(Event, index=8):
    """The given task can never be executed since it is overweight."""

    task: TaskAddress
    id: TaskName | None


@frozen
class AgendaIncomplete(Event, index=9):
    """Agenda is incomplete from `when`: what is left of it is next in the coming block."""

    when: BlockNumber


class FailedToSchedule(ModuleError, index=0):
    """Failed to schedule a call: a task of this name is scheduled already."""


class NotFound(ModuleError, index=1):
    """Cannot find the scheduled call."""


class TargetBlockNumberInPast(ModuleError, index=2):
    """Given target block number is in the past."""
