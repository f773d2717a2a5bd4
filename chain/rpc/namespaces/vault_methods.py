"""`vault_*`: what encrypted data is for sale, and how orders stand, at the best block."""

from typing import Final, cast

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import invalid_params
from chain.rpc.namespaces.runtime_json import to_json
from chain.rpc.parameters import Number32, Number64
from runtime.crypto.ss58 import Ss58Error, decode_ss58

PAGE_MAX: Final = 1_000


class VaultMethods:
    """Offers and orders."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("vault_getOffer", safe=True)
    def get_offer(self, record: Number64) -> object:
        """The offer of a dataset; null if it is not for sale."""
        return _with_number("record", record, get_runtime(self._client).vault.offer_.get(record))

    @rpc("vault_getOrder", safe=True)
    def get_order(self, order: Number64) -> object:
        """An order that is neither refunded nor closed; null otherwise."""
        return _with_number("order", order, get_runtime(self._client).vault.order_.get(order))

    @rpc("vault_awaiting", safe=True)
    def list_awaiting(self, seller: str, count: Number32 = 100) -> list[int]:
        """Orders for which a seller owes the key."""
        try:
            account = decode_ss58(seller)
        except Ss58Error as error:
            raise invalid_params(f"seller: {error}") from None
        vault = get_runtime(self._client).vault
        return sorted(vault.get_awaiting(account, min(count, PAGE_MAX)))


def _with_number(name: str, number: int, value: object) -> object:
    if value is None:
        return None
    shown = to_json(value)
    assert isinstance(shown, dict), "a dataclass is an object; qed"
    return {name: number, **cast("dict[str, object]", shown)}
