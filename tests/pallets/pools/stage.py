"""Collection pools over the real base pallets, registry, assets and rights; made-up examples."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from pallets.assets import Assets
from pallets.pools import (
    Partners,
    Pool,
    PoolParams,
    Pools,
    PoolSpec,
    PoolTerms,
    Seat,
    ShareGrant,
    Training,
    compute_shard_commitment,
    compute_validation_commitment,
)
from pallets.registry import Registry
from pallets.registry.types import Dataset
from pallets.rights import Partners as RightsPartners
from pallets.rights import Rights, RightsParams
from runtime.errors import DispatchError
from runtime.frame import Event, Origin, Pallet, PostDispatch
from runtime.header import Digest, Header
from runtime.primitives import AccountId, Hash, Root
from runtime.programs import ReferenceRunner
from runtime.tensor.blob import blob_root
from tests.helpers.mock_runtime import EXISTENTIAL_DEPOSIT, MockRuntime
from tests.helpers.noop import assert_noop

OWNER = AccountId(b"\x01" * 32)
PEOPLE = tuple(AccountId(bytes([n]) * 32) for n in range(11, 17))
TREASURY, STRANGER = AccountId(b"\x62" * 32), AccountId(b"\x63" * 32)
FUNDS = 10**15
TOTAL = 1_000_003
"""A prime, so that rounding shows."""

SUPPLY = 997
COLS, CLASSES, BASE_ROWS, SHARD_ROWS, HIDDEN_ROWS, SEATS = 8, 4, 3, 12, 60, 3
GENESIS = Hash(b"g" * 32)
SALT = b"s" * 32
TRAINING = Training(
    hidden=0, batch=8, margin=2_000, shift=0, rate=7, hidden_rate=0, seed=Hash(b"d" * 32), steps=24
)
TERMS = PoolTerms(commit_blocks=6, reveal_blocks=5, validation_blocks=4, score_blocks=7)
PARAMS = PoolParams(
    seat_deposit=3_001,
    validation_deposit_min=5_000,
    pool_deposit=7_000,
    byte_deposit=1,
    result_blocks=30,
)
CENTRES = np.random.default_rng(77).integers(-40, 41, (CLASSES, COLS))


def make_examples(seed: int, count: int, *, is_true: bool = True) -> bytes:
    """Rows around the centre of their class; with labels that are drawn where they are not true."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    rows = np.clip(CENTRES[labels] + rng.integers(-22, 23, (count, COLS)), -63, 63)
    said = labels if is_true else (labels + rng.integers(1, CLASSES, count)) % CLASSES
    return np.column_stack([rows, said]).astype(np.int8).tobytes()


BASE = make_examples(1, BASE_ROWS)
HIDDEN = make_examples(2, HIDDEN_ROWS)
SHARDS = tuple(make_examples(10 + seed, SHARD_ROWS) for seed in range(len(PEOPLE)))
LIES = make_examples(30, SHARD_ROWS, is_true=False)


