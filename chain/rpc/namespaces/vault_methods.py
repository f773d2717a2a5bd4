"""`vault_*`: what encrypted data is for sale, and how orders stand, at the best block."""

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_account
from chain.rpc.namespaces.listing import PAGE_MAX, list_numbered
from chain.rpc.namespaces.runtime_json import to_numbered_json
from chain.rpc.parameters import Number32, Number64


class VaultMethods:
    """Offers and orders."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("vault_getOffer", safe=True)
    def get_offer(self, record: Number64) -> object:
        """The offer of a dataset; null if it is not for sale."""
        found = get_runtime(self._client).vault.offer_.get(record)
        return None if found is None else to_numbered_json("record", record, found)

    @rpc("vault_offers", safe=True)
    def list_offers(self, start: Number64 = 0, count: Number32 = 100) -> object:
        """Datasets that are for sale, from a record's number on."""
        runtime = get_runtime(self._client)
        records = range(start, runtime.registry.next_id.get())
        return list_numbered("record", runtime.vault.offer_.get, records, count)

    @rpc("vault_getOrder", aliases=("vault_order",), safe=True)
    def get_order(self, order: Number64) -> object:
        """An order that is neither refunded nor closed; null otherwise."""
        found = get_runtime(self._client).vault.order_.get(order)
        return None if found is None else to_numbered_json("order", order, found)

    @rpc("vault_awaiting", safe=True)
    def list_awaiting(self, seller: str, count: Number32 = 100) -> list[int]:
        """Orders for which a seller owes the key."""
        account = to_account("seller", seller)
        vault = get_runtime(self._client).vault
        return sorted(vault.get_awaiting(account, min(count, PAGE_MAX)))
