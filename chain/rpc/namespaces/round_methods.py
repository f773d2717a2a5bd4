"""`rounds_*` and `pools_*`: what many label and collect together, at the best block."""

from itertools import islice

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hex
from chain.rpc.namespaces.listing import PAGE_MAX, list_numbered
from chain.rpc.namespaces.runtime_json import to_numbered_json
from chain.rpc.parameters import Number32, Number64
from runtime.crypto.ss58 import encode_ss58


class RoundMethods:
    """Labelling rounds."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("rounds_get", safe=True)
    def get_round(self, number: Number64) -> object:
        """A round that has not left the state; null otherwise."""
        found = get_runtime(self._client).rounds.round.get(number)
        return None if found is None else to_numbered_json("round", number, found)

    @rpc("rounds_list", safe=True)
    def list_rounds(self, start: Number64 = 0, count: Number32 = 100) -> object:
        """Rounds, from a number on."""
        rounds = get_runtime(self._client).rounds
        return list_numbered(
            "round", rounds.round.get, range(start, rounds.next_round.get()), count
        )

    @rpc("rounds_seats", safe=True)
    def list_seats(self, number: Number64) -> object:
        """The labellers of a round, and how far each has come."""
        seats = islice(get_runtime(self._client).rounds.seat.items(number), PAGE_MAX)
        return [
            {"account": encode_ss58(key[1]), **to_numbered_json("round", number, seat)}
            for key, seat in seats
        ]

    @rpc("rounds_labels", safe=True)
    def get_labels(self, number: Number64) -> str | None:
        """What a settled round says of its items, a byte each; null before."""
        found = get_runtime(self._client).rounds.labels.get(number)
        return None if found is None else to_hex(found)


class PoolMethods:
    """Collection pools."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("pools_get", safe=True)
    def get_pool(self, pool: Number64) -> object:
        """A pool that has not left the state; null otherwise."""
        found = get_runtime(self._client).pools.pool.get(pool)
        return None if found is None else to_numbered_json("pool", pool, found)

    @rpc("pools_list", safe=True)
    def list_pools(self, start: Number64 = 0, count: Number32 = 100) -> object:
        """Pools, from a number on."""
        pools = get_runtime(self._client).pools
        return list_numbered("pool", pools.pool.get, range(start, pools.next_pool.get()), count)

    @rpc("pools_seats", safe=True)
    def list_seats(self, pool: Number64) -> object:
        """The contributors of a pool in order, and what their shards are worth."""
        seats = islice(get_runtime(self._client).pools.seat.items(pool), PAGE_MAX)
        found = sorted((key[1], seat) for key, seat in seats)
        return [to_numbered_json("seat", number, seat) for number, seat in found]
