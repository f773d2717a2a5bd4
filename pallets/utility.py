"""Several calls in one transaction."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

from pallets.weights import utility as weights
from runtime.codec import U32, MaxLen
from runtime.errors import BadOrigin, DispatchError, ModuleError
from runtime.frame import (
    Call,
    Constant,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    RuntimeCall,
    call,
)
from runtime.frame.dispatch_error import DispatchErrorValue, to_value
from runtime.frame.origin import OriginKind
from runtime.frame.traits import EventSink
from runtime.frozen import frozen
from runtime.primitives import Weight
from runtime.state.externalities import Externalities

CALLS_DECODED_MAX = 16_384
"""No batch decodes with more calls; `batched_calls_limit` is below it."""

Calls: TypeAlias = Annotated[tuple[RuntimeCall, ...], MaxLen(CALLS_DECODED_MAX)]


@frozen
class BatchInterrupted(Event, index=0):
    """The call at `index` failed with `error`: those before it count, those behind did not run."""

    index: U32
    error: DispatchErrorValue


@frozen
class BatchCompleted(Event, index=1):
    """Batch of dispatches completed fully with no error."""


@frozen
class BatchCompletedWithErrors(Event, index=2):
    """Batch of dispatches completed but has errors."""


@frozen
class ItemCompleted(Event, index=3):
    """A single item within a Batch of dispatches has completed with no error."""


@frozen
class ItemFailed(Event, index=4):
    """A single item within a Batch of dispatches has completed with error."""

    error: DispatchErrorValue


class TooManyCalls(ModuleError, index=0):
    """Too many calls batched."""


def _compute_batch_weight(calls: tuple[Call, ...]) -> Weight:
    weight = weights.batch(len(calls))
    for inner in calls:
        weight = weight + inner.get_dispatch_info().weight
    return weight


class Utility(
    Pallet,
    events=BatchInterrupted
    | BatchCompleted
    | BatchCompletedWithErrors
    | ItemCompleted
    | ItemFailed,
    errors=TooManyCalls,
):
    """Batches of calls, each with the origin of the batch."""

    batched_calls_limit: Constant[U32]
    """The limit on the number of batched calls."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        *,
        index: int,
        dispatch: Callable[[Call, Origin], PostDispatch],
        get_module_index: Callable[[ModuleError], int],
        batched_calls_limit: int,
    ) -> None:
        super().__init__(state, index=index)
        assert batched_calls_limit <= CALLS_DECODED_MAX, "the limit can be reached; qed"
        self.batched_calls_limit = batched_calls_limit
        self._system = system
        self._dispatch = dispatch
        self._get_module_index = get_module_index

    @call(index=0, weight=_compute_batch_weight)
    def batch(self, origin: Origin, calls: Calls) -> PostDispatch:
        """Dispatch calls until one fails; what was done before it stays.

        Origin: signed, root. Events: `ItemCompleted`, `BatchCompleted`, `BatchInterrupted`.
        Errors: `TooManyCalls`; the failed call's is in the event.
        """
        self._ensure_batch(origin, calls)
        weight = weights.batch(len(calls))
        for index, inner in enumerate(calls):
            try:
                weight = weight + self._execute(inner, origin)
            except DispatchError as error:
                self._deposit_event(BatchInterrupted(index, self._to_value(error)))
                weight = weight + inner.get_dispatch_info().weight
                return PostDispatch(weight)
            self._deposit_event(ItemCompleted())
        self._deposit_event(BatchCompleted())
        return PostDispatch(weight)

    @call(index=2, weight=_compute_batch_weight)
    def batch_all(self, origin: Origin, calls: Calls) -> PostDispatch:
        """Dispatch calls, all or none: the first failure fails the batch.

        Origin: signed, root. Events: `ItemCompleted`, `BatchCompleted`.
        Errors: `TooManyCalls`, and any error of the calls.
        """
        self._ensure_batch(origin, calls)
        weight = weights.batch(len(calls))
        for inner in calls:
            weight = weight + self._execute(inner, origin)
            self._deposit_event(ItemCompleted())
        self._deposit_event(BatchCompleted())
        return PostDispatch(weight)

    @call(index=4, weight=_compute_batch_weight)
    def force_batch(self, origin: Origin, calls: Calls) -> PostDispatch:
        """Dispatch every call, whether or not others fail.

        Origin: signed, root. Events: `ItemCompleted`, `ItemFailed`, `BatchCompleted`,
        `BatchCompletedWithErrors`. Errors: `TooManyCalls`.
        """
        self._ensure_batch(origin, calls)
        weight = weights.batch(len(calls))
        failures = 0
        for inner in calls:
            try:
                weight = weight + self._execute(inner, origin)
                self._deposit_event(ItemCompleted())
            except DispatchError as error:
                failures += 1
                weight = weight + inner.get_dispatch_info().weight
                self._deposit_event(ItemFailed(self._to_value(error)))
        self._deposit_event(BatchCompletedWithErrors() if failures else BatchCompleted())
        return PostDispatch(weight)

    def _ensure_batch(self, origin: Origin, calls: tuple[Call, ...]) -> None:
        if origin.kind is OriginKind.NONE:
            raise BadOrigin
        if len(calls) > self.batched_calls_limit:
            raise TooManyCalls

    def _execute(self, inner: Call, origin: Origin) -> Weight:
        """Dispatches a call; the weight it took."""
        declared = inner.get_dispatch_info().weight
        actual = self._dispatch(inner, origin).actual_weight
        return declared if actual is None or not actual.is_within(declared) else actual

    def _to_value(self, error: DispatchError) -> DispatchErrorValue:
        return to_value(error, self._get_module_index)

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
