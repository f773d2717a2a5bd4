"""Forks: which block is best, what the move to another branch says, what finality leaves."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
import trio

from chain.client.block import (
    AlreadyKnown,
    BlockImported,
    BlocksFinalised,
    Head,
    Imported,
    IncomingBlock,
    UnknownParent,
)
from chain.client.client import IsFinal
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.typed_state import get_runtime
from chain.client.verifier import Verifier
from chain.db import schema
from chain.db.memory import MemoryStore
from chain.db.store import WriteBatch
from chain.errors import DatabaseCorrupted, UnknownBlock
from chain.watch import Subscription
from chain.worker import InlineWorker, Worker
from runtime.primitives import Hash
from tests.helpers.clock import START_MS, ManualClock
from tests.helpers.node_stage import ALICE, BOB, CHARLIE, CONSENSUS, BlockMaker, Wallet, open_client
from tests.helpers.scheduler import run_seeded

ResultT = TypeVar("ResultT")


def never(finalised: Head, best: Head) -> Head | None:
    del finalised, best
    return None


class ForkStage:
    """A chain without services: blocks are imported by hand, under a given finality."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        is_final: IsFinal | None = never,
        worker: Worker | None = None,
    ) -> None:
        self.store = MemoryStore() if store is None else store
        self.client = open_client(self.store)
        self.maker = BlockMaker(self.client)
        rule = compute_final_in_dev(self.client) if is_final is None else is_final
        verifier = Verifier(self.client.api, CONSENSUS)
        clock = ManualClock(START_MS + 60_000)
        self.importer = Importer(self.client, verifier, worker or InlineWorker(), clock, rule)
        self.importer.replay_stored()

    async def add(self, parent: Hash | None = None, author: str = "a", *raw: bytes) -> Hash:
        """A new block on a parent, the best one unless named; its hash."""
        block = self.make(parent, author, *raw)
        result = await self.importer.import_block(block)
        assert isinstance(result, Imported), result
        return result.head.hash

    def make(self, parent: Hash | None = None, author: str = "a", *raw: bytes) -> IncomingBlock:
        who = {"a": ALICE, "b": BOB, "c": CHARLIE}[author].account
        return self.maker.make(parent, raw, author=who)

    @property
    def best(self) -> Hash:
        return self.client.best.value.hash


def run(test: Callable[[], Awaitable[None]]) -> None:
    run_seeded(test)


def take(events: Subscription[BlockImported | BlocksFinalised]) -> list[object]:
    found: list[object] = []
    while (event := events.receive_nowait()) is not None:
        found.append(event)
    return found


def test_the_first_of_equals_stays_best() -> None:
    async def main() -> None:
        stage = ForkStage()
        first = await stage.add()
        second = await stage.add(stage.client.genesis_hash, "b")
        assert stage.best == first
        again = ForkStage(stage.store)
        assert again.best == first
        assert {head.hash for head in again.client.get_unfinalised()} == {first, second}

    run(main)


def test_more_work_moves_the_head_and_says_which_blocks_left_and_joined() -> None:
    async def main() -> None:
        stage = ForkStage()
        root = await stage.add()
        a1 = await stage.add(root)
        a2 = await stage.add(a1)
        b1 = await stage.add(root, "b")
        b2 = await stage.add(b1, "b")
        with stage.client.events.subscribe() as events:
            b3 = await stage.add(b2, "b")
            (event,) = take(events)
        assert isinstance(event, BlockImported)
        assert (event.head.hash, event.is_best) == (b3, True)
        assert event.retracted == (a2, a1)
        assert event.enacted == (b1, b2, b3)
        assert stage.best == b3
        assert [stage.client.get_block_hash(number) for number in (1, 2, 3, 4)] == [
            root,
            b1,
            b2,
            b3,
        ]

    run(main)


def test_a_lighter_branch_is_kept_but_changes_nothing() -> None:
    async def main() -> None:
        stage = ForkStage()
        a1 = await stage.add()
        a2 = await stage.add(a1)
        with stage.client.events.subscribe() as events:
            b1 = await stage.add(stage.client.genesis_hash, "b")
            (event,) = take(events)
        assert isinstance(event, BlockImported)
        assert (event.head.hash, event.is_best) == (b1, False)
        assert (event.retracted, event.enacted) == ((), ())
        assert stage.best == a2

    run(main)


def test_finality_prunes_what_lost() -> None:
    async def main() -> None:
        stage = ForkStage(is_final=None)
        client = stage.client
        a1 = await stage.add()
        b1 = await stage.add(client.genesis_hash, "b")
        with client.events.subscribe() as events:
            b2 = await stage.add(b1, "b")
            imported, finalised = take(events)
        assert isinstance(imported, BlockImported)
        assert (imported.retracted, imported.enacted) == ((a1,), (b1, b2))
        assert isinstance(finalised, BlocksFinalised)
        assert ([head.hash for head in finalised.heads], finalised.pruned) == ([b1], (a1,))
        assert client.finalised.value.hash == b1
        assert (client.get_header(a1), client.get_body(a1)) == (None, None)
        with pytest.raises(UnknownBlock):
            client.state_at(a1)

    run(main)


