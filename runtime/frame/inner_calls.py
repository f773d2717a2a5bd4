"""Calls inside calls: what a pallet needs that keeps a call, hashes it, or makes it for others."""

from collections.abc import Callable

from runtime.codec import Codec
from runtime.errors import DispatchError
from runtime.frame.call import Call
from runtime.frame.dispatch_error import DispatchResult, Err, Ok, to_value
from runtime.frame.dispatcher import Dispatcher
from runtime.frame.origin import Origin
from runtime.frozen import frozen
from runtime.primitives import Weight


@frozen
class Attempt:
    """How a call inside a call ended, as events tell it, and the weight it took."""

    error: DispatchError | None
    result: DispatchResult
    weight: Weight


@frozen
class InnerCalls:
    """The way from one pallet back to all of them, which are composed later than it is made."""

    get_dispatcher: Callable[[], Dispatcher]
    get_codec: Callable[[], Codec[Call]]

    def attempt(self, call: Call, origin: Origin) -> Attempt:
        """Executes a call whose failure is the news of the call that carries it."""
        declared, dispatcher = call.get_dispatch_info().weight, self.get_dispatcher()
        try:
            actual = dispatcher.dispatch(call, origin).actual_weight
        except DispatchError as error:
            result = Err(to_value(error, dispatcher.get_module_index))
            return Attempt(error.get_alone(), result, declared)
        if actual is None or not actual.is_within(declared):
            actual = declared
        return Attempt(None, Ok(), actual)

    def encode(self, call: Call) -> bytes:
        """The call's bytes."""
        return self.get_codec().encode(call)

    def decode(self, raw: bytes) -> Call:
        """The call of these bytes; `CodecError` if they are none."""
        return self.get_codec().decode(raw)
