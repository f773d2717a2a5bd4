"""The values, events and errors of the proxy pallet, as `pallet_proxy` has them."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U16, MaxLen
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.dispatch_error import DispatchResult
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash

ENTRIES_MAX = 64
"""No list of proxies or announcements in the state is longer; the limits are not above it."""


class ProxyType(IntEnum):
    """What a proxy may do; `pallets/proxy/filters.py` names the calls. 2 is not used yet."""

    SCALE_PATH = nonmember("soberana_runtime::ProxyType")

    ANY = 0
    NON_TRANSFER = 1
    MARKET = 3
    CANCEL_PROXY = 4


@frozen
class ProxyDefinition:
    """Who may call for an account, what, and how many blocks after announcing it."""

    SCALE_PATH: ClassVar[str] = "pallet_proxy::ProxyDefinition"

    delegate: AccountId
    proxy_type: ProxyType
    delay: BlockNumber


@frozen
class Announcement:
    """A call that a proxy means to make."""

    SCALE_PATH: ClassVar[str] = "pallet_proxy::Announcement"

    real: AccountId
    call_hash: Hash
    height: BlockNumber


@frozen
class PureDeposit:
    """What the maker of an account without a key has on hold for its proxies."""

    spawner: AccountId
    amount: Balance


ProxyList: TypeAlias = Annotated[tuple[ProxyDefinition, ...], MaxLen(ENTRIES_MAX)]
AnnouncementList: TypeAlias = Annotated[tuple[Announcement, ...], MaxLen(ENTRIES_MAX)]


@frozen
class ProxyExecuted(Event, index=0):
    """A proxy was executed correctly, with the given result."""

    result: DispatchResult


@frozen
class PureCreated(Event, index=1):
    """A pure account has been created by new proxy with given disambiguation index."""

    pure: AccountId
    who: AccountId
    proxy_type: ProxyType
    disambiguation_index: U16


@frozen
class Announced(Event, index=2):
    """An announcement was placed to make a call in the future."""

    real: AccountId
    proxy: AccountId
    call_hash: Hash


@frozen
class ProxyAdded(Event, index=3):
    """A proxy was added."""

    delegator: AccountId
    delegatee: AccountId
    proxy_type: ProxyType
    delay: BlockNumber


@frozen
class ProxyRemoved(Event, index=4):
    """A proxy was removed."""

    delegator: AccountId
    delegatee: AccountId
    proxy_type: ProxyType
    delay: BlockNumber


class TooMany(ModuleError, index=0):
    """There are too many proxies registered or too many announcements pending."""


class NotFound(ModuleError, index=1):
    """Proxy registration not found."""


class NotProxy(ModuleError, index=2):
    """Sender is not a proxy of the account to be proxied."""


class Duplicate(ModuleError, index=4):
    """Account is already a proxy."""


class NoPermission(ModuleError, index=5):
    """Call may not be made by proxy because it may escalate its privileges."""


class Unannounced(ModuleError, index=6):
    """Announcement, if made at all, was made too recently."""


class NoSelfProxy(ModuleError, index=7):
    """Cannot add self as proxy."""