def test_nothing_is_built_below_the_finalised_block() -> None:
    async def main() -> None:
        stage = ForkStage(is_final=None)
        late = stage.make(None, "b")
        await stage.add()
        await stage.add()
        parent = late.header.parent_hash
        assert await stage.importer.import_block(late) == UnknownParent(parent)

    run(main)


def test_a_known_block_is_imported_once() -> None:
    async def main() -> None:
        stage = ForkStage(is_final=None)
        block = stage.make()
        block_hash = block.header.compute_hash()
        for _ in range(3):  # open, then finalised
            await stage.importer.import_block(block)
            assert await stage.importer.import_block(block) == AlreadyKnown(block_hash)
            await stage.add()

    run(main)


def test_a_finalised_branch_takes_the_head_from_a_heavier_one() -> None:
    async def main() -> None:
        stage = ForkStage()
        client = stage.client
        a1 = await stage.add()
        a2 = await stage.add(a1)
        a3 = await stage.add(a2)
        b1 = await stage.add(client.genesis_hash, "b")
        b2 = await stage.add(b1, "b")
        c2 = await stage.add(b1, "c")
        with client.events.subscribe() as events:
            client.finalise(b1)
            moved, finalised = take(events)
        assert isinstance(moved, BlockImported)
        assert (moved.head.hash, moved.is_best) == (b2, True)
        assert (moved.retracted, moved.enacted) == ((a3, a2, a1), (b1, b2))
        assert isinstance(finalised, BlocksFinalised)
        assert set(finalised.pruned) == {a1, a2, a3}
        assert stage.best == b2
        assert {head.hash for head in client.get_unfinalised()} == {b2, c2}
        assert ForkStage(stage.store).best == b2

    run(main)


def test_states_of_open_blocks_stay_right_when_the_base_moves() -> None:
    async def main() -> None:
        stage = ForkStage()
        client = stage.client
        wallet = Wallet(client)

        def get_nonces(block_hash: Hash) -> tuple[int, int]:
            system = get_runtime(client, block_hash).system
            return system.get_nonce(BOB.account), system.get_nonce(CHARLIE.account)

        root = await stage.add(None, "a", wallet.transfer(BOB, ALICE.account, 5, 0))
        left = await stage.add(root, "a", wallet.transfer(BOB, ALICE.account, 5, 1))
        right = await stage.add(root, "b", wallet.transfer(CHARLIE, ALICE.account, 5, 0))
        tip = await stage.add(right, "b", wallet.transfer(CHARLIE, ALICE.account, 5, 1))
        expected = {root: (1, 0), left: (2, 0), right: (1, 1), tip: (1, 2)}
        assert {each: get_nonces(each) for each in expected} == expected
        client.finalise(root)
        assert {each: get_nonces(each) for each in expected} == expected
        client.finalise(right)
        assert {each: get_nonces(each) for each in (root, right, tip)} == {
            each: expected[each] for each in (root, right, tip)
        }

    run(main)


def test_a_block_stored_just_before_a_crash_counts_after_it() -> None:
    """The process ended between storing the block and making it the head."""

    async def main() -> None:
        stage = ForkStage()
        await stage.add()
        head = stage.store.get(schema.META_HEAD)
        assert head is not None
        second = await stage.add()
        batch = WriteBatch()
        batch.put(schema.META_HEAD, head)
        stage.store.write(batch, sync=True)
        assert ForkStage(stage.store).best == second

    run(main)


@pytest.mark.parametrize("kind", [schema.HEADER, schema.BODY])
def test_a_damaged_stored_block_is_named(kind: bytes) -> None:
    async def main() -> None:
        stage = ForkStage()
        await stage.add()
        block_hash = await stage.add()
        found = stage.store.get(kind + block_hash)
        assert found is not None
        for damage in (found[:-1], None):
            batch = WriteBatch()
            batch.changes[kind + block_hash] = damage
            stage.store.write(batch, sync=True)
            with pytest.raises(DatabaseCorrupted, match="expected intact files"):
                ForkStage(stage.store)

    run(main)


class SlowWorker:
    """Takes five seconds; a caller that is cancelled waits for the end where it is shielded."""

    def __init__(self, *, is_shielded: bool) -> None:
        self.is_shielded = is_shielded

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        with trio.CancelScope(shield=self.is_shielded):
            await trio.sleep(5)
        return work()


@pytest.mark.parametrize("is_executed", [False, True])
def test_an_import_that_is_cancelled_lands_whole_or_not_at_all(*, is_executed: bool) -> None:
    async def main() -> None:
        stage = ForkStage(worker=SlowWorker(is_shielded=is_executed))
        before = dict(stage.store.iterate())
        block = stage.make()
        with trio.move_on_after(1):
            await stage.importer.import_block(block)
        assert (dict(stage.store.iterate()) != before) == is_executed
        heads = [head.hash for head in stage.client.get_unfinalised()]
        assert heads == [block.header.compute_hash()] * is_executed
        assert ForkStage(stage.store).best == stage.best

    run(main)
