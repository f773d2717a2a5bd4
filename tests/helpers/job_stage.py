"""A chain on which Charlie is a provider and Dave has hired Bob's model: a job is open."""

from typing import Final

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.keystore import KeyPair
from chain.node import Node
from pallets.market import Infer, JobSpec, Posted, PriceRule, Terms
from pallets.market.types import Slot, SlotState
from pallets.registry.types import KindPrice, Provider
from pallets.verify.kinds import REPLAYED_KINDS
from runtime.frame import Call
from runtime.frame.ai_types import JobKind, Role, VerifierId
from runtime.primitives import UNIT, Root
from runtime.tensor.blob import blob_root
from tests.helpers.market_stage import make_classifier, make_inputs
from tests.helpers.node_stage import BOB, CHARLIE, DAVE, BlockMaker, Wallet, feed_good
from tests.pallets.registry.stage import Weights

MANIFEST: Final = Root(b"m" * 32)
ROYALTY_BPS: Final = 1_000
TTL: Final = 50_000
BOND: Final = 100 * UNIT
PRICE: Final = UNIT
ROWS: Final = 40
MODEL, PROVIDER = 0, 1
"""The numbers of the records."""


async def set_up_job(
    node: Node,
    *,
    slots: int = 1,
    work_blocks: int = 50,
    unit_price: int = 1,
    ttl_blocks: int = TTL,
    weights: Weights | None = None,
    inputs: bytes | None = None,
    rows: int = ROWS,
    price: PriceRule = Posted(PRICE),  # noqa: B008 - frozen
    replicas: int = 1,
) -> int:
    """Registers model and provider and posts a job of so many parts, in three blocks."""
    client = node.client
    wallet, maker = Wallet(client), BlockMaker(client)
    weights = make_classifier() if weights is None else weights
    inputs = make_inputs(rows) if inputs is None else inputs
    number = get_runtime(client).market.next_job.get()
    provider = Provider("https://p.example", (), (KindPrice(JobKind.INFER, unit_price),), 8)
    spec = Infer(MODEL, None, blob_root(inputs), rows, -(-rows // slots), replicas)
    terms = Terms(open_blocks=500, work_blocks=work_blocks, attempts=2)
    put, register = ("Registry", "put_blob"), ("Registry", "register")
    blobs = [(BOB, wallet.make_call(*put, blob)) for blob in weights.blobs]
    model = wallet.make_call(*register, weights.body, MANIFEST, (), ROYALTY_BPS, TTL)
    record = wallet.make_call(*register, provider, MANIFEST, (), 0, ttl_blocks)
    await add_block(client, maker, node, *blobs, (BOB, model))
    await add_block(
        client,
        maker,
        node,
        (CHARLIE, record),
        (CHARLIE, wallet.make_call("Bonds", "bond", Role.PROVIDER, BOND)),
        (DAVE, wallet.make_call(*put, inputs)),
    )
    post = wallet.make_call("Market", "post", spec, price, VerifierId.REPLAY, terms)
    await add_block(client, maker, node, (DAVE, post))
    assert get_runtime(client).market.next_job.get() == number + 1, "the job was refused"
    return number


async def set_up_programs(
    node: Node,
    *specs: JobSpec,
    blobs: tuple[bytes, ...],
    terms: Terms = Terms(500, 50, 2),  # noqa: B008 - frozen
) -> list[int]:
    """Charlie offers to run programs, and Dave posts these jobs: their numbers."""
    client = node.client
    wallet, maker = Wallet(client), BlockMaker(client)
    prices = tuple(KindPrice(kind, 1) for kind in REPLAYED_KINDS)
    provider = Provider("https://p.example", (), prices, 16)
    record = wallet.make_call("Registry", "register", provider, MANIFEST, (), 0, TTL)
    bond = wallet.make_call("Bonds", "bond", Role.PROVIDER, BOND)
    puts = [(DAVE, wallet.make_call("Registry", "put_blob", blob)) for blob in blobs]
    await add_block(client, maker, node, (CHARLIE, record), (CHARLIE, bond), *puts)
    first = get_runtime(client).market.next_job.get()
    posts = [
        wallet.make_call("Market", "post", spec, Posted(PRICE), VerifierId.REPLAY, terms)
        for spec in specs
    ]
    await add_block(client, maker, node, *((DAVE, post) for post in posts))
    last = get_runtime(client).market.next_job.get()
    assert last == first + len(specs), "a job was refused"
    return list(range(first, last))


async def add_block(
    client: Client, maker: BlockMaker, node: Node, *calls: tuple[KeyPair, Call]
) -> None:
    """A block of signed calls."""
    wallet, system = Wallet(client), get_runtime(client).system
    nonces: dict[KeyPair, int] = {}
    raw: list[bytes] = []
    for who, call in calls:
        nonce = nonces.get(who, system.get_nonce(who.account))
        raw.append(wallet.sign(who, call, nonce))
        nonces[who] = nonce + 1
    await feed_good(node, maker.make(transactions=raw))


def get_slot(client: Client, job: int, slot: int = 0) -> Slot:
    """A slot after the best block."""
    return get_runtime(client).market.slot[job, slot]


async def wait_for_slot(
    client: Client, job: int, state: SlotState, slot: int = 0, blocks_max: int = 60
) -> None:
    """Until a slot is in a state on the best chain."""
    first = client.best.value.number
    async for head in client.best.changes():
        found = get_slot(client, job, slot)
        if found.state is state:
            return
        assert head.number < first + blocks_max, f"{found} after {blocks_max} blocks"
