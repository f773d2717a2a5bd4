"""`chainHead_v1_*`: the newer clients' view, a stream of blocks that stay readable while pinned."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import trio

from chain.client.block import BlockImported, BlocksFinalised, ChainEvent
from chain.client.client import Client
from chain.errors import StatePruned, UnknownBlock
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import (
    header_to_hex,
    to_hash,
    to_hex,
    version_to_spec,
)
from chain.rpc.namespaces.state_methods import call_runtime
from chain.rpc.namespaces.storage_query import StorageItem, query_storage
from chain.rpc.subscriptions import Subscriber
from chain.worker import Worker
from runtime.primitives import Hash

FOLLOWS_MAX: Final = 2
PINNED_MAX: Final = 512
ITEMS_MAX: Final = 256
"""Questions of one storage operation; the client is told how many more were left out."""

NOT_PINNED: Final = -32_801
DUPLICATE: Final = -32_804
TOO_MANY: Final = -32_800

Json = dict[str, object]
MakeEvents = Callable[[], list[Json]]


@dataclass(slots=True)
class Follow:
    """One follow subscription: what it pinned, and how it is told of results."""

    subscriber: Subscriber
    connection: object
    pinned: set[Hash] = field(default_factory=set[Hash])
    operations: int = 0

    async def send(self, event: str, **fields: object) -> None:
        """One event of the stream."""
        await self.subscriber.send({"event": event, **fields})


class ChainHeadMethods:
    """The chain's head, as newer clients follow it."""

    def __init__(self, client: Client, worker: Worker) -> None:
        self._client = client
        self._worker = worker
        self._storage_reads = trio.CapacityLimiter(1)
        self._follows: dict[str, Follow] = {}

    @rpc(
        "chainHead_v1_follow",
        unsubscribe=("chainHead_v1_unfollow",),
        notification="chainHead_v1_followEvent",
        safe=True,
    )
    async def follow(self, subscriber: Subscriber, with_runtime: bool) -> None:
        """Every block from the newest final one on; each is pinned until it is unpinned."""
        connection = subscriber.connection
        own = [each for each in self._follows.values() if each.connection is connection]
        if len(own) >= FOLLOWS_MAX:
            raise RpcError(TOO_MANY, f"expected at most {FOLLOWS_MAX} follow subscriptions")
        follow = Follow(subscriber, connection)
        self._follows[subscriber.id] = follow
        try:
            await subscriber.accept()
            # Nothing comes between the first look and the events that follow it.
            with self._client.events.subscribe() as events:
                await self._begin(follow, with_runtime)
                async for event in events:
                    await self._tell(follow, event, with_runtime)
                    if len(follow.pinned) > PINNED_MAX:
                        await follow.send("stop")
                        return
        finally:
            del self._follows[subscriber.id]

    async def _begin(self, follow: Follow, with_runtime: bool) -> None:
        client = self._client
        finalised, best = client.finalised.value, client.best.value
        unfinalised = client.get_unfinalised()
        follow.pinned.update((finalised.hash, *(head.hash for head in unfinalised)))
        first: Json = {"finalizedBlockHashes": [to_hex(finalised.hash)]}
        if with_runtime:
            first["finalizedBlockRuntime"] = self._get_runtime()
        await follow.send("initialized", **first)
        for head in unfinalised:
            await self._send_new_block(follow, head.hash, head.header.parent_hash, with_runtime)
        await follow.send("bestBlockChanged", bestBlockHash=to_hex(best.hash))

    async def _tell(self, follow: Follow, event: ChainEvent, with_runtime: bool) -> None:
        match event:
            case BlockImported(head, is_best):
                if head.hash not in follow.pinned:
                    follow.pinned.add(head.hash)
                    parent = head.header.parent_hash
                    await self._send_new_block(follow, head.hash, parent, with_runtime)
                if is_best:
                    await follow.send("bestBlockChanged", bestBlockHash=to_hex(head.hash))
            case BlocksFinalised(heads, pruned):
                await follow.send(
                    "finalized",
                    finalizedBlockHashes=[to_hex(head.hash) for head in heads],
                    prunedBlockHashes=[to_hex(each) for each in pruned],
                )

    async def _send_new_block(
        self,
        follow: Follow,
        block_hash: Hash,
        parent: Hash,
        with_runtime: bool,
    ) -> None:
        block: Json = {"blockHash": to_hex(block_hash), "parentBlockHash": to_hex(parent)}
        if with_runtime:
            block["newRuntime"] = None
        await follow.send("newBlock", **block)

    def _get_runtime(self) -> Json:
        return {"type": "valid", "spec": version_to_spec(self._client.api.version)}

    # --- reads on pinned blocks

    @rpc("chainHead_v1_header", safe=True)
    def get_header(self, follow_id: str, block_hash: bytes) -> str | None:
        """The SCALE header of a pinned block."""
        if follow_id not in self._follows:
            return None
        pinned = self._ensure_pinned(follow_id, block_hash)
        header = self._client.get_header(pinned)
        return None if header is None else header_to_hex(header)

    @rpc("chainHead_v1_body", safe=True)
    async def get_body(self, follow_id: str, block_hash: bytes) -> Json:
        """Begins to send the extrinsics of a pinned block."""
        pinned = self._ensure_pinned(follow_id, block_hash)

        def make() -> list[Json]:
            body = self._client.get_body(pinned) or ()
            return [{"event": "operationBodyDone", "value": [to_hex(each) for each in body]}]

        return await self._operate(follow_id, make)

    @rpc("chainHead_v1_call", safe=True)
    async def call(self, follow_id: str, block_hash: bytes, function: str, data: bytes) -> Json:
        """Begins to call a runtime API on a pinned block."""
        pinned = self._ensure_pinned(follow_id, block_hash)

        def make() -> list[Json]:
            backend = self._client.state_at(pinned)
            output = call_runtime(self._client, function, data, backend)
            return [{"event": "operationCallDone", "output": output}]

        return await self._operate(follow_id, make)

    @rpc("chainHead_v1_storage", safe=True)
    async def get_storage(
        self,
        follow_id: str,
        block_hash: bytes,
        items: list[StorageItem],
        child_trie: str | None = None,
    ) -> Json:
        """Begins to read storage of a pinned block."""
        del child_trie  # this chain has none
        pinned = self._ensure_pinned(follow_id, block_hash)

        taken = items[:ITEMS_MAX]

        def make() -> list[Json]:
            found = query_storage(self._client.state_at(pinned), taken)
            events: list[Json] = [{"event": "operationStorageItems", "items": found}]
            return [*(events if found else []), {"event": "operationStorageDone"}]

        started = await self._operate(follow_id, make, self._read_in_worker)
        if started["result"] == "started":
            started["discardedItems"] = len(items) - len(taken)
        return started

    @rpc("chainHead_v1_unpin", safe=True)
    def unpin(self, follow_id: str, block_hashes: bytes | list[bytes]) -> None:
        """Lets go of pinned blocks."""
        follow = self._follows.get(follow_id)
        if follow is None:
            return
        hashes = block_hashes if isinstance(block_hashes, list) else [block_hashes]
        named = [to_hash(each, Hash.zero()) for each in hashes]
        if len(set(named)) < len(named):
            raise RpcError(DUPLICATE, "expected each block once")
        for each in named:
            self._ensure_pinned(follow_id, each)
        follow.pinned.difference_update(named)

    @rpc("chainHead_v1_stopOperation", safe=True)
    def stop_operation(self, follow_id: str, operation_id: str) -> None:
        """Operations end at once here: nothing is left to stop."""
        del follow_id, operation_id

    @rpc("chainHead_v1_continue", safe=True)
    def continue_operation(self, follow_id: str, operation_id: str) -> None:
        """Operations never pause here: nothing is left to continue."""
        raise RpcError(-32_803, f"{follow_id}: operation {operation_id} does not wait")

    def _ensure_pinned(self, follow_id: str, block_hash: bytes) -> Hash:
        follow = self._follows.get(follow_id)
        named = to_hash(block_hash, Hash.zero())
        if follow is not None and named not in follow.pinned:
            raise RpcError(NOT_PINNED, f"block {to_hex(named)} is not pinned")
        return named

    async def _read_in_worker(self, make: MakeEvents) -> list[Json]:
        """Reads what may be a large part of the state: one at a time, beside the event loop."""
        async with self._storage_reads:
            return await self._worker.run(make)

    async def _operate(
        self,
        follow_id: str,
        make: MakeEvents,
        run: Callable[[MakeEvents], Awaitable[list[Json]]] | None = None,
    ) -> Json:
        """Runs an operation; its result follows as events, after the answer."""
        follow = self._follows.get(follow_id)
        if follow is None:
            return {"result": "limitReached"}
        follow.operations += 1
        operation_id = str(follow.operations)
        try:
            events = make() if run is None else await run(make)
        except RpcError as error:
            events = [{"event": "operationError", "error": error.message}]
        except (StatePruned, UnknownBlock):
            # Pinning keeps no state: a block on a dead fork, or far behind, has none.
            events = [{"event": "operationInaccessible"}]
        for event in events:
            follow.subscriber.send_later({**event, "operationId": operation_id})
        return {"result": "started", "operationId": operation_id}
