"""A long chain with the calls of many stories mixed, the same for a seed; and its replay.

Real blocks: sealed at the smallest difficulty, signed, imported one by one. Some calls fail, as on
any chain. A replay knows the blocks alone.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TypeAlias

from chain.client.block import Imported, IncomingBlock
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.store import KeyValueStore
from chain.keystore import KeyPair
from pallets.governance.types import Conviction, Side
from pallets.market import Infer, Posted, SlotState
from pallets.registry.types import Dataset
from pallets.rights.types import LicenceTerms, LicenceUse
from runtime.address import Id
from runtime.frame import Call
from runtime.frame.ai_types import Role, SlotId, VerifierId
from runtime.primitives import UNIT, Hash, Root
from runtime.tensor.blob import blob_root
from tests.helpers.market_blocks import MANIFEST, ROWS, TERMS, Market, make_importer
from tests.helpers.node_stage import open_client
from tests.helpers.slot_work import commit_result, run_slot

PEOPLE = 4
CALLS_MAX = 4
"""Calls of one block, at most."""

Sent: TypeAlias = tuple[KeyPair, Call]


class LongChain:
    """A chain that goes on by drawn calls."""

    def __init__(self, seed: int) -> None:
        self.market = Market(PEOPLE)
        self.blocks: list[IncomingBlock] = []
        self.calls = 0
        self._rng = Random(seed)
        self._stories: tuple[Callable[[], Sent], ...] = (
            self._transfer,
            self._post,
            self._lock,
            self._submit,
            self._rate,
            self._close,
            self._poke,
            self._bond,
            self._make_asset,
            self._move_asset,
            self._publish,
            self._offer,
            self._buy,
            self._upload,
            self._propose,
            self._vote,
        )

    async def grow(self, count: int) -> None:
        """So many more blocks."""
        if not self.blocks:
            self.blocks += await self.market.set_up()
        for _ in range(count):
            drawn = self._rng.choices(self._stories, k=self._rng.randint(0, CALLS_MAX))
            calls = [draw() for draw in drawn]
            block = self.market.maker.make(transactions=tuple(self.market.sign(calls)))
            assert isinstance(await self.market.importer.import_block(block), Imported)
            self.blocks.append(block)
            self.calls += len(block.extrinsics) - 2

    @property
    def client(self) -> Client:
        """The node that made it."""
        return self.market.client

    # --- what is drawn

    def _anybody(self) -> KeyPair:
        return self._rng.choice((*self.market.posters, *self.market.providers))

    def _call(self, pallet: str, name: str, *args: object) -> Sent:
        return self._anybody(), self.market.wallet.make_call(pallet, name, *args)

    def _draw_slot(self, *states: SlotState) -> SlotId:
        slots = get_runtime(self.client).market.slot.items()
        found = sorted(at for at, slot in slots if slot.state in states)
        return SlotId(*self._rng.choice(found)) if found else SlotId(0, 0)

    def _transfer(self) -> Sent:
        to = self._anybody().account
        return self._call("Balances", "transfer_keep_alive", Id(to), self._rng.randint(1, UNIT))

    def _post(self) -> Sent:
        spec = Infer(0, None, blob_root(self.market.inputs), ROWS, self._rng.choice((2, 4)), 1)
        price = Posted(self._rng.randint(1, UNIT))
        terms = replace(TERMS, open_blocks=20, work_blocks=10)
        return self._call("Market", "post", spec, price, VerifierId.REPLAY, terms)

    def _lock(self) -> Sent:
        at, place = self._draw_slot(SlotState.OPEN), self._rng.randrange(PEOPLE)
        call = self.market.wallet.make_call("Market", "lock", at.job, at.slot, 1 + place)
        return self.market.providers[place], call

    def _submit(self) -> Sent:
        at = self._draw_slot(SlotState.LOCKED, SlotState.LATE_OPEN)
        runtime = get_runtime(self.client)
        job, slot = runtime.market.job.get(at.job), runtime.market.slot.get((at.job, at.slot))
        if job is None or slot is None:
            return self._transfer()
        owners = [who for who in self.market.providers if who.account == slot.provider]
        who = (owners or [self._anybody()])[0]
        payload = bytearray(run_slot(runtime.registry.records, job, at.slot))
        payload[0] ^= self._rng.random() < 0.1  # now and then a lie
        given = commit_result(self.client.genesis_hash, at, job, who.account, bytes(payload))
        args = (at.job, at.slot, given, bytes(payload))
        return who, self.market.wallet.make_call("Market", "submit", *args)

    def _rate(self) -> Sent:
        at = self._draw_slot(SlotState.SETTLED)
        job = get_runtime(self.client).market.job.get(at.job)
        owner = None if job is None else job.owner
        found = [who for who in self.market.posters if who.account == owner]
        score = self._rng.randint(0, 110)
        call = self.market.wallet.make_call("Market", "rate", at.job, at.slot, score, b"")
        return (found or [self._anybody()])[0], call

    def _close(self) -> Sent:
        jobs = sorted(get_runtime(self.client).market.job.keys())
        return self._call("Market", "close", self._rng.choice(jobs) if jobs else 0)

    def _poke(self) -> Sent:
        states = (SlotState.OPEN, SlotState.LOCKED, SlotState.LATE_OPEN)
        at = self._draw_slot(*states)
        return self._call("Market", "poke", at.job, at.slot)

    def _bond(self) -> Sent:
        name = self._rng.choice(("bond", "unbond", "withdraw"))
        amount = (self._rng.randint(1, 100) * UNIT,)
        return self._call("Bonds", name, Role.PROVIDER, *(amount if name != "withdraw" else ()))

    def _make_asset(self) -> Sent:
        return self._call("Assets", "create", 6, 10, True, None, Hash.zero())

    def _move_asset(self) -> Sent:
        asset, to = self._rng.randrange(20), self._anybody().account
        name = self._rng.choice(("mint", "transfer"))
        return self._call("Assets", name, asset, Id(to), self._rng.randint(1, 1_000))

    def _publish(self) -> Sent:
        root = Root(self._rng.randbytes(32))
        body = Dataset(root, None, None, 9, 1_024, 999, Hash(b"s" * 32), None)
        return self._call("Registry", "register", body, MANIFEST, (), 10, 500)

    def _draw_record(self) -> int:
        return self._rng.randrange(get_runtime(self.client).registry.next_id.get())

    def _offer(self) -> Sent:
        terms = LicenceTerms(LicenceUse.RUN, 50, 100)
        return self._call("Rights", "offer", self._draw_record(), UNIT, terms, 5)

    def _buy(self) -> Sent:
        return self._call("Rights", "buy", self._draw_record(), 0)

    def _upload(self) -> Sent:
        content = self._rng.randbytes(self._rng.randint(0, 300))
        return self._call("Registry", "put_blob", content)

    def _propose(self) -> Sent:
        remark = self.market.wallet.make_call("System", "remark", self._rng.randbytes(9))
        return self._call("Governance", "propose", self._rng.randrange(4), remark)

    def _vote(self) -> Sent:
        proposal = self._rng.randrange(30)
        side = self._rng.choice((Side.AYE, Side.NAY))
        return self._call("Governance", "vote", proposal, side, UNIT, Conviction.LOCKED1X)


async def replay(chain: LongChain, client: Client) -> None:
    """Imports all of its blocks into another node's chain, which is at genesis."""
    importer = make_importer(client)
    for block in chain.blocks:
        outcome = await importer.import_block(block)
        assert isinstance(outcome, Imported), repr(outcome)


def open_replay(chain: LongChain, store: KeyValueStore) -> Client:
    """Another node of the same chain, over a store: a new one begins at genesis."""
    return open_client(store, chain.market.spec)
