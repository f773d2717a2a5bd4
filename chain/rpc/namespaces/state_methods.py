"""`state_*`: storage, metadata, runtime calls."""

from collections.abc import Iterator
from itertools import islice

from chain.client.client import Client
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import (
    CLIENT_ERROR,
    ensure_at_most,
    get_state,
    invalid_params,
    to_hex,
    version_to_json,
)
from chain.rpc.subscriptions import Subscriber
from runtime.api import UnknownMethod
from runtime.crypto.hashing import blake2_256
from runtime.errors import CodecError
from runtime.primitives import Hash
from runtime.state.backend import Backend
from runtime.state.proof import encode_proof, prove

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
        if count < 0:
            raise invalid_params(f"count: expected a number from 0 on, got {count}")
        backend = get_state(self._client, at)[1]
        return [to_hex(key) for key in islice(iterate_keys(backend, prefix, start_key), count)]

    @rpc("state_getKeys", in_worker=True)
    def get_keys(self, prefix: bytes, at: bytes | None = None) -> list[str]:
        """All keys below a prefix."""
        backend = get_state(self._client, at)[1]
        return [to_hex(key) for key in islice(iterate_keys(backend, prefix), KEYS_ALL_MAX)]

    @rpc("state_getPairs", in_worker=True)
    def get_pairs(self, prefix: bytes, at: bytes | None = None) -> list[list[str | None]]:
        """All keys below a prefix with their values."""
        backend = get_state(self._client, at)[1]
        keys = islice(iterate_keys(backend, prefix), KEYS_ALL_MAX)
        return [[to_hex(key), _read(backend, key)] for key in keys]

    @rpc("state_queryStorageAt", safe=True)
    def query_storage_at(self, keys: list[bytes], at: bytes | None = None) -> list[object]:
        """Several values at one block, in the order of the keys."""
        ensure_at_most(KEYS_MAX, keys, "keys")
        block_hash, backend = get_state(self._client, at)
        return [_make_changes(block_hash, [(key, _read(backend, key)) for key in keys])]

    @rpc("state_queryStorage", in_worker=True)
    def query_storage(
        self, keys: list[bytes], first: bytes, last: bytes | None = None
    ) -> list[object]:
        """How values changed from one block to a descendant of it, both included."""
        ensure_at_most(KEYS_MAX, keys, "keys")
        found: list[object] = []
        before: dict[bytes, str | None] = {}
        for block_hash in _find_path(self._client, first, last):
            backend = get_state(self._client, block_hash)[1]
            values = {key: _read(backend, key) for key in keys}
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
        ensure_at_most(KEYS_MAX, keys, "keys")
        await subscriber.accept()  # without keys there is nothing to send that would do it
        before: dict[bytes, str | None] = {}
        async for head in self._client.best.changes():
            backend = self._client.state_at(head.hash)
            values = {key: _read(backend, key) for key in keys}
            changes = [each for each in values.items() if before.get(each[0], "") != each[1]]
            before = values
            if changes:
                await subscriber.send(_make_changes(head.hash, changes))

    @rpc("state_getReadProof", safe=True)
    def get_read_proof(self, keys: list[bytes], at: bytes | None = None) -> object:
        """A proof for each key, in their order, of its value or of its absence under the root.

        Proofs are made from the last final block on; their form is in `docs/spec/state.md`.
        """
        ensure_at_most(KEYS_MAX, keys, "keys")
        block_hash, _ = get_state(self._client, at)
        block = self._client.get_open_block(block_hash)
        if block is None:
            oldest = self._client.finalised.value.number
            text = f"Client error: proofs are made from the last final block on, #{oldest}"
            raise RpcError(CLIENT_ERROR, text)
        proofs = [to_hex(encode_proof(prove(block.tree, key))) for key in keys]
        return {"at": to_hex(block_hash), "proof": proofs}

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
        return call_runtime(self._client, name, data, get_state(self._client, at)[1])


def call_runtime(client: Client, name: str, data: bytes, backend: Backend) -> str:
    """The encoded answer of a runtime API's method in hex; clients match the error's text."""
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
    if after is not None and after >= prefix:
        at = after
    else:
        at = prefix
        if backend.get(prefix) is not None:
            yield prefix
    while True:
        following = backend.next_key(at)
        if following is None or not following.startswith(prefix):
            return
        yield following
        at = following


def _find_path(client: Client, first: bytes, last: bytes | None) -> list[Hash]:
    """The blocks from one to its descendant, both included."""
    begin, at = get_state(client, first)[0], get_state(client, last)[0]
    path = [at]
    while at != begin:
        header = client.get_header(at)
        if header is None or header.number == 0 or len(path) >= QUERY_BLOCKS_MAX:
            text = f"expected a descendant at most {QUERY_BLOCKS_MAX - 1} blocks later"
            raise RpcError(CLIENT_ERROR, f"Client error: {text}")
        at = header.parent_hash
        path.append(at)
    return path[::-1]


def _read(backend: Backend, key: bytes) -> str | None:
    value = backend.get(key)
    return None if value is None else to_hex(value)


def _make_changes(block_hash: bytes, changes: list[tuple[bytes, str | None]]) -> object:
    return {"block": to_hex(block_hash), "changes": [[to_hex(k), v] for k, v in changes]}
