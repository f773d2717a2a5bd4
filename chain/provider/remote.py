"""A provider beside a node: the chain over RPC, and products on a device of its own."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import trio

from chain.authorship.work import (
    PreparedTask,
    TaskProduct,
    is_minable,
    multiply_plainly,
    prepare_task,
)
from chain.keystore import KeyPair
from chain.miner.device import Device
from chain.miner.external import NO_WORK, WorkAnswer, submit_seal, to_search
from chain.miner.search import make_bare_search
from chain.miner.statistics import MinerStatistics
from chain.provider.access import CallRefused, Tip
from chain.wallet.chain_reader import ChainReader, to_hex
from chain.wallet.errors import RpcRefused
from chain.wallet.rpc import RpcClient
from chain.wallet.transaction import make_call, sign_call
from chain.watch import Watch
from chain.worker import Worker
from consensus.pouw.solve import MatrixWork
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId, Hash
from runtime.work_summary import WorkSummary

T = TypeVar("T")
log = logging.getLogger(__name__)


class Block(NamedTuple):
    """A best block."""

    number: int
    hash: Hash


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """The chain behind a node; used by one task at a time."""

    chain: ChainReader
    pair: KeyPair
    tips: Watch[Block]
    sending: trio.Lock
    """Held while a nonce is asked for and used; one for all that sign with the key."""

    @property
    def genesis_hash(self) -> Hash:
        """Of the node's chain."""
        return self.chain.genesis_hash

    @property
    def account(self) -> AccountId:
        """That of the key that signs."""
        return self.pair.account

    @property
    def best(self) -> Tip:
        """The latest that the node told."""
        return self.tips.value

    def follow(self) -> AsyncIterator[Tip]:
        """What the node tells."""
        return self.tips.changes()

    async def read(self, reading: Callable[[Runtime], T], at: Hash) -> T:
        """Reads in a thread, which asks the node for one entry after the other."""
        return await self.chain.read(reading, at)

    async def send(self, pallet: str, name: str, *args: object) -> None:
        """Signs here, submits there. Errors: CallRefused."""
        call = _make_call(self.chain.runtime, pallet, name, args)
        async with self.sending:
            try:
                transaction = await sign_call(self.chain, self.pair, call)
                await self.chain.rpc.call(str, "author_submitExtrinsic", to_hex(transaction.raw))
            except RpcRefused as error:
                raise CallRefused(str(error)) from error

    async def wait_until_settled(self) -> None:
        """Until the node's pool has nothing more of this account.

        What an earlier run sent is then in the state, and is not sent again.
        """
        address = encode_ss58(self.account)
        async for tip in self.tips.changes():
            following = await self.chain.rpc.call(int, "system_accountNextIndex", address)
            nonce = await self.read(
                lambda runtime: runtime.system.get_nonce(self.account), tip.hash
            )
            if following <= nonce:
                return


def _make_call(runtime: Runtime, pallet: str, name: str, args: tuple[object, ...]) -> Call:
    found = next(each for each in runtime.pallets if each.spec.name == pallet)
    return make_call(getattr(found, name), *args)


@dataclass(slots=True)
class RemoteProducts:
    """Computes products on a device; a node gives templates, so that they may seal its blocks."""

    rpc: RpcClient
    name: str
    """What the node calls this miner."""

    author: AccountId
    device: Device
    worker: Worker
    statistics: MinerStatistics
    is_mining: bool = field(default=True)
    """Whether the node gives templates; without them a product is just a product."""

    async def multiply(self, task: TaskProduct) -> None:
        """Fills in the product; with luck, it seals a block on the way."""
        try:
            prepared = await self.worker.run(lambda: prepare_task(task))
            if is_minable(prepared):
                await self._search(task, prepared)
            else:
                task.product = await self.worker.run(lambda: multiply_plainly(prepared, task))
        finally:
            task.done.set()

    async def _search(self, task: TaskProduct, prepared: PreparedTask) -> None:
        template = await self._get_work(prepared.summary)
        work = MatrixWork(task.lane, prepared.a, prepared.bt)
        search = make_bare_search(work)
        if template is not None:
            search = to_search(template, work, is_for_share=False)
        found = await self.device.search(search, trio.Event())
        self.statistics.note_found(found, task.lane)
        assert found.product is not None, "given operands are multiplied to the end; qed"
        task.product = found.product[: len(task.a), : len(task.bt)]
        if template is not None and found.seal is not None:
            with suppress(RpcRefused):
                outcome = await submit_seal(self.rpc, template.job, self.name, found)
                task.has_sealed = outcome == "block"

    async def _get_work(self, summary: WorkSummary) -> WorkAnswer | None:
        """A template for the product; None where the node gives none."""
        if not self.is_mining:
            return None
        described, lane = _describe(summary), summary.lane.name.lower()
        author = encode_ss58(self.author)
        try:
            return await self.rpc.call(
                WorkAnswer, "work_getWork", self.name, lane, described, author
            )
        except RpcRefused as error:
            if error.code != NO_WORK:
                self.is_mining = False
                log.warning("paid products seal no blocks here", extra={"why": str(error)})
            return None


def _describe(summary: WorkSummary) -> dict[str, object]:
    """A product as `work_getWork` takes it."""
    return {
        "m": summary.m,
        "n": summary.n,
        "k": summary.k,
        "rootA": to_hex(summary.root_a),
        "rootB": to_hex(summary.root_b),
        "rows": [
            {"job": each.job, "slot": each.slot, "layer": each.layer, "count": each.count}
            for each in summary.rows
        ],
    }
