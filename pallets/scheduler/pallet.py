"""Calls at a later block. Calls, events and errors: `pallet_scheduler`."""

from contextlib import suppress

from pallets.scheduler.declarations import (
    AGENDA_MAX,
    INLINE_BYTES_MAX,
    Agenda,
    AgendaIncomplete,
    BoundedCall,
    CallUnavailable,
    Canceled,
    Dispatched,
    FailedToSchedule,
    Inline,
    Lookup,
    NotFound,
    Period,
    PeriodicFailed,
    PermanentlyOverweight,
    RawOrigin,
    Scheduled,
    TargetBlockNumberInPast,
    Task,
    TaskAddress,
    TaskName,
    find_first,
)
from pallets.weights import scheduler as weights
from runtime.codec import U8, U32
from runtime.errors import CodecError, Exhausted, ModuleError
from runtime.frame import (
    Call,
    Constant,
    Event,
    Origin,
    Pallet,
    RuntimeCall,
    StorageMap,
    StorageValue,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.traits import EventSink, Preimages
from runtime.frozen import replace
from runtime.primitives import BlockNumber, Weight
from runtime.state.externalities import Externalities

BLOCK_MAX = (1 << 32) - 1
_ALONE = weights.SERVICE_AGENDAS + weights.SERVICE_AGENDA + weights.SERVICE_TASK
"""What a task costs that is the first of a block, before its call is read."""


def _compute_weight(
    when: BlockNumber, maybe_periodic: Period | None, priority: int, call: Call
) -> Weight:
    """To read, hash and store a call costs less than to run it; `when` may be `after`."""
    del when, maybe_periodic, priority
    return weights.SCHEDULE + call.get_dispatch_info().weight


def _compute_named_weight(
    id_: TaskName, when: BlockNumber, maybe_periodic: Period | None, priority: int, call: Call
) -> Weight:
    del id_
    return _compute_weight(when, maybe_periodic, priority, call)


class Scheduler(
    Pallet,
    events=Scheduled
    | Canceled
    | Dispatched
    | CallUnavailable
    | PeriodicFailed
    | PermanentlyOverweight
    | AgendaIncomplete,
    errors=FailedToSchedule | NotFound | TargetBlockNumberInPast,
):
    """Root's calls, made when their block begins, in the order of their priority.

    What does not fit in the weight of one block waits for the next, in front of what is due there.
    """

    maximum_weight: Constant[Weight]
    """The maximum weight that may be scheduled per block for any dispatchables."""

    max_scheduled_per_block: Constant[U32]
    """The maximum number of scheduled calls in the queue for a single block."""

    incomplete_since: StorageValue[BlockNumber | None] = value()
    """The first block whose agenda is not done yet, where it is in the past."""

    agenda: StorageMap[BlockNumber, Agenda] = mapping(twox_64_concat, default=())
    """Items to be executed, indexed by the block number that they should be executed on."""

    lookup: StorageMap[TaskName, TaskAddress] = mapping(twox_64_concat)
    """Lookup from a name to the block number and index of the task."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        preimages: Preimages,
        calls: InnerCalls,
        *,
        index: int,
        maximum_weight: Weight,
        max_scheduled_per_block: int,
    ) -> None:
        super().__init__(state, index=index)
        assert max_scheduled_per_block <= AGENDA_MAX, "agendas are stored; qed"
        assert _ALONE.is_within(maximum_weight), "every task is dropped or done in the end; qed"
        self.maximum_weight = maximum_weight
        self.max_scheduled_per_block = max_scheduled_per_block
        self._system = system
        self._preimages = preimages
        self._calls = calls

    # --- calls

    @call(index=0, weight=_compute_weight)
    def schedule(
        self,
        origin: Origin,
        when: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """Has a call made at a block, and again so many times in all where it is periodic.

        Origin: root. Events: `Scheduled`.
        Errors: `TargetBlockNumberInPast`, `Exhausted` for a full agenda, preimage's `TooBig`.
        """
        self._schedule(origin, None, when, maybe_periodic, priority, call)

    @call(index=1, weight=weights.CANCEL)
    def cancel(self, origin: Origin, when: BlockNumber, index: U32) -> None:
        """Takes a task away.

        Origin: root. Events: `Canceled`. Errors: `NotFound`.
        """
        origin.ensure_root()
        self._cancel((when, index))

    @call(index=2, weight=_compute_named_weight)
    def schedule_named(
        self,
        origin: Origin,
        id_: TaskName,
        when: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """As `schedule`, with a name that no other task has.

        Origin: root. Events: `Scheduled`.
        Errors: `FailedToSchedule`, `TargetBlockNumberInPast`, `Exhausted` for a full agenda.
        """
        self._schedule(origin, id_, when, maybe_periodic, priority, call)

    @call(index=3, weight=weights.CANCEL)
    def cancel_named(self, origin: Origin, id_: TaskName) -> None:
        """Takes a task away by its name.

        Origin: root. Events: `Canceled`. Errors: `NotFound`.
        """
        origin.ensure_root()
        address = self.lookup.get(id_)
        if address is None:
            raise NotFound
        self._cancel(address)

    @call(index=4, weight=_compute_weight)
    def schedule_after(
        self,
        origin: Origin,
        after: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """As `schedule`, after so many blocks have passed behind this one.

        Origin: root. Events: `Scheduled`. Errors: `Exhausted` for a full agenda.
        """
        when = self._system.get_block_number() + after + 1
        self._schedule(origin, None, when, maybe_periodic, priority, call)

    @call(index=5, weight=_compute_named_weight)
    def schedule_named_after(
        self,
        origin: Origin,
        id_: TaskName,
        after: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """As `schedule_named`, after so many blocks have passed behind this one.

        Origin: root. Events: `Scheduled`.
        Errors: `FailedToSchedule`, `Exhausted` for a full agenda.
        """
        when = self._system.get_block_number() + after + 1
        self._schedule(origin, id_, when, maybe_periodic, priority, call)

    # --- the block begins

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Makes the calls that are due, as far as the weight goes; the oldest agenda first."""
        used = weights.SERVICE_AGENDAS
        begin = self.incomplete_since.get()
        when = number if begin is None else begin
        while when <= number and self._is_fitting(used + weights.SERVICE_AGENDA):
            used, is_done = self._serve_agenda(when, number, used + weights.SERVICE_AGENDA)
            if not is_done:
                break
            when += 1
        if when <= number:
            self.incomplete_since.put(when)
            self._deposit_event(AgendaIncomplete(when))
        elif begin is not None:
            self.incomplete_since.kill()
        return used

    def try_state(self) -> None:
        """Names and tasks agree; no agenda is empty, or overdue before the first that is named."""
        now, begin = self._system.get_block_number(), self.incomplete_since.get()
        names: dict[bytes, TaskAddress] = {}
        for when, agenda in self.agenda.items():
            assert agenda, f"{when}: an empty agenda"
            assert agenda[-1] is not None, f"{when}: an agenda ends with a task"
            assert len(agenda) <= self.max_scheduled_per_block, f"{when}: too many tasks"
            is_kept = when > now or (begin is not None and when >= begin)
            assert is_kept, f"{when}: forgotten at {now}"
            for index, task in enumerate(agenda):
                if task is not None and task.maybe_id is not None:
                    names[task.maybe_id] = when, index
        assert dict(self.lookup.items()) == names, "a name is a task's, and every task's is known"

    # --- parts of the above

    def _schedule(
        self,
        origin: Origin,
        name: bytes | None,
        when: int,
        periodic: Period | None,
        priority: int,
        call: Call,
    ) -> None:
        origin.ensure_root()
        if name is not None and name in self.lookup:
            raise FailedToSchedule
        if when <= self._system.get_block_number():
            raise TargetBlockNumberInPast
        again = None
        if periodic is not None and periodic[0] > 0 and periodic[1] > 1:
            again = periodic[0], periodic[1] - 1
        task = Task(name, priority, self._bind(call), again, RawOrigin.ROOT)
        self._place(when, task)

    def _bind(self, call: Call) -> BoundedCall:
        """The call as a task keeps it: one that is a preimage has requested it."""
        raw = self._calls.encode(call)
        if len(raw) <= INLINE_BYTES_MAX:
            return Inline(raw)
        return Lookup(self._preimages.note(raw), len(raw))

    def _place(self, when: int, task: Task) -> None:
        """Puts a task into the first free place of an agenda; `Exhausted` where there is none."""
        if when > BLOCK_MAX:
            raise Exhausted
        agenda = self.agenda[when]
        index = agenda.index(None) if None in agenda else len(agenda)
        if index == self.max_scheduled_per_block:
            raise Exhausted
        self.agenda[when] = (*agenda[:index], task, *agenda[index + 1 :])
        if task.maybe_id is not None:
            self.lookup[task.maybe_id] = when, index
        self._deposit_event(Scheduled(when, index))

    def _cancel(self, address: TaskAddress) -> None:
        when, index = address
        agenda = self.agenda[when]
        task = agenda[index] if index < len(agenda) else None
        if task is None:
            raise NotFound
        self._take(address, task)
        self._forget_call(task)
        self._deposit_event(Canceled(when, index))

    def _take(self, address: TaskAddress, task: Task) -> None:
        """Takes a task out of its agenda; the places of the others stay what they are."""
        when, index = address
        rest = list(self.agenda[when])
        rest[index] = None
        while rest and rest[-1] is None:
            rest.pop()
        if rest:
            self.agenda[when] = tuple(rest)
        else:
            del self.agenda[when]
        if task.maybe_id is not None:
            del self.lookup[task.maybe_id]

    def _serve_agenda(self, when: int, now: int, used: Weight) -> tuple[Weight, bool]:
        """The weight used after an agenda's tasks, and whether all of them are done.

        The agenda is read again for every task: a call may cancel what stands behind it.
        """
        while True:
            found = find_first(self.agenda[when])
            if found is None:
                return used, True
            index, task = found
            address, before = (when, index), used + weights.SERVICE_TASK
            reading = weights.read_preimage(task.preimage_bytes)
            if not self._is_fitting(before):
                return used, False
            if not self._is_fitting(_ALONE + reading):
                used = before
                self._drop(PermanentlyOverweight(address, task.maybe_id), task)
                continue
            before = before + reading
            if not self._is_fitting(before):
                return used, False
            used = before
            call = self._read_call(task)
            if call is None:
                self._drop(CallUnavailable(address, task.maybe_id), task)
                continue
            needed = call.get_dispatch_info().weight
            if not self._is_fitting(_ALONE + reading + needed):
                self._drop(PermanentlyOverweight(address, task.maybe_id), task)
            elif not self._is_fitting(used + needed):
                return used, False
            else:
                used = used + self._execute(address, now, task, call)

    def _execute(self, address: TaskAddress, now: int, task: Task, call: Call) -> Weight:
        """Makes a task's call, and puts it where it comes again."""
        self._take(address, task)
        attempt = self._calls.attempt(call, Origin.root())
        self._deposit_event(Dispatched(address, task.maybe_id, attempt.result))
        if task.maybe_periodic is None:
            self._forget_call(task)
            return attempt.weight
        period, count = task.maybe_periodic
        again = (period, count - 1) if count > 1 else None
        try:
            self._ensure_nameless(task)
            self._place(now + period, replace(task, maybe_periodic=again))
        except (Exhausted, FailedToSchedule):
            self._forget_call(task)
            self._deposit_event(PeriodicFailed(address, task.maybe_id))
        return attempt.weight

    def _read_call(self, task: Task) -> Call | None:
        """A task's call, None where its preimage is missing or no call."""
        raw: bytes | None
        match task.call:
            case Inline(content):
                raw = content
            case Lookup(content_hash, size_bytes):
                raw = self._preimages.get_preimage(content_hash, size_bytes)
        if raw is None:
            return None
        try:
            return self._calls.decode(raw)
        except CodecError:
            return None

    def _drop(self, event: CallUnavailable | PermanentlyOverweight, task: Task) -> None:
        """Gives a task up."""
        self._take(event.task, task)
        self._forget_call(task)
        self._deposit_event(event)

    def _ensure_nameless(self, task: Task) -> None:
        """The call may have scheduled another task of the name that was its own's."""
        if task.maybe_id is not None and task.maybe_id in self.lookup:
            raise FailedToSchedule

    def _forget_call(self, task: Task) -> None:
        if isinstance(task.call, Lookup):
            with suppress(ModuleError):  # root may have taken the request back by itself
                self._preimages.unrequest(task.call.hash)

    def _is_fitting(self, weight: Weight) -> bool:
        return weight.is_within(self.maximum_weight)

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
