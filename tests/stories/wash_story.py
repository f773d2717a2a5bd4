"""US-15: one party is requester, provider, author and owner of data and model, and hires itself.

The same thousand blocks with the same authors and the same work are made twice: once the party
trades with itself in every round of four blocks and mines with the rows, once it only mines.
"""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from pallets.market import Infer, Posted, Terms
from pallets.market.declarations import JobPosted
from pallets.registry.types import Parent, Relation
from runtime.frame import Call, Event
from runtime.frame.ai_types import Role, VerifierId
from runtime.primitives import UNIT, AccountId
from runtime.work_summary import Lane, WorkSummary
from tests.helpers import economy
from tests.helpers.chain_stage import CONFIG, SEEDED, ChainStage, make_call
from tests.helpers.economy import INPUT_ROOT, INPUTS, MANIFEST, TTL
from tests.helpers.market_stage import make_classifier
from tests.helpers.slot_work import stack_slots
from tests.pallets.registry.stage import make_dataset
from tests.stories.aftermath import compute_moved, compute_told, ensure_invariants

REQUESTER, PROVIDER, DATA_OWNER, MODEL_OWNER, HONEST = (
    AccountId(bytes([n]) * 32) for n in range(1, 6)
)
COALITION: Final = (REQUESTER, PROVIDER, DATA_OWNER, MODEL_OWNER)
SYBILS: Final = tuple(AccountId(bytes([n]) * 32) for n in range(100, 200))
"""A hundred faces of somebody who wants to be believed."""

FUNDS: Final = 100_000 * UNIT
BOND: Final = 5_000 * UNIT
DATASET, MODEL, RECORD = 0, 1, 2
ROWS, LAYERS = 40, 2
CLAIMED_TOGETHER: Final = 20
ROUND_BLOCKS: Final = 4
"""A round: post, lock, mine a layer, mine the other and submit."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What the party pays itself for in one round."""

    price: int
    slots: int
    score: int


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """Who makes a block, and the work that it proves."""

    author: AccountId
    summary: WorkSummary


class World:
    """A chain whose every block is judged when it ends, and all that has happened on it."""

    def __init__(self) -> None:
        self.chain = _make_first_chain().copy()
        self.events: list[Event] = []
        self.start = dict(self.chain.entries)
        self._issuance = self.chain.runtime.balances.total_issuance.get()

    def end_block(self) -> None:
        """The open block ends; what must hold between blocks holds."""
        self.chain.end_block()
        runtime, number = self.chain.runtime, self.chain.number
        raw = runtime.state.get(runtime.system.events.key)
        events = [] if raw is None else [each.event.event for each in runtime.events.decode(raw)]
        ensure_invariants(runtime)
        moved = compute_moved(events)
        self._issuance += moved
        assert runtime.balances.total_issuance.get() == self._issuance, f"block {number}"
        assert moved == compute_told(events), f"block {number}"
        self.events += events


@cache
def _make_first_chain() -> ChainStage:
    """All that the party needs is registered; the honest author has nothing."""
    chain = ChainStage([(who, FUNDS) for who in (*COALITION, HONEST)])
    weights = make_classifier()
    parent = Parent(DATASET, Relation.TRAINED_ON, 1_000)
    register = ("Registry", "register")
    calls = [
        (DATA_OWNER, make_call(*register, make_dataset(), MANIFEST, (), 500, TTL)),
        *((MODEL_OWNER, make_call("Registry", "put_blob", blob)) for blob in weights.blobs),
        (MODEL_OWNER, make_call(*register, weights.body, MANIFEST, (parent,), 2_000, TTL)),
        (PROVIDER, make_call(*register, economy.make_provider(), MANIFEST, (), 0, TTL)),
        (PROVIDER, make_call("Bonds", "bond", Role.PROVIDER, BOND)),
        (REQUESTER, make_call("Registry", "put_blob", INPUTS)),
    ]
    chain.begin_block(HONEST)
    for who, call in calls:
        do(chain, who, call)
    chain.end_block()
    return chain


def do(chain: ChainStage, who: AccountId, call: Call) -> None:
    """A call that has to succeed."""
    outcome = chain.apply(who, call)
    assert outcome.error is None, f"{call.spec.name}: {outcome.error}"


def draw_deals(seed: int, rounds: int) -> list[Deal]:
    """What the party deals, from a seed."""
    rng = Random(seed)
    return [
        Deal(rng.randrange(1, 50 * UNIT), rng.choice((1, 2, 4)), rng.randrange(101))
        for _ in range(rounds)
    ]


def make_post(deal: Deal) -> Call:
    """The round's job."""
    spec = Infer(MODEL, None, INPUT_ROOT, ROWS, ROWS // deal.slots, 1)
    terms = Terms(open_blocks=10, work_blocks=10, attempts=2)
    return make_call("Market", "post", spec, Posted(deal.price), VerifierId.REPLAY, terms)


def trade(world: World, deal: Deal) -> list[BlockPlan]:
    """A round of dealing with oneself; the blocks' authors and work."""
    chain, slots = world.chain, tuple(range(deal.slots))
    chain.begin_block(REQUESTER)
    do(chain, REQUESTER, make_post(deal))
    (job,) = [event.job for event in chain.get_events() if isinstance(event, JobPosted)]
    world.end_block()

    chain.begin_block(PROVIDER)
    for slot in slots:
        do(chain, PROVIDER, make_call("Market", "lock", job, slot, RECORD))
    world.end_block()

    plans = [BlockPlan(REQUESTER, SEEDED), BlockPlan(PROVIDER, SEEDED)]
    for layer in range(LAYERS):
        records, entry = chain.runtime.registry.records, economy.get_job(chain, job)
        summary = stack_slots(records, job, entry, slots, layer)
        plans.append(BlockPlan(PROVIDER, summary))
        chain.begin_block(PROVIDER, summary)
        if layer == LAYERS - 1:
            settle(chain, job, slots, deal.score)
        world.end_block()
    return plans


def settle(chain: ChainStage, job: int, slots: tuple[int, ...], score: int) -> None:
    """The right results, praise for them, and the deposit back."""
    for slot in slots:
        payload = economy.run(chain, (job, slot))
        commitment = economy.commit(chain, (job, slot), PROVIDER, payload)
        do(chain, PROVIDER, make_call("Market", "submit", job, slot, commitment, payload))
        do(chain, REQUESTER, make_call("Market", "rate", job, slot, score, b""))
    do(chain, REQUESTER, make_call("Market", "close", job))


def mine_only(world: World, plan: BlockPlan) -> None:
    """The same block by the same author with the same work, which is nobody's job."""
    chain, work = world.chain, plan.summary
    private = WorkSummary(Lane.PRIVATE, work.m, work.n, work.k, work.root_a, work.root_b)
    chain.begin_block(plan.author, SEEDED if work is SEEDED else private)
    chain.end_block()


def claim_eras(world: World) -> None:
    """Whoever likes claims for the party what its blocks have earned, era by era."""
    chain, eras = world.chain, range(world.chain.number // CONFIG.era_blocks)
    for first in eras[::CLAIMED_TOGETHER]:
        chain.begin_block(HONEST)
        for era in eras[first : first + CLAIMED_TOGETHER]:
            for author in (REQUESTER, PROVIDER):
                chain.apply(HONEST, make_call("Work", "claim_era", era, author))
        world.end_block()


def get_wealth(world: World) -> int:
    """All that the party has, on hold or not."""
    return sum(world.chain.get_wealth(who) for who in COALITION)
