"""The pool on a chain: what it refuses and why, and that every watcher hears an end."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest

from chain.client.importer import Importer, compute_final_in_dev
from chain.client.verifier import Verifier
from chain.config import PoolConfig
from chain.node import Node
from chain.txpool.service import PoolService
from chain.txpool.transaction import (
    AlreadyImported,
    Dropped,
    Finalised,
    ImmediatelyDropped,
    InBlock,
    Invalid,
    PriorityTooLow,
    Ready,
    Retracted,
    Status,
    TemporarilyBanned,
    Undecodable,
    Usurped,
    Waiting,
)
from chain.watch import Subscription
from chain.worker import InlineWorker
from runtime.address import Id
from runtime.crypto.hashing import blake2_256
from runtime.era import Era
from runtime.errors import (
    AncientBirthBlock,
    BadCall,
    BadProof,
    InvalidTransaction,
    MandatoryValidation,
    Payment,
    Stale,
)
from runtime.extrinsic import encode_bare
from runtime.primitives import UNIT, AccountId, Hash
from tests.helpers.clock import START_MS, ManualClock
from tests.helpers.forged_block import flip
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CHARLIE,
    CONSENSUS,
    DAVE,
    BlockMaker,
    Wallet,
    feed_good,
    make_pair,
    open_client,
    run_stage,
    wait_until_followed,
)
from tests.helpers.scheduler import run_seeded

POOR = make_pair("//Poor")


class PoolStage:
    """A chain and its pool, blocks imported and events followed by hand."""

    def __init__(self, limits: PoolConfig | None = None) -> None:
        self.client = open_client()
        self.wallet, self.maker = Wallet(self.client), BlockMaker(self.client)
        self.clock = ManualClock(START_MS + 60_000)
        self.pool = PoolService(self.client, self.clock, limits or PoolConfig())
        self.importer = Importer(
            self.client,
            Verifier(self.client.api, CONSENSUS),
            InlineWorker(),
            self.clock,
            compute_final_in_dev(self.client),
        )
        self._stack = ExitStack()
        self.events = self._stack.enter_context(self.client.events.subscribe())
        self._watched: dict[Hash, Subscription[Status]] = {}

    def submit(self, raw: bytes) -> Hash:
        """Submits and watches."""
        extrinsic_hash = Hash(blake2_256(raw))
        if extrinsic_hash not in self._watched:
            watch = self.pool.watch(extrinsic_hash)
            self._watched[extrinsic_hash] = self._stack.enter_context(watch)
        return self.pool.submit(raw)

    def get_statuses(self, extrinsic_hash: Hash) -> list[Status]:
        """What its watcher heard since the last time."""
        found: list[Status] = []
        while (status := self._watched[extrinsic_hash].receive_nowait()) is not None:
            found.append(status)
        return found

    async def add_block(
        self, *raw: bytes, parent: Hash | None = None, author: AccountId | None = None
    ) -> Hash:
        """A block with these transactions; the pool follows it."""
        block = self.maker.make(parent, raw, author=author)
        await self.importer.import_block(block)
        while (event := self.events.receive_nowait()) is not None:
            self.pool.follow(event)
        return block.header.compute_hash()

    def transfer(self, nonce: int, *, tip: int = 0, amount: int = 5) -> bytes:
        return self.wallet.transfer(BOB, ALICE.account, amount, nonce, tip=tip)


def run(test: Callable[[PoolStage], Awaitable[None]], limits: PoolConfig | None = None) -> None:
    async def main() -> None:
        await test(PoolStage(limits))

    run_seeded(main)


# --- refusals

Make = Callable[[PoolStage], bytes]
UNDECODABLE: dict[str, tuple[Make, str]] = {
    "nothing": (lambda s: b"", "Compact"),
    "noise": (lambda s: b"\x10abcd", "version byte"),
    "cut short": (lambda s: s.transfer(0)[:-1], r"length \d+ announced, got \d+ bytes"),
    "bytes behind": (lambda s: s.transfer(0) + b"\0", r"length \d+ announced, got \d+ bytes"),
    "oversized": (lambda s: bytes(294_913), "expected at most 294912 bytes, got 294913"),
}


@pytest.mark.parametrize("name", UNDECODABLE)
def test_what_is_no_extrinsic_is_refused(name: str) -> None:
    make, why = UNDECODABLE[name]

    async def test(stage: PoolStage) -> None:
        with pytest.raises(Undecodable, match=why):
            stage.pool.submit(make(stage))
        assert len(stage.pool.pool) == 0

    run(test)


INVALID: dict[str, tuple[Make, type[InvalidTransaction]]] = {
    "stale": (lambda s: s.transfer(0), Stale),
    "unsigned": (
        lambda s: encode_bare(
            s.client.api.calls.encode(s.wallet.make_call("System", "remark", b""))
        ),
        BadCall,
    ),
    "wrongly signed": (lambda s: flip(s.transfer(1), 40), BadProof),
    "of another sender": (lambda s: flip(s.transfer(1), 5), InvalidTransaction),
    "for another chain": (
        lambda s: s.wallet.sign(
            BOB, s.wallet.make_call("System", "remark", b""), 1, genesis_hash=Hash(b"g" * 32)
        ),
        BadProof,
    ),
    "for another version": (
        lambda s: s.wallet.sign(
            BOB, s.wallet.make_call("System", "remark", b""), 1, spec_version=99
        ),
        BadProof,
    ),
    "unpayable": (lambda s: s.transfer(1, tip=10**30), Payment),
    "of an empty account": (
        lambda s: s.wallet.transfer(POOR, BOB.account, 1, 0),
        Payment,
    ),
    "an inherent": (
        lambda s: s.wallet.sign(BOB, s.wallet.make_call("Timestamp", "set", 1), 1),
        MandatoryValidation,
    ),
    "of an era to come": (
        lambda s: s.wallet.sign(
            BOB, s.wallet.make_call("System", "remark", b""), 1, era=Era(64, 40)
        ),
        AncientBirthBlock,
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_can_be_in_no_block_is_refused_and_banned_for_a_while(name: str) -> None:
    make, error = INVALID[name]

    async def test(stage: PoolStage) -> None:
        await stage.add_block(stage.transfer(0))
        raw = make(stage)
        with pytest.raises(error):
            stage.pool.submit(raw)
        with pytest.raises(TemporarilyBanned):
            stage.pool.submit(raw)
        stage.clock.advance(PoolConfig().banned_s * 1_000)
        with pytest.raises(error):
            stage.pool.submit(raw)
        assert len(stage.pool.pool) == 0
        stage.pool.submit(stage.transfer(1))

    run(test)


def test_a_known_one_and_one_far_ahead_are_refused() -> None:
    async def test(stage: PoolStage) -> None:
        stage.submit(stage.transfer(0))
        with pytest.raises(AlreadyImported):
            stage.pool.submit(stage.transfer(0))
        stage.submit(stage.transfer(17))
        with pytest.raises(ImmediatelyDropped, match="expected a nonce up to 17, got 18"):
            stage.pool.submit(stage.transfer(18))

    run(test)


def test_all_of_a_sender_s_transactions_must_be_payable_together() -> None:
    async def test(stage: PoolStage) -> None:
        half = 600_000 * UNIT
        stage.submit(stage.transfer(0, tip=half))
        with pytest.raises(Payment):
            stage.pool.submit(stage.transfer(1, tip=half))
        stage.submit(stage.transfer(1))
        with pytest.raises(Payment):
            stage.pool.submit(stage.transfer(1, tip=half + 1))
        stage.submit(stage.transfer(0, tip=half + half // 5))

    run(test)


# --- statuses


def test_from_waiting_to_final() -> None:
    async def test(stage: PoolStage) -> None:
        second = stage.submit(stage.transfer(1))
        assert stage.get_statuses(second) == [Waiting()]
        first = stage.submit(stage.transfer(0))
        assert stage.get_statuses(first) == [Ready()]
        assert stage.get_statuses(second) == [Ready()]
        block = await stage.add_block(stage.transfer(0), stage.transfer(1))
        assert stage.get_statuses(first) == [InBlock(block, 2)]
        assert stage.get_statuses(second) == [InBlock(block, 3)]
        assert len(stage.pool.pool) == 0
        await stage.add_block()
        assert stage.get_statuses(first) == [Finalised(block, 2)]
        assert stage.get_statuses(second) == [Finalised(block, 3)]

    run(test)


def test_a_replacement_costs_a_tenth_more_and_ends_the_first() -> None:
    async def test(stage: PoolStage) -> None:
        first = stage.submit(stage.transfer(0, tip=UNIT))
        after = stage.submit(stage.transfer(1))
        with pytest.raises(PriorityTooLow, match=r"expected a fee of at least \d+ planck, got \d+"):
            stage.pool.submit(stage.transfer(0, tip=UNIT + UNIT // 20))
        tip = UNIT
        for _ in range(4):
            tip += tip // 5
            second = stage.submit(stage.transfer(0, tip=tip))
            assert stage.get_statuses(first) == [Ready(), Usurped(second)]
            first = second
        with pytest.raises(PriorityTooLow, match="at most 4 replacements"):
            stage.pool.submit(stage.transfer(0, tip=2 * tip))
        assert stage.get_statuses(after) == [Ready()]

    run(test)


def test_what_has_no_room_is_dropped() -> None:
    async def test(stage: PoolStage) -> None:
        first = stage.submit(stage.transfer(0))
        second = stage.submit(stage.wallet.transfer(CHARLIE, ALICE.account, 5, 0, tip=5))
        with pytest.raises(ImmediatelyDropped, match="full of transactions with a higher priority"):
            stage.pool.submit(stage.wallet.transfer(DAVE, ALICE.account, 5, 0))
        third = stage.submit(stage.wallet.transfer(DAVE, ALICE.account, 5, 0, tip=UNIT))
        assert stage.get_statuses(first) == [Ready(), Dropped()]
        assert stage.get_statuses(second) == [Ready()]
        assert stage.get_statuses(third) == [Ready()]

    run(test, PoolConfig(ready_count_max=2))


def test_one_of_the_same_nonce_in_a_block_makes_it_invalid() -> None:
    async def test(stage: PoolStage) -> None:
        ours = stage.submit(stage.transfer(0))
        await stage.add_block(stage.transfer(0, amount=6))
        assert stage.get_statuses(ours) == [Ready(), Invalid()]

    run(test)


def test_what_reaped_its_sender_is_gone_though_the_nonce_starts_again() -> None:
    async def test(stage: PoolStage) -> None:
        call = stage.wallet.make_call("Balances", "transfer_all", Id(ALICE.account), False)
        both = stage.transfer(0), stage.wallet.sign(BOB, call, 1)
        submitted = [stage.submit(each) for each in both]
        await stage.add_block(*both)
        assert stage.pool.get_next_nonce(BOB.account) == 0
        assert not any(stage.pool.pool.get(each) for each in submitted)

    run(test)


def test_it_is_invalid_once_its_era_is_over() -> None:
    async def test(stage: PoolStage) -> None:
        call = stage.wallet.make_call("System", "remark", b"")
        mortal = stage.submit(stage.wallet.sign(BOB, call, 0, era=Era.mortal(4, 0)))
        for _ in range(2):
            await stage.add_block()
        assert stage.get_statuses(mortal) == [Ready()]
        await stage.add_block()  # block 4 would be the first in which it is dead
        assert stage.get_statuses(mortal) == [Invalid()]

    run(test)


# --- forks


def test_transactions_of_retracted_blocks_wait_again() -> None:
    """The losing block leaves the store before the pool hears of it, as its rival becomes final."""

    async def test(stage: PoolStage) -> None:
        raw = [stage.transfer(nonce) for nonce in range(4)]
        hashes = [stage.submit(each) for each in raw]
        lost = await stage.add_block(*raw[:3])
        rival = await stage.add_block(
            raw[0], parent=stage.client.genesis_hash, author=CHARLIE.account
        )
        await stage.add_block(parent=rival, author=CHARLIE.account)
        assert stage.client.get_header(lost) is None
        assert [each.hash for each in stage.pool.pool.get_ready()] == hashes[1:]
        told = [stage.get_statuses(each) for each in hashes]
        assert told[0] == [
            Ready(),
            InBlock(lost, 2),
            Retracted(lost),
            InBlock(rival, 2),
            Finalised(rival, 2),
        ]
        assert told[1] == [Ready(), InBlock(lost, 3), Retracted(lost), Ready()]
        assert told[3] == [Ready(), Ready()]  # it waited until the others were back
        block = await stage.add_block(*raw[1:])
        assert stage.get_statuses(hashes[3]) == [InBlock(block, 4)]

    run(test)


def test_what_the_new_branch_forbids_ends_as_invalid() -> None:
    async def test(stage: PoolStage) -> None:
        raw = stage.transfer(0)
        ours = stage.submit(raw)
        lost = await stage.add_block(raw)
        rival = await stage.add_block(
            stage.transfer(0, amount=6),
            parent=stage.client.genesis_hash,
            author=CHARLIE.account,
        )
        await stage.add_block(parent=rival, author=CHARLIE.account)
        expected = [Ready(), InBlock(lost, 2), Retracted(lost), Invalid()]
        assert stage.get_statuses(ours) == expected
        assert len(stage.pool.pool) == 0

    run(test)


def test_a_full_pool_ends_what_it_cannot_take_back() -> None:
    async def test(stage: PoolStage) -> None:
        raw = stage.transfer(0)
        ours = stage.submit(raw)
        lost = await stage.add_block(raw)
        stage.submit(stage.wallet.transfer(DAVE, ALICE.account, 5, 0, tip=UNIT))
        rival = await stage.add_block(parent=stage.client.genesis_hash, author=CHARLIE.account)
        await stage.add_block(parent=rival, author=CHARLIE.account)
        expected = [Ready(), InBlock(lost, 2), Retracted(lost), Dropped()]
        assert stage.get_statuses(ours) == expected

    run(test, PoolConfig(ready_count_max=1))


def test_a_running_node_s_pool_follows_a_storm_of_blocks() -> None:
    async def main() -> None:
        client = open_client()
        maker, wallet = BlockMaker(client), Wallet(client)
        async with run_stage(client, clock=ManualClock(START_MS + 60_000)) as node:
            for nonce in range(20):
                raw = wallet.transfer(BOB, ALICE.account, 5, nonce)
                node.pool.submit(raw)
                await feed_good(node, maker.make(transactions=[raw]))
            await check_followed(node)

    run_seeded(main)


async def check_followed(node: Node) -> None:
    await wait_until_followed(node)
    assert len(node.pool.pool) == 0
    assert node.pool.get_next_nonce(BOB.account) == 20
