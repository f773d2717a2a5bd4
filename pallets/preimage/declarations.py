"""The values, events and errors of the preimage pallet, as `pallet_preimage` has them."""

from typing import Annotated, TypeAlias

from runtime.codec import U32, MaxLen, Name, variant
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Hash

BYTES_DECODED_MAX = 4 * 1024 * 1024
"""No preimage decodes with more bytes; `bytes_max` is below it."""

Content: TypeAlias = Annotated[bytes, MaxLen(BYTES_DECODED_MAX)]
Ticket: TypeAlias = tuple[AccountId, Balance]
"""Who paid a deposit, and how much."""


@variant(0)
@frozen
class Unrequested:
    """The preimage is there and nothing needs it: whoever noted it may take it away."""

    ticket: Ticket
    len: U32


@variant(1, name="Requested")
@frozen
class RequestedStatus:
    """So many things need the preimage, which is there where its length is known."""

    maybe_ticket: Ticket | None
    count: U32
    maybe_len: U32 | None


RequestStatus: TypeAlias = Annotated[
    Unrequested | RequestedStatus, Name("pallet_preimage::RequestStatus")
]


@frozen
class Noted(Event, index=0):
    """A preimage has been noted."""

    hash: Hash


@frozen
class Requested(Event, index=1):
    """A preimage has been requested."""

    hash: Hash


@frozen
class Cleared(Event, index=2):
    """A preimage has been cleared."""

    hash: Hash


class TooBig(ModuleError, index=0):
    """Preimage is too large to store on-chain."""


class AlreadyNoted(ModuleError, index=1):
    """Preimage has already been noted on-chain."""


class NotAuthorized(ModuleError, index=2):
    """The user is not authorized to perform this action."""


class NotNoted(ModuleError, index=3):
    """The preimage cannot be removed since it has not yet been noted."""


class NotRequested(ModuleError, index=5):
    """The preimage request cannot be removed since no outstanding requests exist."""
