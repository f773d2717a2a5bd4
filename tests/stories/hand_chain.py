"""A chain whose blocks are made by hand, so that they can also be made wrong."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from chain.client.block import Imported, ImportResult, IncomingBlock
from chain.client.client import Client
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.typed_state import get_runtime
from chain.client.verifier import Verifier
from chain.node import load_spec, open_client
from chain.worker import InlineWorker
from consensus.digest import compute_schedule, make_pre_digest
from consensus.kernels.select import select_backend
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import SeededWork, Work, solve
from consensus.pouw.witness import WITNESS
from genesis.spec import ChainSpec
from pallets.runtime import Runtime
from runtime.era import Era
from runtime.extensions import (
    SignedExtra,
    SigningContext,
    compute_signing_payload,
    encode_extra,
)
from runtime.extrinsic import encode_bare, encode_signed
from runtime.frame import Call
from runtime.header import (
    Digest,
    Header,
    PreRuntime,
    Seal,
    compute_extrinsics_root,
    compute_pre_hash,
)
from runtime.pre_digest import ENGINE, PRE_DIGEST, get_pre_digest
from runtime.primitives import AccountId, Hash, Root
from runtime.work_summary import Lane, WorkSummary, compute_work_root
from tests.helpers.clock import ManualClock
from tests.stories.aftermath import ensure_every_block_holds
from tests.stories.live_node import Included, get_account, get_pair, make_config, read_included

INHERENTS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The work that seals a block, and what the block says of it."""

    work: Work
    summary: WorkSummary


class HandChain:
    """Blocks one by one, each a spacing after the last."""

    def __init__(self, client: Client, spec: ChainSpec) -> None:
        self.client = client
        self._spec = spec
        self._clock = ManualClock()
        verifier = Verifier(client.api, spec.consensus)
        self._importer = Importer(
            client, verifier, InlineWorker(), self._clock, compute_final_in_dev(client)
        )
        self._backend = select_backend("numpy")
        self.author = get_account("Charlie")

    @property
    def runtime(self) -> Runtime:
        """The runtime on the best block's state."""
        return get_runtime(self.client)

    async def send(self, name: str, call: Call) -> Included:
        """The call in a block of its own."""
        outcome = await self.add(self.make_block(self.make_seeded(), [self.sign(name, call)]))
        assert isinstance(outcome, Imported), repr(outcome)
        return read_included(self.client, outcome.head.hash, INHERENTS)

    async def add(self, block: IncomingBlock) -> ImportResult:
        """Hands a block to the importer."""
        return await self._importer.import_block(block)

    def sign(self, name: str, call: Call) -> bytes:
        """An immortal transaction with the account's next nonce."""
        pair, api, genesis = get_pair(name), self.client.api, self.client.genesis_hash
        extra = SignedExtra(Era(0, 0), self.runtime.system.get_nonce(pair.account), 0)
        encoded = api.calls.encode(call)
        version = api.version
        context = SigningContext(
            version.spec_version, version.transaction_version, genesis, genesis
        )
        payload = compute_signing_payload(encoded + encode_extra(extra), context)
        return encode_signed(pair.account, pair.sign(payload), extra, encoded)

    def make_seeded(self) -> Reference:
        """Work that nobody asked for."""
        shape, zero = self._spec.consensus.pow.seeded, Root.zero()
        return Reference(
            SeededWork(0), WorkSummary(Lane.SEEDED, shape.m, shape.n, shape.k, zero, zero)
        )

    def make_block(
        self,
        claimed: Reference,
        raws: Sequence[bytes] = (),
        *,
        executed: WorkSummary | None = None,
        author: AccountId | None = None,
    ) -> IncomingBlock:
        """A sealed block on the best one.

        `executed` gives the state root where the summary it claims cannot be executed.
        """
        self._clock.advance(self._spec.consensus.difficulty.spacing_ms)
        while True:
            draft = self._draft(claimed.summary, author or self.author)
            header, body = self._execute(draft, claimed.summary, executed, raws)
            sealed = self._seal(header, claimed.work, author or self.author)
            if sealed is not None:
                return IncomingBlock(sealed[0], body, sealed[1])
            self._clock.advance(1)

    def _draft(self, summary: WorkSummary, author: AccountId) -> Header:
        client, parent = self.client, self.client.best.value
        schedule = compute_schedule(
            get_pre_digest(parent.header.digest),
            client.get_pre_digest(parent.header.parent_hash),
            self._spec.consensus.difficulty,
        )
        root = compute_work_root(summary)
        pre_digest = make_pre_digest(author, self._clock.now_ms(), root, schedule)
        digest = Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),))
        return Header(parent.hash, parent.number + 1, Hash.zero(), Hash.zero(), digest)

    def _execute(
        self,
        draft: Header,
        claimed: WorkSummary,
        executed: WorkSummary | None,
        raws: Sequence[bytes],
    ) -> tuple[Header, tuple[bytes, ...]]:
        api, parent = self.client.api, self.client.get_open_block(draft.parent_hash)
        pre_digest = get_pre_digest(draft.digest)
        assert parent is not None, "the best block is open; qed"
        assert pre_digest is not None, "the draft has one; qed"
        time = api.make_call("Timestamp", "set", pre_digest.time_ms)

        def make_body(summary: WorkSummary) -> tuple[bytes, ...]:
            calls = (time, api.make_call("Work", "note_block_work", summary))
            return (*(encode_bare(api.calls.encode(call)) for call in calls), *raws)

        execution = api.begin_block(parent.backend, draft)
        for raw in make_body(claimed if executed is None else executed):
            execution.apply(api.decode(raw))
        tree, body = parent.tree.updated(execution.finish()), make_body(claimed)
        root = compute_extrinsics_root(body)
        return replace(draft, state_root=tree.root, extrinsics_root=root), body

    def _seal(
        self, header: Header, work: Work, author: AccountId
    ) -> tuple[Header, bytes | None] | None:
        pre_digest = get_pre_digest(header.digest)
        assert pre_digest is not None, "the draft has one; qed"
        pre_hash, params = compute_pre_hash(header), self._spec.consensus.pow
        result = solve(pre_hash, author, work, pre_digest.target, params, self._backend)
        if result.seal is None:
            return None
        logs = (*header.digest.logs, Seal(ENGINE, SEAL.encode(result.seal)))
        witness = None if result.witness is None else WITNESS.encode(result.witness)
        return replace(header, digest=Digest(logs)), witness


@contextmanager
def open_hand_chain(folder: Path) -> Generator[HandChain]:
    """A development chain on a database of its own; in the end another node judges its blocks."""
    spec = load_spec("dev")
    with open_client(make_config(folder), spec) as client:
        yield HandChain(client, spec)
        ensure_every_block_holds(client, spec)
