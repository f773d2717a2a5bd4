"""A whole node in one process: every service, virtual time, work done inline, tiny difficulty.

`run_seeded` (tests/helpers/scheduler.py) makes a run repeat itself. Blocks made by hand come from
`BlockMaker`, transactions from `Wallet`.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import trio

from chain.authorship.proposer import Proposal, ProposalInput, propose
from chain.client.block import BlockOrigin, Head, Imported, ImportResult, IncomingBlock
from chain.client.client import HEADER, Client
from chain.client.host import Ahead, CachingHost
from chain.client.importer import submit_block
from chain.clock import WallClock
from chain.config import AuthoringConfig, Config, PoolConfig, RpcConfig
from chain.db.blocks import BlockRecord
from chain.db.database import Database
from chain.db.database import Genesis as StoredGenesis
from chain.db.memory import MemoryStore
from chain.db.store import KeyValueStore
from chain.keystore import KeyPair
from chain.miner.open import OpenDevice, open_thread_device
from chain.node import Keys, Node, make_client, run_services
from chain.txpool.transaction import PoolTransaction
from chain.worker import InlineWorker, Worker
from consensus.difficulty import DifficultyParams
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.params import ConsensusParams
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import MatrixWork, SeededWork, solve
from consensus.pouw.witness import WITNESS
from genesis.build import build_genesis
from genesis.spec import ChainSpec, load_preset
from runtime.address import Id
from runtime.crypto.derivation import derive_uri
from runtime.crypto.scheme import Scheme
from runtime.era import Era
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import encode_signed
from runtime.frame import Call
from runtime.header import Digest, Header, Seal
from runtime.pre_digest import ENGINE, get_pre_digest
from runtime.primitives import AccountId, Hash, Root
from runtime.work_summary import Lane, WorkSummary
from tests.helpers.clock import START_MS, SimulatedClock

SHAPE: Final = SeededShape(32, 32, 64)
WORK_MIN: Final = 65_800
"""MACs a block; one product has 65,536, so nearly every ticket wins, but not the worst."""

SPACING_MS: Final = 2_000
_TARGET: Final = (1 << 256) // WORK_MIN - 1
CONSENSUS: Final = ConsensusParams(
    PowParams(SHAPE), DifficultyParams(SPACING_MS, 600_000, 20_000, _TARGET, _TARGET)
)


def make_pair(uri: str) -> KeyPair:
    """The ed25519 key of a development account."""
    return KeyPair.of_secret(Scheme.ED25519, derive_uri(uri, Scheme.ED25519))


IMMORTAL: Final = Era()
ALICE, BOB, CHARLIE, DAVE = map(make_pair, ("//Alice", "//Bob", "//Charlie", "//Dave"))


def make_spec() -> ChainSpec:
    """The development chain at a difficulty that one small product meets."""
    return replace(load_preset("dev"), consensus=CONSENSUS)


def make_config(pool: PoolConfig | None = None) -> Config:
    """A node that listens on any free port."""
    return Config(
        rpc=RpcConfig(port=0),
        authoring=AuthoringConfig(backend="numpy"),
        pool=PoolConfig() if pool is None else pool,
    )


def open_client(
    store: KeyValueStore | None = None, spec: ChainSpec | None = None, ahead: Ahead | None = None
) -> Client:
    """The chain over a store, a new one in memory unless given."""
    spec = make_spec() if spec is None else spec
    host = CachingHost(ahead=ahead)
    genesis = build_genesis(spec, host)
    block = BlockRecord(
        0, genesis.hash, genesis.header.parent_hash, HEADER.encode(genesis.header), ()
    )
    stored = StoredGenesis(block, genesis.state)
    return make_client(Database(store or MemoryStore(), stored), spec, host)


@asynccontextmanager
async def run_stage(
    client: Client,
    keys: Keys | None = None,
    *,
    clock: WallClock | None = None,
    worker: Worker | None = None,
    config: Config | None = None,
    open_device: OpenDevice = open_thread_device,
) -> AsyncGenerator[Node]:
    """A running node over a chain; it is stopped in order at the end."""
    async with trio.open_nursery() as nursery:

        async def serve(*, task_status: trio.TaskStatus[Node]) -> None:
            await run_services(
                client,
                make_spec(),
                make_config() if config is None else config,
                Keys() if keys is None else keys,
                worker=InlineWorker() if worker is None else worker,
                clock=SimulatedClock() if clock is None else clock,
                open_device=open_device,
                task_status=task_status,
            )

        node = await nursery.start(serve)
        yield node
        nursery.cancel_scope.cancel()


async def wait_for_block(client: Client, number: int, limit_s: float = 600) -> None:
    """Until the best block has at least this number, for so much virtual time."""
    with trio.fail_after(limit_s):
        async for head in client.best.changes():
            if head.number >= number:
                return


async def wait_until_followed(node: Node) -> None:
    """Until the pool knows of the best block."""
    async for followed in node.pool.followed.changes():
        if followed == node.client.best.value.hash:
            return


@dataclass(frozen=True, slots=True)
class Wallet:
    """Signs for one chain as a client would."""

    client: Client

    def make_call(self, pallet: str, name: str, *args: object) -> Call:
        """A call by its names."""
        return self.client.api.make_call(pallet, name, *args)

    def sign(
        self,
        pair: KeyPair,
        call: Call,
        nonce: int,
        *,
        tip: int = 0,
        era: Era = IMMORTAL,
        genesis_hash: Hash | None = None,
        spec_version: int | None = None,
    ) -> bytes:
        """A signed transaction; of another chain or version if one is given."""
        api, extra = self.client.api, SignedExtra(era, nonce, tip)
        encoded = api.calls.encode(call)
        birth_hash = self.client.genesis_hash
        if not era.is_immortal:
            best = self.client.best.value.number
            birth_hash = self.client.get_block_hash(era.compute_birth(best)) or birth_hash
        signing = SigningContext(
            api.version.spec_version if spec_version is None else spec_version,
            api.version.transaction_version,
            self.client.genesis_hash if genesis_hash is None else genesis_hash,
            birth_hash,
        )
        payload = compute_signing_payload(encoded + encode_extra(extra), signing)
        return encode_signed(pair.account, pair.sign(payload), extra, encoded)

    def transfer(
        self, pair: KeyPair, dest: AccountId, amount: int, nonce: int, *, tip: int = 0
    ) -> bytes:
        """A signed transfer that keeps the sender alive."""
        call = self.make_call("Balances", "transfer_keep_alive", Id(dest), amount)
        return self.sign(pair, call, nonce, tip=tip)


@dataclass(frozen=True, slots=True)
class BlockMaker:
    """Makes whole blocks on any open block, as another node's author would."""

    client: Client
    author: AccountId = ALICE.account

    def make(
        self,
        parent: Hash | None = None,
        transactions: Iterable[bytes] = (),
        *,
        now_ms: int = 0,
        author: AccountId | None = None,
    ) -> IncomingBlock:
        """A valid block sealed by a seeded product; at the earliest time unless told otherwise."""
        summary = WorkSummary(Lane.SEEDED, SHAPE.m, SHAPE.n, SHAPE.k, Root.zero(), Root.zero())
        proposal = self.propose(parent, transactions, summary, now_ms, author)
        return self.seal(proposal, SeededWork(0), author)

    def propose(
        self,
        parent: Hash | None,
        transactions: Iterable[bytes],
        summary: WorkSummary,
        now_ms: int = 0,
        author: AccountId | None = None,
    ) -> Proposal:
        """A block up to its seal."""
        client = self.client
        on = client.get_open_block(client.best.value.hash if parent is None else parent)
        assert on is not None, "blocks are made on open blocks; qed"
        given = ProposalInput(
            on,
            client.get_pre_digest(on.head.hash),
            client.get_pre_digest(on.head.header.parent_hash),
            self.author if author is None else author,
            now_ms or self._get_due_ms(on.head),
            summary,
            tuple(self._enter(raw) for raw in transactions),
        )
        return propose(client.api, CONSENSUS.difficulty, given)

    @staticmethod
    def _get_due_ms(parent: Head) -> int:
        """When the chain's schedule wants the child of a block."""
        pre_digest = get_pre_digest(parent.header.digest)
        return START_MS if pre_digest is None else pre_digest.time_ms + SPACING_MS

    def _enter(self, raw: bytes) -> PoolTransaction:
        extrinsic = self.client.api.decode(raw)
        assert extrinsic.signer is not None, "inherents are the author's; qed"
        sender, nonce = extrinsic.signer.get_account(), extrinsic.signer.extra.nonce
        return PoolTransaction(extrinsic, sender, nonce, 0, 0, 1 << 32)

    def seal(
        self,
        proposal: Proposal,
        work: SeededWork | MatrixWork,
        author: AccountId | None = None,
        header: Header | None = None,
    ) -> IncomingBlock:
        """The proposal, or another header over it, with the seal of a product that wins."""
        header = proposal.header if header is None else header
        who, target = self.author if author is None else author, proposal.pre_digest.target
        result = solve(header.compute_hash(), who, work, target, CONSENSUS.pow, NumpyBackend())
        if result.seal is None:
            assert isinstance(work, SeededWork), "four tickets of other lanes do not all lose; qed"
            return self.seal(proposal, SeededWork(work.nonce + 1), author, header)
        witness = None if result.witness is None else WITNESS.encode(result.witness)
        item = Seal(ENGINE, SEAL.encode(result.seal))
        sealed = replace(header, digest=Digest((*header.digest.logs, item)))
        return IncomingBlock(sealed, proposal.extrinsics, witness, BlockOrigin.NETWORK)


async def feed(node: Node, block: IncomingBlock) -> ImportResult:
    """Hands a block to a running node's importer."""
    return await submit_block(node.to_import, block)


async def feed_good(node: Node, *blocks: IncomingBlock) -> None:
    """Hands blocks to a running node, every one of which must be imported."""
    for block in blocks:
        result = await feed(node, block)
        assert isinstance(result, Imported), result
