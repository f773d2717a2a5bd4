"""What the executive asks of a composed runtime; `pallets/runtime.py` composes the real one."""

from typing import Protocol

from runtime.codec import Codec
from runtime.fees import FeePolicy
from runtime.frame.call import Call
from runtime.frame.dispatcher import Dispatcher
from runtime.frame.event_record import EventRecord
from runtime.frame.pallet import Pallet
from runtime.host import Host
from runtime.primitives import Moment
from runtime.state.overlay import Overlay
from runtime.system import System
from runtime.version import RuntimeVersion


class ComposedRuntime(Protocol):
    """All pallets bound to one state."""

    @property
    def state(self) -> Overlay:
        """The block's state."""
        ...

    @property
    def host(self) -> Host:
        """The node's pure functions."""
        ...

    @property
    def version(self) -> RuntimeVersion:
        """The runtime's identity."""
        ...

    @property
    def system(self) -> System:
        """Accounts and block variables."""
        ...

    @property
    def fees(self) -> FeePolicy:
        """What transactions cost."""
        ...

    @property
    def pallets(self) -> tuple[Pallet, ...]:
        """Every pallet in the order of their hooks."""
        ...

    @property
    def dispatcher(self) -> Dispatcher:
        """The pallets as targets of calls."""
        ...

    @property
    def calls(self) -> Codec[Call]:
        """The codec of every call."""
        ...

    @property
    def events(self) -> Codec[tuple[EventRecord, ...]]:
        """The codec of a block's events."""
        ...

    def get_moment(self) -> Moment:
        """The block's time in milliseconds, as its inherent set it."""
        ...
