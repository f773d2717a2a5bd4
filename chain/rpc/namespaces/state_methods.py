"""`state_*`: storage, metadata, runtime calls."""

from collections.abc import Iterator
from itertools import islice

from chain.client.client import Client
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import (
    CLIENT_ERROR,
    get_state,
    to_hex,
    version_to_json,
)
from chain.rpc.subscriptions import Subscriber
from runtime.api import UnknownMethod
from runtime.crypto.hashing import blake2_256
from runtime.errors import CodecError
from runtime.state.backend import Backend

KEYS_MAX = 1_000
KEYS_ALL_MAX = 100_000
QUERY_BLOCKS_MAX = 256


class StateMethods:
    """State, as older clients read it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("state_getStorage", aliases=("state_getStorageAt",), safe=True)
    def get_storage(self, key: bytes, at: bytes | None = None) -> str | None:
        """One value."""
        return _read(get_state(self._client, at)[1], key)

    @rpc("state_getStorageHash", aliases=("state_getStorageHashAt",), safe=True)
    def get_storage_hash(self, key: bytes, at: bytes | None = None) -> str | None:
        """The blake2b-256 of one value."""
        value = get_state(self._client, at)[1].get(key)
        return None if value is None else to_hex(blake2_256(value))

    @rpc("state_getStorageSize", aliases=("state_getStorageSizeAt",), safe=True)
    def get_storage_size(self, key: bytes, at: bytes | None = None) -> int | None:
        """The length of one value."""
        value = get_state(self._client, at)[1].get(key)
        return None if value is None else len(value)

    @rpc("state_getKeysPaged", aliases=("state_getKeysPagedAt",), safe=True)
    def get_keys_paged(
        self,
        prefix: bytes,
        count: int,
        start_key: bytes | None = None,
        at: bytes | None = None,
    ) -> list[str]:
        """Keys below a prefix, sorted, strictly after the start key."""
        if count > KEYS_MAX:
            raise RpcError(4002, f"count exceeds maximum value. value: {count}, max: {KEYS_MAX}")
        backend = get_state(self._client, at)[1]
        return [to_hex(key) for key in islice(iterate_keys(backend, prefix, start_key), count)]

    @rpc("state_getKeys", safe=False)
    def get_keys(self, prefix: bytes, at: bytes | None = None) -> list[str]:
        """All keys below a prefix."""
        backend = get_state(self._client, at)[1]
        return [to_hex(key) for key in islice(iterate_keys(backend, prefix), KEYS_ALL_MAX)]

    @rpc("state_getPairs", safe=False)
    def get_pairs(self, prefix: bytes, at: bytes | None = None) -> list[list[str | None]]:
        """All keys below a prefix with their values."""
        backend = get_state(self._client, at)[1]
        keys = islice(iterate_keys(backend, prefix), KEYS_ALL_MAX)
        return [[to_hex(key), _read(backend, key)] for key in keys]

    @rpc("state_queryStorageAt", safe=True)
    def query_storage_at(self, keys: list[bytes], at: bytes | None = None) -> list[object]:
        """Several values at one block, in the order of the keys."""
        block_hash, backend = get_state(self._client, at)
        return [_make_changes(block_hash, [(key, _read(backend, key)) for key in keys[:KEYS_MAX]])]

    @rpc("state_queryStorage", safe=False)
    def query_storage(
        self, keys: list[bytes], first: bytes, last: bytes | None = None
    ) -> list[object]:
        """How values changed from one block to another, both included."""
        client = self._client
        first_hash, _ = get_state(client, first)
        last_hash, _ = get_state(client, last)
        begin, end = client.get_header(first_hash), client.get_header(last_hash)
        assert begin is not None, "a block with a state has a header; qed"
        assert end is not None, "a block with a state has a header; qed"
        if not 0 <= end.number - begin.number < QUERY_BLOCKS_MAX:
            raise RpcError(
                CLIENT_ERROR, f"Client error: expected a range of 1..{QUERY_BLOCKS_MAX} blocks"
            )
        found: list[object] = []
        before: dict[bytes, str | None] = {}
        for number in range(begin.number, end.number + 1):
            block_hash, backend = get_state(client, client.get_block_hash(number))
            values = {key: _read(backend, key) for key in keys[:KEYS_MAX]}
            changes = [each for each in values.items() if before.get(each[0], "") != each[1]]
            if changes:
                found.append(_make_changes(block_hash, changes))
            before = values
        return found

    @rpc(
        "state_subscribeStorage",
        unsubscribe=("state_unsubscribeStorage",),
        notification="state_storage",
        safe=True,
    )
    async def subscribe_storage(self, subscriber: Subscriber, keys: list[bytes]) -> None:
        """All keys' values at once, then those that a new best block changes."""
        keys = keys[:KEYS_MAX]
        before: dict[bytes, str | None] = {}
        async for head in self._client.best.changes():
            backend = self._client.state_at(head.hash)
            values = {key: _read(backend, key) for key in keys}
            changes = [each for each in values.items() if before.get(each[0], "") != each[1]]
            before = values
            if changes:
                await subscriber.send(_make_changes(head.hash, changes))

    @rpc("state_getMetadata", safe=True)
    def get_metadata(self, at: bytes | None = None) -> str:
        """The metadata in version 14, which every client reads."""
        del at  # one runtime serves every block
        return to_hex(self._client.api.get_metadata(14))

    @rpc("state_getRuntimeVersion", aliases=("chain_getRuntimeVersion",), safe=True)
    def get_runtime_version(self, at: bytes | None = None) -> object:
        """The runtime's version."""
        del at  # one runtime serves every block
        return version_to_json(self._client.api.version)

    @rpc(
        "state_subscribeRuntimeVersion",
        aliases=("chain_subscribeRuntimeVersion",),
        unsubscribe=("state_unsubscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
        notification="state_runtimeVersion",
        safe=True,
    )
    async def subscribe_runtime_version(self, subscriber: Subscriber) -> None:
        """The runtime's version at once; it changes with the program only."""
        await subscriber.send(version_to_json(self._client.api.version))
        await subscriber.wait_closed()

    @rpc("state_call", aliases=("state_callAt",), safe=True)
    def call(self, name: str, data: bytes, at: bytes | None = None) -> str:
        """The encoded answer of a runtime API's method."""
        return call_runtime(self._client, name, data, at)


def call_runtime(client: Client, name: str, data: bytes, at: bytes | None) -> str:
    """The encoded answer of a runtime API's method in hex; clients match the error's text."""
    backend = get_state(client, at)[1]
    try:
        return to_hex(client.api.call(name, data, backend))
    except UnknownMethod:
        text = f"Client error: Execution failed: Other: Exported method {name} is not found"
        raise RpcError(CLIENT_ERROR, text) from None
    except CodecError as error:
        text = f"Client error: Execution failed: {name}: {error}"
        raise RpcError(CLIENT_ERROR, text) from None


def iterate_keys(backend: Backend, prefix: bytes, after: bytes | None = None) -> Iterator[bytes]:
    """The keys below a prefix in order, strictly after one of them; the caller bounds it."""
    at = prefix if after is None or after < prefix else after
    if at == prefix and after is None and backend.get(prefix) is not None:
        yield prefix
    while True:
        following = backend.next_key(at)
        if following is None or not following.startswith(prefix):
            return
        yield following
        at = following


def _read(backend: Backend, key: bytes) -> str | None:
    value = backend.get(key)
    return None if value is None else to_hex(value)


def _make_changes(block_hash: bytes, changes: list[tuple[bytes, str | None]]) -> object:
    return {"block": to_hex(block_hash), "changes": [[to_hex(k), v] for k, v in changes]}
