"""`work_*` for external miners: templates, shares, and notice of blocks that make work stale."""

from typing import Annotated, Final, Literal

import msgspec

from chain.authorship.remote import BadShare, NoWork, RemoteMining, WorkRequest
from chain.authorship.template import make_seeded_summary
from chain.client.client import Client
from chain.miner.shares import NAME_CHARACTERS_MAX
from chain.rpc.jsonrpc import INVALID_PARAMS, RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hex
from chain.rpc.subscriptions import Subscriber
from consensus.params import ConsensusParams
from consensus.pouw.params import SHAPE_RULE, is_shape
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.primitives import AccountId, Root
from runtime.work_summary import REFS_MAX, Lane, RowRef, WorkSummary

NO_WORK: Final = 5_001
BAD_SHARE: Final = 5_002
LaneName = Literal["seeded", "task", "private"]


class RowsJson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of one slot, as the Task lane refers to them."""

    job: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    slot: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    layer: Annotated[int, msgspec.Meta(ge=0, lt=2**8)]
    count: Annotated[int, msgspec.Meta(ge=1, lt=2**32)]


class OperandsJson(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True
):
    """The product of a lane whose operands the miner has: padded shape, and commitments."""

    m: int
    n: int
    k: int
    root_a: str
    root_b: str
    rows: list[RowsJson] = []


class MiningMethods:
    """What an external miner needs of a node."""

    def __init__(
        self,
        client: Client,
        mining: RemoteMining,
        params: ConsensusParams,
        author: AccountId | None,
    ) -> None:
        self._client = client
        self._mining = mining
        self._params = params
        self._author = author

    @rpc("work_getWork")
    async def get_work(
        self,
        worker: str,
        lane: LaneName = "seeded",
        operands: OperandsJson | None = None,
        author: str | None = None,
    ) -> object:
        """A template for one miner: what to search for, and the target of its shares."""
        if not 1 <= len(worker) <= NAME_CHARACTERS_MAX or not worker.isprintable():
            raise _invalid(f"worker: expected a name of 1 to {NAME_CHARACTERS_MAX} characters")
        summary = self._make_summary(Lane[lane.upper()], operands)
        paid = self._get_author(author)
        try:
            given = await self._mining.get_work(WorkRequest(worker, paid, summary))
        except NoWork as error:
            raise RpcError(NO_WORK, "No such work", str(error)) from None
        proposal = given.template.proposal
        seeded = self._params.pow.seeded
        return {
            "job": given.number,
            "preHash": to_hex(proposal.pre_hash),
            "author": encode_ss58(paid),
            "lane": lane,
            "target": hex(proposal.pre_digest.target),
            "shareTarget": hex(given.share_target),
            "seeded": {"m": seeded.m, "n": seeded.n, "k": seeded.k},
            "parentHash": to_hex(proposal.header.parent_hash),
            "number": proposal.header.number,
            "transactions": len(proposal.extrinsics) - 2,
        }

    @rpc("work_submitSeal")
    async def submit_seal(
        self, job: int, worker: str, seal: bytes, witness: bytes | None = None
    ) -> object:
        """A share, which is also a block if it meets the block's target; or that it is stale."""
        try:
            outcome = await self._mining.submit(job, worker, seal, witness)
        except BadShare as error:
            raise RpcError(BAD_SHARE, "Bad share", str(error)) from None
        return outcome.value

    @rpc("work_workers")
    def get_workers(self) -> object:
        """Every external miner with what it has to its name."""
        return [
            {
                "name": worker.name,
                "sinceMs": worker.since_ms,
                "seenMs": worker.seen_ms,
                "shares": worker.shares,
                "stale": worker.stale,
                "rejected": worker.rejected,
                "blocks": worker.blocks,
                "macs": str(worker.macs),
            }
            for worker in self._mining.book.get_all()
        ]

    @rpc("work_subscribeStale", notification="work_stale", unsubscribe=("work_unsubscribeStale",))
    async def subscribe_stale(self, subscriber: Subscriber) -> None:
        """The best block, now and whenever there is another: older templates are stale."""
        async for head in self._client.best.changes():
            await subscriber.send({"number": head.number, "hash": to_hex(head.hash)})

    def _get_author(self, text: str | None) -> AccountId:
        if text is None:
            if self._author is None:
                raise _invalid("author: expected an address, for this node has no author itself")
            return self._author
        try:
            return decode_ss58(text)
        except Ss58Error as error:
            raise _invalid(f"author: {error}") from None

    def _make_summary(self, lane: Lane, operands: OperandsJson | None) -> WorkSummary:
        if lane is Lane.SEEDED:
            if operands is not None:
                raise _invalid("operands: expected none in the seeded lane")
            return make_seeded_summary(self._params)
        if operands is None:
            raise _invalid(f"operands: expected those of the {lane.name.lower()} lane")
        if not is_shape(operands.m, operands.n, operands.k):
            got = (operands.m, operands.n, operands.k)
            raise _invalid(f"operands: expected {SHAPE_RULE}, got {got}")
        if len(operands.rows) > REFS_MAX:
            raise _invalid(f"rows: expected at most {REFS_MAX}, got {len(operands.rows)}")
        rows = tuple(RowRef(each.job, each.slot, each.layer, each.count) for each in operands.rows)
        roots = (_to_root("rootA", operands.root_a), _to_root("rootB", operands.root_b))
        return WorkSummary(lane, operands.m, operands.n, operands.k, *roots, rows)


def _to_root(name: str, text: str) -> Root:
    try:
        return Root(bytes.fromhex(text.removeprefix("0x")))
    except ValueError as error:
        raise _invalid(f"{name}: {error}") from None


def _invalid(why: str) -> RpcError:
    return RpcError(INVALID_PARAMS, "Invalid params", why)
