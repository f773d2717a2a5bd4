"""`chain_*`: headers, bodies, hashes and the streams of heads."""

from chain.client.block import BlockImported, BlocksFinalised
from chain.client.client import Client
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import (
    ensure_at_most,
    header_to_json,
    to_hash,
    to_hex,
)
from chain.rpc.subscriptions import Subscriber
from runtime.header import Header

HASHES_MAX = 1_000


class ChainMethods:
    """Blocks, as older clients read them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("chain_getHeader", safe=True)
    def get_header(self, block_hash: bytes | None = None) -> object:
        """The header of a block, the best one unless named."""
        header = self._get_header(block_hash)
        return None if header is None else header_to_json(header)

    @rpc("chain_getBlock", safe=True)
    def get_block(self, block_hash: bytes | None = None) -> object:
        """Header and extrinsics of a block, the best one unless named."""
        header = self._get_header(block_hash)
        if header is None:
            return None
        body = self._client.get_body(header.compute_hash()) or ()
        extrinsics = [to_hex(each) for each in body]
        block = {"header": header_to_json(header), "extrinsics": extrinsics}
        return {"block": block, "justifications": None}

    @rpc("chain_getBlockHash", aliases=("chain_getHead",), safe=True)
    def get_block_hash(self, number: int | list[int] | None = None) -> object:
        """The hash of a number on the best chain, of the best block, or of a list of numbers."""
        if number is None:
            return to_hex(self._client.best.value.hash)
        if isinstance(number, list):
            ensure_at_most(HASHES_MAX, number, "number")
            return [self._find_hash(each) for each in number]
        return self._find_hash(number)

    @rpc("chain_getFinalizedHead", aliases=("chain_getFinalisedHead",), safe=True)
    def get_finalized_head(self) -> str:
        """The hash of the newest final block."""
        return to_hex(self._client.finalised.value.hash)

    @rpc(
        "chain_subscribeNewHeads",
        aliases=("chain_subscribeNewHead", "subscribe_newHead"),
        unsubscribe=(
            "chain_unsubscribeNewHeads",
            "chain_unsubscribeNewHead",
            "unsubscribe_newHead",
        ),
        notification="chain_newHead",
        safe=True,
    )
    async def subscribe_new_heads(self, subscriber: Subscriber) -> None:
        """The best block's header at once, then each new best one."""
        async for head in self._client.best.changes():
            await subscriber.send(header_to_json(head.header))

    @rpc(
        "chain_subscribeAllHeads",
        unsubscribe=("chain_unsubscribeAllHeads",),
        notification="chain_allHead",
        safe=True,
    )
    async def subscribe_all_heads(self, subscriber: Subscriber) -> None:
        """The best block's header at once, then that of every imported block."""
        with self._client.events.subscribe() as events:
            await subscriber.send(header_to_json(self._client.best.value.header))
            async for event in events:
                if isinstance(event, BlockImported):
                    await subscriber.send(header_to_json(event.head.header))

    @rpc(
        "chain_subscribeFinalizedHeads",
        aliases=("chain_subscribeFinalisedHeads",),
        unsubscribe=("chain_unsubscribeFinalizedHeads", "chain_unsubscribeFinalisedHeads"),
        notification="chain_finalizedHead",
        safe=True,
    )
    async def subscribe_finalized_heads(self, subscriber: Subscriber) -> None:
        """The newest final header at once, then every following one, none skipped."""
        with self._client.events.subscribe() as events:
            await subscriber.send(header_to_json(self._client.finalised.value.header))
            async for event in events:
                if isinstance(event, BlocksFinalised):
                    for head in event.heads:
                        await subscriber.send(header_to_json(head.header))

    def _get_header(self, block_hash: bytes | None) -> Header | None:
        return self._client.get_header(to_hash(block_hash, self._client.best.value.hash))

    def _find_hash(self, number: int) -> str | None:
        found = self._client.get_block_hash(number)
        return None if found is None else to_hex(found)
