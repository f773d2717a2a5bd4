"""A provider's services beside a node, through lost connections and to an orderly stop.

Nothing of a duty is kept here: what is locked, leased and audited is read from the chain at every
block, so that a run which is killed leaves the next one all that it needs. Only briefs that are
being answered go on while a connection is lost.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import trio

from chain.blobs import BlobStore
from chain.blobs.fetcher import Fetcher
from chain.errors import NodeError
from chain.keystore import KeyPair
from chain.miner.device import Device
from chain.miner.external import ExternalMiner, MinerOptions
from chain.miner.statistics import MinerStatistics
from chain.provider.commissions import Answering
from chain.provider.earnings import claim_earnings
from chain.provider.operands import OperandKeeper, keep_operands
from chain.provider.plan import Choice
from chain.provider.remote import Block, RemoteAccess, RemoteProducts
from chain.provider.results import ResultKeeper, keep_results
from chain.provider.service import Provider, ProviderStatistics, provide
from chain.provider.storage import StorageKeeper, StorageStatistics, keep_storage
from chain.wallet.chain_reader import ChainReader, to_header
from chain.wallet.connect import NodeUrl
from chain.wallet.errors import ConnectionLost, NodeSilent, NodeUnreachable, RpcRefused
from chain.wallet.json_types import HeaderJson
from chain.wallet.rpc import RpcTimeouts, convert, open_rpc
from chain.wallet.web_socket import WebSocketCaller, open_web_socket
from chain.watch import Watch
from chain.worker import Worker
from runtime.host import Host, ReferenceHost

log = logging.getLogger(__name__)

RETRY_S: Final = 2
LOST: Final = (ConnectionLost, NodeSilent, NodeUnreachable, RpcRefused)
"""What another connection may mend: a refused reading is of a block that the node has dropped."""

HEADS: Final = "chain_subscribeNewHeads"


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    """How a daemon works."""

    url: NodeUrl
    name: str
    """What the node calls it."""

    choice: Choice
    mines_idle: bool
    """Whether the device mines the Seeded lane while nobody pays."""

    first_nonce: int
    accepts_machines: bool = False
    """Whether leases of the account's machines are accepted at once."""

    timeouts: RpcTimeouts = field(default_factory=RpcTimeouts)


@dataclass(slots=True)
class ProviderDaemon:
    """The state of one daemon, for whoever shows and stops it."""

    options: DaemonOptions
    pair: KeyPair
    device: Device
    store: BlobStore
    fetcher: Fetcher
    """Brings the bytes of leases into the store."""

    worker: Worker
    mining: MinerStatistics
    providing: ProviderStatistics = field(default_factory=ProviderStatistics)
    keeping: StorageStatistics = field(default_factory=StorageStatistics)
    stopping: trio.Event = field(default_factory=trio.Event)
    host: Host = field(default_factory=ReferenceHost)
    """What programs are run by."""

    tips: Watch[Block] | None = None
    """The node's best blocks; None before the first connection."""

    def stop(self) -> None:
        """Has it end when nothing is locked any more."""
        self.stopping.set()
        if self.tips is not None:
            self.tips.set(self.tips.value)  # another round, though there is no other block

    async def run(self) -> None:
        """Provides until it is stopped or cancelled; a lost connection is opened again."""
        async with trio.open_nursery() as programs:
            answering = Answering(programs)
            while True:
                try:
                    await self._run_connected(answering)
                except LOST as error:
                    log.warning("the node is lost; trying again", extra={"why": str(error)})
                    await trio.sleep(RETRY_S)
                else:
                    programs.cancel_scope.cancel()
                    return

    async def _run_connected(self, answering: Answering) -> None:
        timeouts = self.options.timeouts
        news_url = self.options.url.over_web_socket()
        keepers = (self._keep, self._show, self._bring, claim_earnings)
        async with AsyncExitStack() as stack:
            news = await stack.enter_async_context(
                open_web_socket(news_url, timeouts.connect_s, timeouts.request_s)
            )
            raw = await news.call(HEADS, ())
            subscription = convert(raw, str, HEADS)
            tips = self.tips = Watch(await _wait_head(news, subscription))
            sending = trio.Lock()

            async def open_access() -> RemoteAccess:
                chain = await stack.enter_async_context(self._open_chain())
                return RemoteAccess(chain, self.pair, tips, sending)

            access = await open_access()
            keeping = [(keep, await open_access()) for keep in keepers]
            lost: list[NodeError] = []
            async with trio.open_nursery() as nursery:

                async def guard(service: Awaitable[None]) -> None:
                    try:
                        await service
                    except* NodeError as group:
                        lost.append(_get_first(group))
                        nursery.cancel_scope.cancel()

                async def serve() -> None:
                    await access.wait_until_settled()
                    for keep, each in keeping:
                        nursery.start_soon(guard, keep(each))
                    await self._provide(access, answering)
                    nursery.cancel_scope.cancel()

                nursery.start_soon(guard, _follow(news, subscription, tips))
                nursery.start_soon(guard, serve())
                nursery.start_soon(self.fetcher.run)
                if self.options.mines_idle:
                    nursery.start_soon(guard, self._make_miner().run())
            if lost:
                raise lost[0]

    async def _provide(self, access: RemoteAccess, answering: Answering) -> None:
        log.info("providing", extra={"account": self.pair.address, "node": str(self.options.url)})
        products = RemoteProducts(
            access.chain.rpc,
            self.options.name,
            self.pair.account,
            self.device,
            self.worker,
            self.mining,
        )
        provider = Provider(
            access,
            products.multiply,
            self.worker,
            self.providing,
            self.options.choice,
            self.stopping,
            self.store,
            answering=answering,
        )
        await provide(provider)

    async def _keep(self, access: RemoteAccess) -> None:
        keeper = StorageKeeper(
            access,
            self.store,
            self.worker,
            self.keeping,
            accepts_machines=self.options.accepts_machines,
            fetcher=self.fetcher,
        )
        await keep_storage(keeper)

    async def _show(self, access: RemoteAccess) -> None:
        await keep_results(ResultKeeper(access, self.store, self.worker))

    async def _bring(self, access: RemoteAccess) -> None:
        await keep_operands(OperandKeeper(access, self.store, self.fetcher.sources))

    def _make_miner(self) -> ExternalMiner:
        options = MinerOptions(
            self.options.url,
            self.options.name,
            self.pair.address,
            None,
            self.options.first_nonce,
        )
        return ExternalMiner(options, self.device, self.mining, log.info)

    @asynccontextmanager
    async def _open_chain(self) -> AsyncGenerator[ChainReader]:
        async with open_rpc(self.options.url, self.options.timeouts) as rpc:
            yield await ChainReader.connect(rpc, self.host)


def _get_first(group: BaseExceptionGroup[NodeError]) -> NodeError:
    first = group.exceptions[0]
    return _get_first(first) if isinstance(first, BaseExceptionGroup) else first


async def _follow(news: WebSocketCaller, subscription: str, tips: Watch[Block]) -> None:
    while True:
        tips.set(await _wait_head(news, subscription))


async def _wait_head(news: WebSocketCaller, subscription: str) -> Block:
    raw = await news.wait_news(subscription)
    header = to_header(convert(raw, HeaderJson, "chain_newHead"))
    return Block(header.number, header.compute_hash())
