"""US-4 told on a live node: seven label digits, one copies, one is absent, the gold decides.

Beside the round that all take part in there are two small ones, posted at the same time. Nobody
shows the gold of the first; one labeller has seats in both and never reveals, so that the first
miss freezes it and the second is slashed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from chain.wallet.labelling import RoundRequest, make_post_call
from chain.wallet.publishing import (
    RecordTerms,
    batch_calls,
    make_blob_calls,
    make_dataset_body,
    make_register_call,
)
from chain.wallet.transaction import make_call
from pallets.registry.declarations import Registered
from pallets.registry.types import KindPrice, Parent, Provider, Relation
from pallets.rounds import (
    GoldLabel,
    RoundTerms,
    compute_answer_commitment,
    compute_gold_commitment,
    pack_labels,
)
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Call
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import UNIT, Hash, Root
from runtime.tensor.blob import blob_root
from tests.helpers.digit_labellers import (
    CLASSES,
    DigitItems,
    LabelRows,
    hide_gold,
    make_answers,
    make_digit_items,
)
from tests.stories.live_node import Included, LiveNode, find, get_account, open_live_node, send_well

REQUESTER, POKER = "Alice", "Alice//poker"
HONEST = ("Bob", "Charlie", "Dave", "Eve")
SPAMMERS = ("Ferdie", "Alice//one", "Alice//two")
LABELLERS = (*HONEST, *SPAMMERS)
ABSENT = "Ferdie"
"""Has seats in all rounds, and reveals only in the first."""

TRIO = ("Bob", "Charlie", ABSENT)
SPLIT, SEED = 3, 0
POOL, SMALL_POOL = 700 * UNIT, 30 * UNIT
BOND, GIFT = 400 * UNIT, 1_000 * UNIT
ROUND, SILENT, ABSENTEE = 0, 1, 2
"""The round of all, the one whose gold is never shown, and the one with the second miss."""

TERMS = RoundTerms(join_blocks=400, commit_blocks=400, reveal_blocks=400, gold_blocks=400)
SHORT = RoundTerms(join_blocks=400, commit_blocks=400, reveal_blocks=10, gold_blocks=10)


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    items: DigitItems
    rows: LabelRows
    gold: tuple[GoldLabel, ...]
    copy: Included
    """The attempt to commit to what another had committed to."""

    dataset: int
    head: Hash
    state_root: Hash


@dataclass(frozen=True, slots=True)
class Hall:
    """Where it is played, and what the requester and the labellers know."""

    stage: LiveNode
    items: DigitItems
    rows: LabelRows
    gold: tuple[GoldLabel, ...]

    def get_salt(self, name: str) -> bytes:
        """Everybody's own; real ones are random."""
        return name.encode().ljust(32, b".")

    def get_answers(self, name: str) -> bytes:
        """What a labeller says of every item."""
        return pack_labels(self.rows[LABELLERS.index(name)].tolist(), CLASSES)

    def make_commitment(self, number: int, name: str) -> Hash:
        """What binds a labeller to it in a round."""
        genesis, who = self.stage.client.genesis_hash, get_account(name)
        salt, answers = self.get_salt(name), self.get_answers(name)
        return compute_answer_commitment(genesis, number, who, answers, salt)

    async def send(self, name: str, calls: Sequence[Call]) -> Included:
        """All of the calls in one transaction, which has to succeed."""
        (one,) = batch_calls(self.stage.runtime, calls) if len(calls) > 1 else calls
        return await send_well(self.stage, name, one)


def tell_story(folder: Path) -> Told:
    """The whole story on a node of its own; it has stopped when this returns."""
    items = make_digit_items(SPLIT)
    rows, gold = make_answers(items, SEED), hide_gold(items, SEED)

    async def tell() -> Told:
        async with open_live_node(folder, POKER) as stage:
            hall = Hall(stage, items, rows, gold)
            await post_rounds(hall)
            await seat_everybody(hall)
            copy = await commit_all(hall)
            await reveal_small(hall)
            await miss_twice(hall)
            await reveal_all(hall)
            await show_gold(hall, ROUND)
            await poke_when_due(hall, SILENT)
            dataset = await publish_labels(hall)
        best = stage.client.best.value
        return Told(items, rows, gold, copy, dataset, best.hash, best.header.state_root)

    return trio.run(tell)


async def post_rounds(hall: Hall) -> None:
    """The requester's items and three rounds over them; money for who has none."""
    runtime, content = hall.stage.runtime, hall.items.images.tobytes()
    posts = [
        make_post(hall, runtime, POOL, len(LABELLERS), TERMS),
        make_post(hall, runtime, SMALL_POOL, len(TRIO), SHORT),
        make_post(hall, runtime, SMALL_POOL, len(TRIO), SHORT),
    ]
    gifts = [
        make_call(runtime.balances.transfer_keep_alive, Id(get_account(name)), GIFT)
        for name in (*SPAMMERS[1:], POKER)
    ]
    await hall.send(REQUESTER, [*make_blob_calls(runtime, frozenset(), (content,)), *posts, *gifts])


