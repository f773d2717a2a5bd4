"""Blocks full of market calls: posts, locks and submissions, each signed by somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass

import trio

from chain.client.block import Imported, IncomingBlock
from chain.client.client import Client
from chain.client.host import Ahead
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.typed_state import get_runtime
from chain.client.verifier import Verifier
from chain.clock import SystemClock
from chain.keystore import KeyPair
from chain.worker import InlineWorker
from genesis.spec import ChainSpec
from pallets.market import Infer, Posted, Terms
from pallets.registry.types import KindPrice, Provider
from runtime.frame import Call
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.primitives import UNIT, Root
from runtime.system import ExtrinsicFailed
from runtime.tensor.blob import blob_root
from tests.helpers.many_accounts import make_rich_spec, make_senders
from tests.helpers.market_stage import make_classifier, make_inputs
from tests.helpers.node_stage import CONSENSUS, BlockMaker, Wallet, open_client
from tests.helpers.slot_work import commit_result, run_slot
from tests.helpers.stopwatch import Stopwatch

ROWS = 4
MANIFEST = Root(b"m" * 32)
TERMS = Terms(open_blocks=500, work_blocks=500, attempts=2)


def make_importer(client: Client) -> Importer:
    """An importer that works where it is called."""
    verifier = Verifier(client.api, CONSENSUS)
    return Importer(client, verifier, InlineWorker(), SystemClock(), compute_final_in_dev(client))


@dataclass(frozen=True, slots=True)
class MarketBlocks:
    """A chain's first blocks, in which everything is set up, and full ones after them."""

    spec: ChainSpec
    setup: tuple[IncomingBlock, ...]
    full: tuple[IncomingBlock, ...]
    calls: int
    """Signed calls in the full ones."""


class Market:
    """People who post, and as many who compute."""

    def __init__(self, people: int) -> None:
        senders = make_senders(2 * people)
        self.posters, self.providers = senders[:people], senders[people:]
        self.spec = make_rich_spec(senders)
        self.client = open_client(spec=self.spec)
        self.wallet, self.maker = Wallet(self.client), BlockMaker(self.client)
        self.importer = make_importer(self.client)
        self.inputs = make_inputs(ROWS)

    def sign(self, calls: list[tuple[KeyPair, Call]]) -> Iterator[bytes]:
        """Transactions with the nonces that are due."""
        system, used = get_runtime(self.client).system, dict[KeyPair, int]()
        for who, call in calls:
            nonce = used.get(who, system.get_nonce(who.account))
            used[who] = nonce + 1
            yield self.wallet.sign(who, call, nonce)

    async def add(self, calls: list[tuple[KeyPair, Call]]) -> IncomingBlock:
        """The next block, with all of these calls, each of which succeeds."""
        block = self.maker.make(transactions=tuple(self.sign(calls)))
        assert len(block.extrinsics) == len(calls) + 2, "they do not fit a block"
        assert isinstance(await self.importer.import_block(block), Imported)
        runtime = get_runtime(self.client)
        raw = runtime.state.get(runtime.system.events.key)
        assert raw is not None, "every block has events"
        for record in runtime.events.decode(raw):
            assert not isinstance(record.event.event, ExtrinsicFailed), record
        return block

    async def set_up(self) -> tuple[IncomingBlock, ...]:
        """A model, its inputs, and a bonded record for each provider."""
        make, weights = self.wallet.make_call, make_classifier()
        owner = self.posters[0]
        blobs = [make("Registry", "put_blob", blob) for blob in (*weights.blobs, self.inputs)]
        model = make("Registry", "register", weights.body, MANIFEST, (), 1_000, 50_000)
        body = Provider("", (), (KindPrice(JobKind.INFER, 1),), 1_000)
        record = make("Registry", "register", body, MANIFEST, (), 0, 50_000)
        bond = make("Bonds", "bond", Role.PROVIDER, 10_000 * UNIT)
        return (
            await self.add([(owner, call) for call in (*blobs, model)]),
            await self.add([(who, call) for who in self.providers for call in (record, bond)]),
        )

    async def add_full(self, first_post: int) -> tuple[IncomingBlock, int]:
        """Everybody posts a job, locks what was posted before, and submits what was locked."""
        make, runtime, people = self.wallet.make_call, get_runtime(self.client), len(self.posters)
        spec = Infer(0, None, blob_root(self.inputs), ROWS, ROWS, 1)
        post = make("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, TERMS)
        calls = [(who, post) for who in self.posters]
        for place, who in enumerate(self.providers):
            if (job := first_post - people + place) >= 0:
                calls.append((who, make("Market", "lock", job, 0, 1 + place)))
            if (job := first_post - 2 * people + place) >= 0:
                entry = runtime.market.job[job]
                payload = run_slot(runtime.registry.records, entry, 0)
                at = SlotId(job, 0)
                given = commit_result(self.client.genesis_hash, at, entry, who.account, payload)
                calls.append((who, make("Market", "submit", job, 0, given, payload)))
        return await self.add(calls), len(calls)


async def make_market_blocks(people: int, blocks: int) -> MarketBlocks:
    """So many full blocks, each of three calls for each of so many pairs of people."""
    market = Market(people)
    setup = [*await market.set_up()]
    setup += [(await market.add_full(number * people))[0] for number in range(2)]
    full = [await market.add_full(number * people) for number in range(2, 2 + blocks)]
    counts = sum(calls for _, calls in full)
    return MarketBlocks(market.spec, tuple(setup), tuple(block for block, _ in full), counts)


def import_market_blocks(made: MarketBlocks, watch: Stopwatch, ahead: Ahead | None = None) -> None:
    """Imports them into a new chain, which has seen none of the signatures; measures the full."""
    client = open_client(spec=made.spec, ahead=ahead)
    importer = make_importer(client)

    async def run() -> None:
        for block in made.setup:
            assert isinstance(await importer.import_block(block), Imported)
        with watch:
            for block in made.full:
                assert isinstance(await importer.import_block(block), Imported)

    trio.run(run)
