"""A node and those around it, who do what a seed says; all is checked after every step."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

import trio
from trio.testing import wait_all_tasks_blocked

from chain.client.block import Imported, Rejected
from chain.client.client import Client
from chain.client.importer import submit_block
from chain.client.typed_state import get_runtime
from chain.node import Keys, Node
from chain.txpool.transaction import (
    Dropped,
    Finalised,
    InBlock,
    Invalid,
    PoolRejection,
    Ready,
    Retracted,
    Status,
    Usurped,
    Waiting,
)
from chain.watch import Subscription
from runtime.crypto.hashing import blake2_256
from runtime.errors import InvalidTransaction
from runtime.primitives import UNIT, AccountId, Hash
from tests.helpers.clock import START_MS, SimulatedClock
from tests.helpers.forged_block import Forger, flip
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    BlockMaker,
    Wallet,
    open_client,
    run_stage,
)
from tests.simulation.power import FragileStore, PowerCut

USERS = (BOB, CHARLIE, DAVE)
ENDS = (Finalised, Usurped, Dropped, Invalid)


@dataclass(slots=True)
class World:
    """What outlives the node: its disk, the time, and what it reported final."""

    random: Random
    store: FragileStore = field(default_factory=FragileStore)
    elapsed_s: float = 0
    final: list[Hash] = field(default_factory=list[Hash])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def count(self, what: str) -> None:
        """Notes that something happened, so that a test can ask whether everything did."""
        self.counts[what] = self.counts.get(what, 0) + 1

    async def live(self, steps: int) -> None:
        """One run of the node, to its stop or its crash."""
        begun_s = trio.current_time()
        try:
            await self._run(steps)
            self.count("stop")
        except* PowerCut:
            self.count("crash")
        self.elapsed_s += trio.current_time() - begun_s
        is_power_cut = self.random.random() < 0.5
        self.store = self.store.restart(self.random, is_power_cut=is_power_cut)

    async def _run(self, steps: int) -> None:
        client = open_client(self.store)
        if self.random.random() < 0.7:
            self.store.stop_at_write(self.random.randrange(2, 4 * steps))
        clock = SimulatedClock(START_MS + round(self.elapsed_s * 1_000))
        keys = Keys(author=ALICE) if self.random.random() < 0.7 else Keys()
        with ExitStack() as stack:
            async with run_stage(client, keys, clock=clock) as node:
                life = Life(self, node, clock, stack)
                life.check()
                for _ in range(steps):
                    await life.act()
                    await wait_all_tasks_blocked()
                    life.check()


class Life:
    """One run of the node as seen from around it."""

    def __init__(self, world: World, node: Node, clock: SimulatedClock, stack: ExitStack) -> None:
        self.world, self.node, self.clock, self.stack = world, node, clock, stack
        self.random = world.random
        self.wallet = Wallet(node.client)
        self.maker = BlockMaker(node.client, author=DAVE.account)
        self.watched: dict[Hash, Subscription[Status]] = {}
        self.last: dict[Hash, Status] = {}

    @property
    def client(self) -> Client:
        return self.node.client

    # --- what happens

    async def act(self) -> None:
        """Something, as the seed says."""
        actions = (*(self.submit,) * 4, *(self.fork,) * 3, self.forge, self.garbage)
        await self.random.choice(actions)()
        if self.random.random() < 0.4:
            await trio.sleep(self.random.random() * 3)

    async def submit(self) -> None:
        """A transfer of somebody's, perhaps behind a gap or in place of another."""
        user = self.random.choice(USERS)
        nonce = self.node.pool.get_next_nonce(user.account) + self.random.choice((0, 0, 0, 1, -1))
        tip = self.random.randrange(UNIT)
        raw = self.wallet.transfer(user, self.choose_account(), 5, max(0, nonce), tip=tip)
        extrinsic_hash = Hash(blake2_256(raw))
        self.watched[extrinsic_hash] = self.stack.enter_context(
            self.node.pool.watch(extrinsic_hash)
        )
        try:
            self.node.pool.submit(raw)
            self.world.count("submitted")
        except (PoolRejection, InvalidTransaction):
            del self.watched[extrinsic_hash]
            self.world.count("refused")

    def choose_account(self) -> AccountId:
        return self.random.choice((ALICE, *USERS)).account

    async def fork(self) -> None:
        """A block of another author's on any block that one can be built on, or two."""
        client = self.client
        parents = (client.finalised.value, *client.get_unfinalised())
        parent = self.random.choice((parents[0], *parents[-3:])).hash
        for _ in range(self.random.choice((1, 2))):
            raw = tuple(self.choose_transactions(parent))
            block = self.maker.make(parent, raw, now_ms=self.clock.now_ms())
            result = await submit_block(self.node.to_import, block)
            self.world.count(type(result).__name__)
            if not isinstance(result, Imported):
                return
            if not result.is_best:
                self.world.count("aside")
            parent = result.head.hash

    def choose_transactions(self, parent: Hash) -> Iterator[bytes]:
        """Some users' next transactions after a block: those in the pool, or others."""
        system = get_runtime(self.client, parent).system
        for user in USERS:
            nonce = system.get_nonce(user.account)
            waiting = [
                each for each in self.node.pool.pool.get_of(user.account) if each.nonce == nonce
            ]
            if waiting and self.random.random() < 0.6:
                yield waiting[0].extrinsic.raw
            elif self.random.random() < 0.2:
                yield self.wallet.transfer(user, self.choose_account(), 7, nonce)

    async def forge(self) -> None:
        """A block with a wrong body, root or target."""
        forger = Forger(self.maker, self.wallet)
        block = self.random.choice(
            (
                lambda: forger.with_body(lambda body: body[::-1]),
                lambda: forger.with_header(state_root=Hash(self.random.randbytes(32))),
                lambda: forger.with_seal(ticket=bytes(32)),
            )
        )()
        result = await submit_block(self.node.to_import, block)
        assert isinstance(result, Rejected), result
        self.world.count("forged")

    async def garbage(self) -> None:
        """Bytes that are no transaction, or one with a wrong signature."""
        good = self.wallet.transfer(BOB, ALICE.account, 1, 0)
        raw = flip(good, self.random.randrange(len(good)))
        try:
            self.node.pool.submit(raw)
        except (PoolRejection, InvalidTransaction):
            self.world.count("garbage")

    # --- what must be so

    def check(self) -> None:
        """Everything."""
        self.check_final()
        self.check_states()
        self.check_pool()
        self.check_watchers()

    def check_final(self) -> None:
        """What was final once is so for ever; the best block is the heaviest above it."""
        client, final = self.client, self.world.final
        number = client.finalised.value.number
        assert number >= len(final) - 1
        line = [client.get_block_hash(each) for each in range(number + 1)]
        assert line[: len(final)] == final
        self.world.final = [each for each in line if each is not None]
        scores = [head.score for head in client.get_unfinalised()]
        assert client.best.value.score == max([client.finalised.value.score, *scores])
        assert client.get_block_hash(client.best.value.number) == client.best.value.hash

    def check_states(self) -> None:
        """Every open block's state can be read and keeps the pallets' invariants."""
        for head in (self.client.finalised.value, *self.client.get_unfinalised()):
            runtime = get_runtime(self.client, head.hash)
            assert runtime.system.get_block_number() == head.number
            for pallet in runtime.pallets:
                pallet.try_state()

    def check_pool(self) -> None:
        """Each sender's ready ones follow the state's nonce; the rest are behind gaps."""
        pool, system = self.node.pool.pool, get_runtime(self.client).system
        assert self.node.pool.followed.value == self.client.best.value.hash
        nonces: dict[AccountId, int] = {}
        for each in pool.get_ready():
            expected = nonces.get(each.sender, system.get_nonce(each.sender))
            assert each.nonce == expected
            nonces[each.sender] = expected + 1
        ready = {each.hash for each in pool.get_ready()}
        assert pool.ready_count == len(ready)
        for each in pool.get_all():
            first = nonces.get(each.sender, system.get_nonce(each.sender))
            assert each.hash in ready or each.nonce > first

    def check_watchers(self) -> None:
        """Whoever waits for a transaction heard the truth, and an end where there is one."""
        included = set(self.iter_open_bodies())
        for extrinsic_hash, statuses in self.watched.items():
            while (status := statuses.receive_nowait()) is not None:
                assert not isinstance(self.last.get(extrinsic_hash), ENDS), "said after the end"
                self.last[extrinsic_hash] = status
                self.world.count(type(status).__name__)
            assert not isinstance(self.last[extrinsic_hash], Retracted), "nothing followed"
            last, is_here = self.last[extrinsic_hash], self.node.pool.pool.get(extrinsic_hash)
            assert (is_here is not None) == isinstance(last, (Ready, Waiting)), last
            assert (extrinsic_hash in included) == isinstance(last, InBlock), last

    def iter_open_bodies(self) -> Iterator[Hash]:
        """The extrinsics of the best chain's blocks that are not final."""
        client = self.client
        for number in range(client.finalised.value.number + 1, client.best.value.number + 1):
            block_hash = client.get_block_hash(number)
            assert block_hash is not None
            for raw in client.get_body(block_hash) or ():
                yield Hash(blake2_256(raw))
