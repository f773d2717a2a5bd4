"""What each type of proxy may call: lists of calls by name, so that a new call is in none of them.

No list but the whole of `ANY` has a call that acts for yet another account (`Proxy.proxy`,
multisigs): a proxy of an account that is itself a proxy would else reach further than its type.
"""

from pallets.proxy.declarations import ProxyType
from runtime.frame import Call
from runtime.frozen import frozen

BATCHES = frozenset(("Utility.batch", "Utility.batch_all", "Utility.force_batch"))
"""What is batched is asked for call by call."""

MARKET_PALLETS = ("Market", "Registry", "Bonds")

NON_TRANSFER = BATCHES | frozenset(
    (
        *("System.remark", "System.remark_with_event"),
        *("Registry.put_blob", "Registry.drop_blob", "Registry.register"),
        *("Registry.update", "Registry.heartbeat", "Registry.retire"),
        *("Bonds.bond", "Bonds.unbond", "Bonds.cancel_unbond", "Bonds.withdraw"),
        *("Preimage.note_preimage", "Preimage.unnote_preimage"),
        *("Proxy.add_proxy", "Proxy.remove_proxy"),
        *("Proxy.announce", "Proxy.remove_announcement", "Proxy.reject_announcement"),
    )
)
CANCEL_PROXY = frozenset(("Proxy.reject_announcement",))


def is_superset(one: ProxyType, other: ProxyType) -> bool:
    """Whether a type allows everything that the other one does."""
    wider = {ProxyType.NON_TRANSFER: ProxyType.CANCEL_PROXY}
    return one in (other, ProxyType.ANY) or wider.get(one) is other


@frozen
class ProxyFilter:
    """The calls that an origin may make which speaks through a proxy of a type."""

    proxy_type: ProxyType

    def is_allowed(self, call: Call) -> bool:
        """Whether the type has this call; a batch is allowed, its calls are asked for again."""
        name = f"{call.pallet_name}.{call.spec.name}"
        match self.proxy_type:
            case ProxyType.ANY:
                return True
            case ProxyType.NON_TRANSFER:
                return name in NON_TRANSFER and self._is_within(name, call)
            case ProxyType.MARKET:
                return call.pallet_name in MARKET_PALLETS or name in BATCHES
            case ProxyType.CANCEL_PROXY:
                return name in CANCEL_PROXY

    def _is_within(self, name: str, call: Call) -> bool:
        """Whether a call that changes proxies stays within what this one may do itself."""
        if name not in ("Proxy.add_proxy", "Proxy.remove_proxy"):
            return True
        _, proxy_type, _ = call.args
        return is_superset(self.proxy_type, proxy_type)
