"""Executes calls: one storage transaction each, errors rolled back and named."""

from runtime.errors import CodecError, Exhausted, ModuleError, Overflow
from runtime.frame.call import Call
from runtime.frame.dispatch import PostDispatch
from runtime.frame.origin import Origin
from runtime.frame.pallet import Pallet
from runtime.state.externalities import Externalities

DISPATCH_DEPTH_MAX = 16
"""Dispatches inside dispatches (batches in batches) beyond this depth fail."""


class Dispatcher:
    """The pallets of one runtime by their index, as targets of calls."""

    def __init__(self, state: Externalities, pallets: tuple[Pallet, ...]) -> None:
        self._state = state
        self._by_index = {pallet.index: pallet for pallet in pallets}
        if len(self._by_index) != len(pallets):
            raise TypeError("two pallets share an index")
        if len({pallet.spec.name for pallet in pallets}) != len(pallets):
            raise TypeError("two pallets share a name, and so the keys of their storage")
        self._depth = 0

    def dispatch(self, call: Call, origin: Origin) -> PostDispatch:
        """Executes a call; a `DispatchError` leaves no trace in the state.

        A value that is outside its type when the call ends is an `Overflow`; a call that a limit
        of the origin does not allow is `CallFiltered`.
        """
        origin.ensure_allowed(call)
        pallet = self._by_index[call.pallet_index]
        if self._depth >= DISPATCH_DEPTH_MAX:
            raise Exhausted
        self._depth += 1
        try:
            with self._state.transaction() as written:
                result = call.spec.function(pallet, origin, *call.args)
                written.encode()
        except CodecError as error:
            raise Overflow(str(error)) from error
        finally:
            self._depth -= 1
        return PostDispatch() if result is None else result

    def get_module_index(self, error: ModuleError) -> int:
        """The index of the pallet that declares an error."""
        for index, pallet in self._by_index.items():
            if type(error) in pallet.spec.errors:
                return index
        raise AssertionError(f"{type(error).__name__} is declared by no pallet")