def make_post(hall: Hall, runtime: Runtime, pool: int, seats: int, terms: RoundTerms) -> Call:
    """A round over all items."""
    root = blob_root(hall.items.images.tobytes())
    request = RoundRequest(root, 64, CLASSES, "which digit?", seats, pool, hall.gold, terms)
    genesis, who = hall.stage.client.genesis_hash, get_account(REQUESTER)
    salt = hall.get_salt(REQUESTER)
    return make_post_call(
        runtime, request, compute_gold_commitment(genesis, who, root, hall.gold, salt)
    )


async def seat_everybody(hall: Hall) -> None:
    """Records, bonds and seats, all at the same time."""

    async def sit(name: str) -> None:
        runtime = hall.stage.runtime
        body = Provider("", (), (KindPrice(JobKind.LABEL, UNIT),), 8)
        manifest = Root(blob_root(name.encode()))
        register = make_register_call(runtime, body, manifest, RecordTerms(0, 50_000))
        bond = make_call(runtime.bonds.bond, Role.LABELLER, BOND)
        record = find(await hall.send(name, [register, bond]), Registered).record
        numbers = (ROUND, SILENT, ABSENTEE) if name in TRIO else (ROUND,)
        join = hall.stage.runtime.rounds.join
        await hall.send(name, [make_call(join, number, record) for number in numbers])

    async with trio.open_nursery() as nursery:
        for name in LABELLERS:
            nursery.start_soon(sit, name)


async def commit_all(hall: Hall) -> Included:
    """Everybody commits; before that the last spammer tries to copy the first labeller."""

    async def commit(name: str, numbers: tuple[int, ...]) -> None:
        call = hall.stage.runtime.rounds.commit
        calls = [make_call(call, number, hall.make_commitment(number, name)) for number in numbers]
        await hall.send(name, calls)

    await commit(LABELLERS[0], (ROUND,))
    stolen = hall.make_commitment(ROUND, LABELLERS[0])
    call = make_call(hall.stage.runtime.rounds.commit, ROUND, stolen)
    copy = await hall.stage.send(LABELLERS[-1], call)
    async with trio.open_nursery() as nursery:
        for name in LABELLERS[1:]:
            nursery.start_soon(commit, name, (ROUND,))
    async with trio.open_nursery() as nursery:
        for name in TRIO:
            nursery.start_soon(commit, name, (SILENT, ABSENTEE))
    return copy


async def reveal_small(hall: Hall) -> None:
    """All but the absent one reveal in the small rounds, in a transaction each."""

    async def reveal(name: str) -> None:
        parts = (hall.get_answers(name), hall.get_salt(name))
        call = hall.stage.runtime.rounds.reveal
        await hall.send(name, [make_call(call, number, *parts) for number in (SILENT, ABSENTEE)])

    async with trio.open_nursery() as nursery:
        for name in TRIO[:2]:
            nursery.start_soon(reveal, name)


async def miss_twice(hall: Hall) -> None:
    """The absent one is found out in both small rounds; the gold of only one is shown."""
    for number in (SILENT, ABSENTEE):
        await poke_when_due(hall, number)
    await show_gold(hall, ABSENTEE)


async def reveal_all(hall: Hall) -> None:
    """Everybody reveals in the large round."""

    async def reveal(name: str) -> None:
        parts = (hall.get_answers(name), hall.get_salt(name))
        await hall.send(name, [make_call(hall.stage.runtime.rounds.reveal, ROUND, *parts)])

    async with trio.open_nursery() as nursery:
        for name in LABELLERS:
            nursery.start_soon(reveal, name)


async def show_gold(hall: Hall, number: int) -> Included:
    """The requester shows what was hidden."""
    call = hall.stage.runtime.rounds.reveal_gold
    return await hall.send(
        REQUESTER, [make_call(call, number, hall.gold, hall.get_salt(REQUESTER))]
    )


async def poke_when_due(hall: Hall, number: int) -> None:
    """Makes blocks until the phase's time is over; whoever likes applies it."""
    stage, ends_at = hall.stage, hall.stage.runtime.rounds.round[number].ends_at
    while stage.client.best.value.number < ends_at:
        await hall.send(POKER, [make_call(stage.runtime.system.remark, b"a block")])
    await hall.send(POKER, [make_call(stage.runtime.rounds.poke, number)])


async def publish_labels(hall: Hall) -> int:
    """The labelled items as a dataset that names who labelled them; its number."""
    runtime = hall.stage.runtime
    labels = runtime.rounds.labels[ROUND]
    body = make_dataset_body(
        hall.items.images.tobytes() + labels, len(hall.items.truth), "64 pixels; labels of 4 bits"
    )
    seats = [runtime.rounds.seat[ROUND, get_account(name)] for name in HONEST]
    parents = tuple(Parent(seat.record, Relation.LABELLED_BY, 100) for seat in seats)
    terms = RecordTerms(0, 50_000, parents)
    call = make_register_call(runtime, body, body.plain_root, terms)
    return find(await hall.send(REQUESTER, [call]), Registered).record