class PoolStage:
    """An owner with a dataset, six who could contribute, and a base in the state."""

    def __init__(self, params: PoolParams = PARAMS) -> None:
        people = (OWNER, *PEOPLE, STRANGER, TREASURY)
        self.runtime = runtime = MockRuntime([(who, FUNDS) for who in people])
        self.state, self.system, self.money = runtime.state, runtime.system, runtime.money
        self.registry = Registry(
            self.state, self.system, self.money, index=20, record_deposit=5_000, byte_deposit=1
        )
        self.assets = Assets(
            self.state,
            self.system,
            self.money,
            index=19,
            asset_deposit=10_000,
            byte_deposit=1,
            holding_deposit=100,
        )
        records = self.registry.records
        self.rights = Rights(
            self.state,
            RightsPartners(self.system, self.money, self.assets.book, records),
            index=18,
            params=RightsParams(TREASURY, 50, EXISTENTIAL_DEPOSIT),
        )
        partners = Partners(
            self.money, records, self.rights.revenue, self.system, ReferenceRunner()
        )
        self.pools = Pools(self.state, self.system, partners, index=31, params=params)
        runtime.add(self.registry, self.assets, self.rights, self.pools)
        self.number = 0
        self.next_block()
        self.base = self.put_blob(OWNER, BASE)
        self.record = self.register(OWNER)
        self.take_events()

    # --- blocks

    def next_block(self) -> None:
        """The next block begins; the last one left everything in order."""
        if self.number > 0:
            self.registry.on_finalize(self.number)
            self.try_state()
        self.number += 1
        parent = GENESIS if self.number == 1 else Hash.zero()
        self.system.initialize(Header(parent, self.number, Hash.zero(), Hash.zero(), Digest()))
        self.registry.on_initialize(self.number)

    def skip(self, blocks: int) -> None:
        """So many blocks pass."""
        for _ in range(blocks):
            self.next_block()

    def pass_phase(self, number: int) -> None:
        """The first block in which the pool's phase is over."""
        self.skip(self.get(number).ends_at + 1 - self.number)

    def try_state(self) -> None:
        """Checks the invariants of these pallets."""
        for pallet in (self.registry, self.assets, self.rights, self.pools):
            pallet.try_state()

    # --- dispatching

    def dispatch(self, pallet: Pallet, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A signed call, encoded and decoded on its way."""
        call = self.runtime.make_call(pallet, name, *args)
        post = self.runtime.dispatch(call, Origin.signed(who))
        declared = call.get_dispatch_info().weight
        assert post.actual_weight is None or post.actual_weight.is_within(declared)
        return post

    def call(self, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A call of the pallet."""
        return self.dispatch(self.pools, name, who, *args)

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Generator[None]:
        """Fails unless what is dispatched raises the error and leaves no trace."""
        with assert_noop(self.state, error):
            yield

    def take_events(self) -> list[Event]:
        """The events since the last time."""
        return self.runtime.take_events()

    def find_event(self, kind: type[Event]) -> Any:
        """The one event of a kind since the last time."""
        (found,) = [event for event in self.take_events() if isinstance(event, kind)]
        return found

    # --- registry

    def put_blob(self, who: AccountId, content: bytes) -> Root:
        """Puts a blob, where the account has not; its root."""
        root = blob_root(content)
        if (root, who) not in self.registry.blob_stake:
            self.dispatch(self.registry, "put_blob", who, content)
        return root

    def register(self, who: AccountId) -> int:
        """A dataset; its number."""
        number = self.registry.next_id.get()
        body = Dataset(Root(b"p" * 32), None, None, 1, 1_024, 1, Hash(b"s" * 32), None)
        self.dispatch(self.registry, "register", who, body, Root(b"m" * 32), (), 0, 50_000)
        return number

    # --- pools

    def make_spec(self, **changes: Any) -> PoolSpec:
        """Three seats, shards of twelve examples, sixty hidden ones."""
        hidden, base = changes.pop("hidden", HIDDEN), changes.get("base", self.base)
        committed = compute_validation_commitment(GENESIS, OWNER, base, blob_root(hidden), SALT)
        spec = PoolSpec(
            base=base,
            cols=COLS,
            classes=CLASSES,
            training=TRAINING,
            task="which of four is it?",
            seats=SEATS,
            shard_rows=SHARD_ROWS,
            total=TOTAL,
            shares=None,
            validation_rows=HIDDEN_ROWS,
            validation_commitment=committed,
        )
        return replace(spec, **changes)

    def open(self, terms: PoolTerms = TERMS, **changes: Any) -> int:
        """Opens a pool of the owner's; its number."""
        number = self.pools.next_pool.get()
        self.call("open", OWNER, self.make_spec(**changes), terms)
        return number

    def open_shared(self, **changes: Any) -> int:
        """The same, with shares of the owner's dataset."""
        return self.open(shares=ShareGrant(self.record, SUPPLY), **changes)

    def commit(self, number: int, who: AccountId, shard: bytes) -> PostDispatch:
        """Commits to a shard under the contributor's own salt."""
        root = blob_root(shard)
        commitment = compute_shard_commitment(GENESIS, number, who, root, get_salt(who))
        return self.call("commit", who, number, commitment)

    def reveal(self, number: int, who: AccountId, shard: bytes) -> PostDispatch:
        """Reveals a shard, whose blob is put before."""
        return self.call("reveal", who, number, self.put_blob(who, shard), get_salt(who))

    def contribute(self, number: int, shards: Sequence[bytes]) -> None:
        """Everybody commits, then everybody reveals."""
        for who, shard in zip(PEOPLE, shards, strict=False):
            self.commit(number, who, shard)
        for who, shard in zip(PEOPLE, shards, strict=False):
            self.reveal(number, who, shard)

    def show(self, number: int, hidden: bytes = HIDDEN) -> PostDispatch:
        """Shows the hidden examples."""
        return self.call("show_validation", OWNER, number, self.put_blob(OWNER, hidden), SALT)

    def score(self, number: int, index: int) -> PostDispatch:
        """Has a shard tried."""
        return self.call("score", STRANGER, number, index)

    def play(self, number: int, shards: Sequence[bytes]) -> None:
        """A whole pool, from the first commitment to its settlement."""
        self.contribute(number, shards)
        self.show(number)
        for index in range(len(shards)):
            self.score(number, index)

    def poke(self, number: int) -> PostDispatch:
        """Applies what is due."""
        return self.call("poke", STRANGER, number)

    def get(self, number: int) -> Pool:
        """A pool as it is stored."""
        return self.pools.pool[number]

    def get_seat(self, number: int, index: int) -> Seat:
        """A seat as it is stored."""
        return self.pools.seat[number, index]

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.system.get_data(who).total


def get_salt(who: AccountId) -> bytes:
    """A contributor's salt; a real one is random."""
    return bytes(reversed(who[:31])) + b"\x77"
