"""`transaction_v1_*` and `archive_v1_*`: broadcasting, and reading any block."""

from collections import OrderedDict
from contextlib import suppress
from itertools import count

from chain.client.client import Client
from chain.errors import StatePruned
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import (
    get_state,
    header_to_hex,
    invalid_params,
    to_hash,
    to_hex,
)
from chain.rpc.namespaces.state_methods import call_runtime
from chain.txpool.service import PoolService
from chain.txpool.transaction import PoolRejection
from runtime.errors import InvalidTransaction

BROADCASTS_MAX = 1_024
"""Broadcasts that are remembered; the oldest is forgotten first."""


class TransactionMethods:
    """Broadcasting without a status: the client looks for the transaction in blocks."""

    def __init__(self, client: Client, pool: PoolService) -> None:
        self._client = client
        self._pool = pool
        self._ids = count()
        self._running: OrderedDict[str, None] = OrderedDict()

    @rpc("transaction_v1_broadcast", safe=True)
    def broadcast(self, transaction: bytes) -> str:
        """Puts a transaction into the pool; an invalid one is ignored without a word."""
        with suppress(InvalidTransaction, PoolRejection):
            self._pool.submit(transaction)
        operation = str(next(self._ids))
        self._running[operation] = None
        if len(self._running) > BROADCASTS_MAX:
            self._running.popitem(last=False)
        return operation

    @rpc("transaction_v1_stop", safe=True)
    def stop(self, operation: str) -> None:
        """Ends a broadcast; what is in the pool stays there."""
        if operation not in self._running:
            raise invalid_params(f"no broadcast {operation[:40]!r}")
        del self._running[operation]


class ArchiveMethods:
    """Any block, by hash or number."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("archive_v1_finalizedHeight", safe=True)
    def finalized_height(self) -> int:
        """The number of the newest final block."""
        return self._client.finalised.value.number

    @rpc("archive_v1_hashByHeight", safe=True)
    def hash_by_height(self, height: int) -> list[str]:
        """The hashes of the blocks of a number that are known."""
        found = self._client.get_block_hash(height)
        return [] if found is None else [to_hex(found)]

    @rpc("archive_v1_header", safe=True)
    def header(self, block_hash: bytes | None = None) -> str | None:
        """The SCALE header of a block."""
        named = to_hash(block_hash, self._client.best.value.hash)
        found = self._client.get_header(named)
        return None if found is None else header_to_hex(found)

    @rpc("archive_v1_body", safe=True)
    def body(self, block_hash: bytes) -> list[str] | None:
        """The extrinsics of a block."""
        found = self._client.get_body(to_hash(block_hash, self._client.best.value.hash))
        return None if found is None else [to_hex(each) for each in found]

    @rpc("archive_v1_call", safe=True)
    def call(self, block_hash: bytes, function: str, data: bytes) -> object:
        """The answer of a runtime API on a block; null if the block is not known."""
        named = to_hash(block_hash, self._client.best.value.hash)
        if self._client.get_header(named) is None:
            return None
        try:
            backend = get_state(self._client, named)[1]
            output = call_runtime(self._client, function, data, backend)
        except RpcError as error:
            return {"success": False, "error": error.message}
        except StatePruned as error:
            return {"success": False, "error": str(error)}
        return {"success": True, "value": output}
