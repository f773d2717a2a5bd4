"""An external miner: takes work from a node over its RPC, searches here, submits what it finds.

One connection tells of stale work, the other carries work and shares.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
import trio

from chain.errors import NodeError
from chain.miner.device import Device
from chain.miner.pace import Pace, search_while
from chain.miner.search import Found, Search, SearchWork, SeededRun
from chain.miner.statistics import MinerStatistics
from chain.wallet.connect import NodeUrl
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent, NodeUnreachable, RpcRefused
from chain.wallet.rpc import RpcClient, RpcTimeouts, convert, open_rpc
from chain.wallet.web_socket import WebSocketCaller, open_web_socket
from chain.watch import Watch
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import MatrixWork
from consensus.pouw.witness import WITNESS
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.primitives import Hash
from runtime.tensor.commitment import matrix_root
from runtime.work_summary import Lane

RETRY_S: Final = 2
NO_WORK: Final = 5_001
"""The code of a refusal that another block may end."""

LOST: Final = (ConnectionLost, NodeSilent, NodeUnreachable)


class ShapeAnswer(msgspec.Struct, frozen=True):
    """The shape of the Seeded lane."""

    m: int
    n: int
    k: int


class WorkAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What `work_getWork` gives."""

    job: int
    pre_hash: str
    author: str
    target: str
    share_target: str
    seeded: ShapeAnswer
    parent_hash: str
    number: int


class StaleNotice(msgspec.Struct, frozen=True):
    """The node's best block."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """The product of a miner's own, padded: the Private lane."""

    work: MatrixWork

    def describe(self) -> dict[str, object]:
        """As `work_getWork` takes it."""
        a, bt = self.work.a, self.work.bt
        return {
            "m": len(a),
            "n": len(bt),
            "k": int(a.shape[1]),
            "rootA": f"0x{matrix_root(a).hex()}",
            "rootB": f"0x{matrix_root(bt).hex()}",
        }


@dataclass(frozen=True, slots=True)
class MinerOptions:
    """How an external miner works."""

    url: NodeUrl
    worker: str
    author: str | None
    operands: Operands | None
    first_nonce: int
    """Where this miner's nonces begin; no two miners of one author share any."""


@dataclass(slots=True)
class ShareCounts:
    """What the node said to this miner's shares."""

    share: int = 0
    block: int = 0
    stale: int = 0
    refused: int = 0


@dataclass(slots=True)
class ExternalMiner:
    """The state of one external miner, for whoever shows it."""

    options: MinerOptions
    device: Device
    statistics: MinerStatistics
    on_event: Callable[[str], None]
    """Told in words what happens."""

    counts: ShareCounts = field(default_factory=ShareCounts)
    nonce: int = 0
    pace: Pace = field(default_factory=Pace)

    async def run(self) -> None:
        """Mines until it is cancelled; a lost connection is opened again."""
        self.nonce = self.options.first_nonce
        while True:
            try:
                await self._run_connected()
            except LOST as error:
                self.on_event(str(error))
                await trio.sleep(RETRY_S)

    async def _run_connected(self) -> None:
        url, timeouts = self.options.url.over_web_socket(), RpcTimeouts()
        async with (
            open_web_socket(url, timeouts.connect_s, timeouts.request_s) as news,
            open_rpc(url, timeouts) as rpc,
        ):
            raw = await news.call("work_subscribeStale", ())
            subscription = convert(raw, str, "work_subscribeStale")
            first = await self._wait_notice(news, subscription)
            best = Watch(first.hash)
            lost: list[NodeError] = []
            async with trio.open_nursery() as nursery:

                async def guard(service: Awaitable[None]) -> None:
                    try:
                        await service
                    except NodeError as error:
                        lost.append(error)
                        nursery.cancel_scope.cancel()

                nursery.start_soon(guard, self._follow(news, subscription, best))
                nursery.start_soon(guard, self._mine(rpc, best))
            if lost:
                raise lost[0]

    async def _follow(self, news: WebSocketCaller, subscription: str, best: Watch[str]) -> None:
        while True:
            best.set((await self._wait_notice(news, subscription)).hash)

    @staticmethod
    async def _wait_notice(news: WebSocketCaller, subscription: str) -> StaleNotice:
        raw = await news.wait_news(subscription)
        return convert(raw, StaleNotice, "work_stale")

    async def _mine(self, rpc: RpcClient, best: Watch[str]) -> None:
        operands = self.options.operands
        lane = "seeded" if operands is None else "private"
        described = None if operands is None else operands.describe()
        while True:
            try:
                work = await rpc.call(
                    WorkAnswer,
                    "work_getWork",
                    self.options.worker,
                    lane,
                    described,
                    self.options.author,
                )
            except RpcRefused as error:
                if error.code != NO_WORK:
                    raise
                self.on_event(str(error))
                await trio.sleep(RETRY_S)
                continue
            found = await self._search(to_search(work, self._get_work()), work.parent_hash, best)
            if found.seal is not None:
                await self._submit(rpc, work.job, found)

    def _get_work(self) -> SearchWork:
        operands = self.options.operands
        return SeededRun(self.nonce, self.pace.products) if operands is None else operands.work

    async def _search(self, search: Search, parent_hash: str, best: Watch[str]) -> Found:
        begun_s = trio.current_time()
        found = await search_while(self.device, search, best, lambda each: each == parent_hash)
        lane = Lane.SEEDED
        if isinstance(search.work, SeededRun):
            self.nonce += search.work.count
            self.pace.note(found.products, trio.current_time() - begun_s)
        else:
            lane = search.work.lane
        self.statistics.note_found(found, lane)
        if found.seal is not None or best.value != parent_hash:
            self.statistics.note_search(is_stale=found.seal is None)
        return found

    async def _submit(self, rpc: RpcClient, job: int, found: Found) -> None:
        try:
            outcome = await submit_seal(rpc, job, self.options.worker, found)
        except RpcRefused as error:
            self.counts.refused += 1
            self.on_event(str(error))
            return
        match outcome:
            case "block":
                self.counts.block += 1
                self.counts.share += 1
            case "stale":
                self.counts.stale += 1
            case _:
                self.counts.share += 1


async def submit_seal(rpc: RpcClient, job: int, worker: str, found: Found) -> str:
    """What became of a seal: `share`, `block` or `stale`. Errors: RpcRefused and what is LOST."""
    assert found.seal is not None, "asked for a seal; qed"
    witness = None if found.witness is None else f"0x{WITNESS.encode(found.witness).hex()}"
    seal = f"0x{SEAL.encode(found.seal).hex()}"
    return await rpc.call(str, "work_submitSeal", job, worker, seal, witness)


def to_search(work: WorkAnswer, what: SearchWork, *, is_for_share: bool = True) -> Search:
    """A node's template as a search for a share, or for a whole block. Errors: BadAnswer."""
    try:
        return Search(
            Hash(bytes.fromhex(work.pre_hash.removeprefix("0x"))),
            decode_ss58(work.author),
            int(work.share_target if is_for_share else work.target, 16),
            PowParams(SeededShape(work.seeded.m, work.seeded.n, work.seeded.k)),
            what,
        )
    except (ValueError, Ss58Error) as error:
        raise BadAnswer("work_getWork", str(error)) from error
