"""US-15: who hires himself is poorer than who mines, and neither references nor praise help him."""

from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import trio

from chain.client.block import Imported
from consensus.fork_choice import Link, choose_head
from pallets.market import Stats
from pallets.market import declarations as market
from pallets.runtime_parameters import TREASURY
from pallets.transaction_payment import TransactionFeePaid
from pallets.work.declarations import BonusPaid, EraClaimed
from runtime.address import Id
from runtime.errors import DispatchError
from runtime.primitives import UNIT, AccountId, Hash
from runtime.work_summary import RowRef
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, execute_again, make_call
from tests.stories.hand_chain import Reference
from tests.stories.inference_story import train_cast
from tests.stories.reference_scene import Scene, open_scene
from tests.stories.wash_story import (
    COALITION,
    HONEST,
    PROVIDER,
    RECORD,
    REQUESTER,
    ROUND_BLOCKS,
    SYBILS,
    Deal,
    World,
    claim_eras,
    do,
    draw_deals,
    get_wealth,
    make_post,
    mine_only,
    trade,
)

BLOCKS = 1_000
SEED = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """The same blocks with the deals, and without."""

    deals: list[Deal]
    traded: World
    mined: World


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    traded, mined = World(), World()
    deals = draw_deals(SEED, BLOCKS // ROUND_BLOCKS)
    for deal in deals:
        for plan in trade(traded, deal):
            mine_only(mined, plan)
    for world in (traded, mined):
        claim_eras(world)
    return Outcome(deals, traded, mined)


def test_who_deals_with_himself_is_poorer_than_who_mines(outcome: Outcome) -> None:
    """By the burn that no bonus returns, the treasury's share and the fees; and by nothing else."""
    traded, mined = outcome.traded, outcome.mined
    assert traded.chain.number == mined.chain.number >= BLOCKS + 2
    settled = [e for e in traded.events if isinstance(e, market.Settled)]
    assert len(settled) == sum(deal.slots for deal in outcome.deals)
    lost = get_wealth(mined) - get_wealth(traded)
    burned = sum(each.burned for each in settled)
    bonus = sum(e.amount for e in traded.events if isinstance(e, BonusPaid))
    treasury = sum(each.treasury for each in settled)
    fees = sum(
        e.actual_fee - e.tip
        for e in traded.events
        if isinstance(e, TransactionFeePaid) and e.who in COALITION
    )
    claimed = [sum_claims(world) for world in (traded, mined)]
    assert claimed[0] == claimed[1] > 0, "what blocks earn is blind to what they quote"
    assert lost == burned + treasury + fees - bonus > 0
    assert 0 < bonus <= burned * 8 // 10
    assert traded.chain.get_wealth(TREASURY) - mined.chain.get_wealth(TREASURY) == treasury


def sum_claims(world: World) -> int:
    """What the emission brought the party."""
    return sum(
        e.amount for e in world.events if isinstance(e, EraClaimed) and e.author in COALITION
    )


def test_every_single_slot_loses(outcome: Outcome) -> None:
    for settled in (e for e in outcome.traded.events if isinstance(e, market.Settled)):
        assert settled.bonus <= settled.burned * 8 // 10
        assert settled.burned >= settled.price // 10


def test_another_node_reaches_the_same_state(outcome: Outcome) -> None:
    traded = outcome.traded
    assert execute_again(traded.start, traded.chain.blocks) == traded.chain.entries


# --- praise


def get_stats(world: World) -> Stats:
    """What is said of the party's provider."""
    return world.chain.runtime.market.stats[RECORD]


def test_a_rating_weighs_what_its_slot_burned(outcome: Outcome) -> None:
    """The sum is what all that was burned leaves after its decay; scores move the mean alone."""
    rated = [e for e in outcome.traded.events if isinstance(e, market.Rated)]
    burned = {
        (e.job, e.slot): e.burned for e in outcome.traded.events if isinstance(e, market.Settled)
    }
    assert {(each.job, each.slot): each.weight for each in rated} == burned
    stats, total = get_stats(outcome.traded), sum(burned.values())
    assert total * 99 // 100 < stats.rating_weight <= total
    assert 40 * stats.rating_weight < stats.rating_sum < 60 * stats.rating_weight
    assert get_stats(outcome.mined).rating_weight == 0


def test_a_hundred_sybils_without_a_settled_slot_weigh_nothing() -> None:
    """Each rates a slot that another paid for, then his own that nobody has filled."""
    world = World()
    trade(world, Deal(10 * UNIT, 1, 50))
    chain, before = world.chain, get_stats(world)
    chain.begin_block(HONEST)
    do(chain, REQUESTER, make_post(Deal(10 * UNIT, 1, 0)))
    for sybil in SYBILS:
        do(chain, HONEST, make_call("Balances", "transfer_keep_alive", Id(sybil), 20 * UNIT))
    world.end_block()
    jobs = iter(range(2, 2 + len(SYBILS)))
    for first in range(0, len(SYBILS), 10):
        chain.begin_block(HONEST)
        for sybil in SYBILS[first : first + 10]:
            do(chain, sybil, make_post(Deal(UNIT, 1, 0)))
            others, own = rate(chain, sybil, 1), rate(chain, sybil, next(jobs))
            assert (others, own) == (market.NotPayer, market.WrongState)
        world.end_block()
    assert get_stats(world) == before


def test_a_slot_that_cost_nothing_weighs_nothing() -> None:
    """Filled after a second miss it is free, and so is praise for it."""
    world = World()
    chain, before = world.chain, get_stats(world)
    chain.begin_block(HONEST)
    do(chain, REQUESTER, make_post(Deal(10 * UNIT, 2, 0)))
    for slot in range(2):
        do(chain, PROVIDER, make_call("Market", "lock", 0, slot, RECORD))
    world.end_block()
    while chain.number < chain.runtime.market.slot[0, 0].deadline:
        chain.begin_block(HONEST)
        world.end_block()
    chain.begin_block(HONEST)
    for slot in range(2):
        payload = economy.run(chain, (0, slot))
        commitment = economy.commit(chain, (0, slot), HONEST, payload)
        do(chain, HONEST, make_call("Market", "submit", 0, slot, commitment, payload))
    do(chain, REQUESTER, make_call("Market", "rate", 0, 1, 100, b""))
    world.end_block()
    (late,) = [event for event in world.events if isinstance(event, market.LateFilled)]
    assert late.slot == 1
    (rated,) = [event for event in world.events if isinstance(event, market.Rated)]
    after = get_stats(world)
    assert (rated.record, rated.weight) == (None, 0)
    assert (after.rating_sum, after.rating_weight) == (before.rating_sum, before.rating_weight)


def rate(chain: ChainStage, who: AccountId, job: int) -> type[DispatchError] | None:
    """What the best praise that there is fails with."""
    error = chain.apply(who, make_call("Market", "rate", job, 0, 100, b"")).error
    return None if error is None else type(error)


# --- references


def test_the_choice_of_the_head_is_blind_to_references(tmp_path: Path) -> None:
    """Four blocks on one parent, all sealed: two quote the same slots in another order, one fewer,
    one none. They weigh the same, so whichever was seen first is the head."""
    with open_scene(train_cast(), tmp_path) as scene:
        chain = scene.chain
        claims = [quote(scene, slots) for slots in ((1, 0), (0, 1), (0,))]
        blocks = [chain.make_block(claim) for claim in (*claims, chain.make_seeded())]
        outcomes = [trio.run(chain.add, block) for block in blocks]
        heads = [each.head for each in outcomes if isinstance(each, Imported)]
        assert len(heads) == len(blocks), outcomes
        assert len({head.header.parent_hash for head in heads}) == 1
        assert len({head.score for head in heads}) == 1
        assert chain.client.best.value == heads[0]
    parent = Link(heads[0].header.parent_hash, Hash.zero(), heads[0].number - 1, 0, 0)
    for order in permutations(heads):
        links = [
            Link(head.hash, parent.hash, head.number, head.score, arrival)
            for arrival, head in enumerate(order, 1)
        ]
        known = {link.hash: link for link in (parent, *links)}
        assert choose_head(parent, links, known.get).hash == order[0].hash


def quote(scene: Scene, slots: tuple[int, ...]) -> Reference:
    """A product of these slots' rows, stacked in this order."""
    operands = [scene.get_operands(slot) for slot in slots]
    stacked = scene.refer(slots[0], np.vstack([a for a, _ in operands]), operands[0][1])
    rows = tuple(
        RowRef(scene.job, slot, 0, len(a)) for slot, (a, _) in zip(slots, operands, strict=True)
    )
    return replace(stacked, summary=replace(stacked.summary, rows=rows))
