"""US-7 told on a live node: ten give handwritten digits, a program judges, and a sale pays them.

One gives just what another gave, one labels at random, one tries to commit to another's commitment.
Beside the pool there is a small one whose owner never shows the hidden digits, and in which one
commits and does not reveal. The pooled digits are sold by sealed box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import trio

from chain.training import load_digits
from chain.wallet.pooling import gather_examples
from chain.wallet.publishing import (
    RecordTerms,
    batch_calls,
    make_dataset_body,
    make_register_call,
)
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sales import (
    make_deliver_call,
    make_order_call,
    make_sealed_body,
    open_delivery,
    read_offer,
    read_order,
)
from chain.wallet.sealed_file import load_package, pack_file, unpack_file
from chain.wallet.transaction import make_call
from pallets.pools import (
    PoolSpec,
    PoolTerms,
    ShareGrant,
    Training,
    compute_shard_commitment,
    compute_validation_commitment,
)
from pallets.registry.declarations import Registered
from pallets.vault import SaleTerms
from pallets.vault.declarations import Ordered
from runtime.address import Id
from runtime.frame import Call
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT, Hash
from runtime.tensor.blob import blob_root
from tests.stories.live_node import Included, LiveNode, find, get_account, open_live_node, send_well

OWNER, BUYER, POKER = "Alice", "Alice//buyer", "Alice//poker"
GIVERS = ("Bob", "Charlie", "Dave", "Eve", "Ferdie", *(f"Alice//giver{n}" for n in range(5)))
COPIER, DUPLICATE, NOISE = "Alice//giver2", "Alice//giver3", "Alice//giver4"
ABSENT = "Bob"
"""Commits in the small pool, and never reveals there."""

POOL, SILENT = 0, 1
TOTAL, SMALL_TOTAL, GIFT, PRICE = 500 * UNIT, 30 * UNIT, 1_000 * UNIT, 100 * UNIT
SUPPLY = 1_000_000
COLS, BASE_ROWS, HIDDEN_ROWS, SHARD_ROWS = 64, 60, 400, 90
TERMS = PoolTerms(commit_blocks=400, reveal_blocks=400, validation_blocks=400, score_blocks=400)
SHORT = PoolTerms(commit_blocks=400, reveal_blocks=8, validation_blocks=4, score_blocks=400)
SALE = SaleTerms(version=2, price=PRICE, deliver_blocks=20, dispute_blocks=10)
TRAINING = Training(0, 32, 2_000, 7, 7, 4, Hash(b"seven".ljust(32, b".")), 200)
SEED = 5


@dataclass(frozen=True)
class Digits:
    """All 1,797 digits in some order, with the label behind each."""

    @cached_property
    def table(self) -> "np.typing.NDArray[np.int8]":
        digits = load_digits()
        images = np.concatenate([digits.train_images, digits.test_images]).reshape(-1, COLS)
        labels = np.concatenate([digits.train_labels, digits.test_labels])
        order = np.random.default_rng(SEED).permutation(len(images))
        return np.column_stack([images, labels])[order].astype(np.int8)

    def take(self, first: int, count: int) -> bytes:
        """Examples as they are committed to."""
        return self.table[first : first + count].tobytes()

    @property
    def hidden(self) -> bytes:
        return self.take(0, HIDDEN_ROWS)

    @property
    def base(self) -> bytes:
        return self.take(HIDDEN_ROWS, BASE_ROWS)

    def get_shard(self, name: str) -> bytes:
        """What somebody gives: true, another's, or with labels that are drawn."""
        index = GIVERS.index(GIVERS[0] if name == DUPLICATE else name)
        shard = self.take(HIDDEN_ROWS + BASE_ROWS + SHARD_ROWS * index, SHARD_ROWS)
        if name != NOISE:
            return shard
        table = np.frombuffer(shard, np.int8).reshape(SHARD_ROWS, COLS + 1).copy()
        table[:, -1] = np.random.default_rng(SEED).integers(0, 10, SHARD_ROWS)
        return table.tobytes()


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    digits: Digits
    record: int
    copy: Included
    """The attempt to commit to what another had committed to."""

    pooled: bytes
    bought: bytes
    """What the buyer decrypted."""

    sale: int
    head: Hash
    state_root: Hash


@dataclass(frozen=True, slots=True)
class Hall:
    """Where it is played, and what everybody knows."""

    stage: LiveNode
    digits: Digits

    def get_salt(self, name: str) -> bytes:
        """Everybody's own; real ones are random."""
        return name.encode().ljust(32, b".")

    def make_commitment(self, number: int, name: str) -> Hash:
        """What binds a contributor to a shard in a pool."""
        genesis, root = self.stage.client.genesis_hash, blob_root(self.digits.get_shard(name))
        return compute_shard_commitment(
            genesis, number, get_account(name), root, self.get_salt(name)
        )

    async def send(self, name: str, calls: Sequence[Call]) -> Included:
        """All of the calls in one transaction, which has to succeed."""
        (one,) = batch_calls(self.stage.runtime, calls) if len(calls) > 1 else calls
        return await send_well(self.stage, name, one)


def tell_story(folder: Path) -> Told:
    """The whole story on a node of its own; it has stopped when this returns."""
    folder.mkdir()

    async def tell() -> Told:
        async with open_live_node(folder / "node", POKER) as stage:
            hall = Hall(stage, Digits())
            record = await open_pools(hall)
            copy = await commit_all(hall)
            await reveal_all(hall)
            await show_hidden(hall)
            await score_all(hall)
            await claim_all(hall, record)
            sale, pooled, bought = await sell(hall, record, folder)
            await share_out(hall, record)
            await poke_silent(hall)
        best = stage.client.best.value
        parts = (pooled, bought, sale)
        return Told(hall.digits, record, copy, *parts, best.hash, best.header.state_root)

    return trio.run(tell)


# --- collecting


async def open_pools(hall: Hall) -> int:
    """A dataset whose shares are granted, two pools over one base, and money for who has none."""
    runtime, digits = hall.stage.runtime, hall.digits
    body = make_dataset_body(digits.base, BASE_ROWS, "64 pixels and a label")
    register = make_register_call(runtime, body, body.plain_root, RecordTerms(0, 50_000))
    record = find(await hall.send(OWNER, [register]), Registered).record
    commitment = compute_validation_commitment(
        hall.stage.client.genesis_hash,
        get_account(OWNER),
        blob_root(digits.base),
        blob_root(digits.hidden),
        hall.get_salt(OWNER),
    )

    def make_open(seats: int, total: int, shares: ShareGrant | None, terms: PoolTerms) -> Call:
        spec = PoolSpec(
            blob_root(digits.base),
            COLS,
            10,
            TRAINING,
            "handwritten digits",
            seats,
            SHARD_ROWS,
            total,
            shares,
            HIDDEN_ROWS,
            commitment,
        )
        return make_call(runtime.pools.open, spec, terms)

    poor = (*GIVERS[5:], BUYER, POKER)
    gifts = [
        make_call(runtime.balances.transfer_keep_alive, Id(get_account(name)), GIFT)
        for name in poor
    ]
    put = make_call(runtime.registry.put_blob, digits.base)
    opens = (
        make_open(len(GIVERS), TOTAL, ShareGrant(record, SUPPLY), TERMS),
        make_open(2, SMALL_TOTAL, None, SHORT),
    )
    await hall.send(OWNER, [put, *opens, *gifts])
    return record


async def commit_all(hall: Hall) -> Included:
    """Everybody commits, the first before the one who has the same; a copy is refused."""
    call = hall.stage.runtime.pools.commit

    async def commit(name: str, numbers: tuple[int, ...]) -> None:
        calls = [make_call(call, number, hall.make_commitment(number, name)) for number in numbers]
        await hall.send(name, calls)

    await commit(GIVERS[0], (POOL, SILENT))
    stolen = hall.make_commitment(POOL, GIVERS[0])
    copy = await hall.stage.send(COPIER, make_call(call, POOL, stolen))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(commit, GIVERS[1], (POOL, SILENT))
        for name in GIVERS[2:]:
            nursery.start_soon(commit, name, (POOL,))
    return copy


async def reveal_all(hall: Hall) -> None:
    """Everybody puts a blob and reveals it; in the small pool one does not."""

    async def reveal(name: str) -> None:
        runtime, shard = hall.stage.runtime, hall.digits.get_shard(name)
        numbers = (POOL, SILENT) if name == GIVERS[1] else (POOL,)
        shown = [
            make_call(runtime.pools.reveal, number, blob_root(shard), hall.get_salt(name))
            for number in numbers
        ]
        await hall.send(name, [make_call(runtime.registry.put_blob, shard), *shown])

    async with trio.open_nursery() as nursery:
        for name in GIVERS:
            nursery.start_soon(reveal, name)


async def show_hidden(hall: Hall) -> None:
    """The owner shows what all are judged by, in the pool that matters."""
    runtime, hidden = hall.stage.runtime, hall.digits.hidden
    show = runtime.pools.show_validation
    await hall.send(OWNER, [make_call(runtime.registry.put_blob, hidden)])
    await hall.send(OWNER, [make_call(show, POOL, blob_root(hidden), hall.get_salt(OWNER))])


async def score_all(hall: Hall) -> None:
    """Each has a shard scored, whosever it is; the last one settles the pool."""
    call = hall.stage.runtime.pools.score
    async with trio.open_nursery() as nursery:
        for index, name in enumerate(GIVERS):
            nursery.start_soon(hall.send, name, [make_call(call, POOL, index)])


async def claim_all(hall: Hall, record: int) -> None:
    """Who earned shares claims and stakes them."""

    async def claim(name: str, shares: int) -> None:
        runtime = hall.stage.runtime
        await hall.send(name, [make_call(runtime.pools.claim_shares, POOL)])
        await hall.send(name, [make_call(runtime.rights.stake_shares, record, shares)])

    runtime = hall.stage.runtime
    seats = [runtime.pools.seat[POOL, index] for index in range(len(GIVERS))]
    names = {get_account(name): name for name in GIVERS}
    async with trio.open_nursery() as nursery:
        for seat in seats:
            if seat.shares > 0:
                nursery.start_soon(claim, names[seat.who], seat.shares)


# --- selling


async def sell(hall: Hall, record: int, folder: Path) -> tuple[int, bytes, bytes]:
    """The pooled digits as the record's next version; the order, what is sold, what was bought."""
    stage, keys = hall.stage, SaleKeys(folder / "keys")
    pooled, key = gather_examples(stage.runtime, POOL).tobytes(), keys.make_key()
    source = folder / "pooled"
    source.write_bytes(pooled)
    package = pack_file(source, folder / "pooled.sealed", key)
    body = make_sealed_body(package, key, len(pooled) // (COLS + 1), "64 pixels and a label")
    runtime = stage.runtime
    update = make_call(runtime.registry.update, record, body, body.plain_root)
    bond = make_call(runtime.bonds.bond, Role.KEEPER, 2 * PRICE)
    await hall.send(OWNER, [update, bond, make_call(runtime.vault.offer, record, SALE)])
    offered, sold = read_offer(stage.runtime, record)
    package = load_package(package.path)
    call = make_order_call(stage.runtime, record, offered, sold, package, keys)
    number = find(await hall.send(BUYER, [call]), Ordered).order
    await hall.send(
        OWNER, [make_deliver_call(stage.runtime, read_order(stage.runtime, number), keys)]
    )
    opened = open_delivery(read_order(stage.runtime, number), keys)
    assert unpack_file(package, opened, folder / "bought") is None
    await make_blocks(hall, read_order(stage.runtime, number).order.until)
    await hall.send(POKER, [make_call(stage.runtime.vault.poke, number)])
    return number, pooled, (folder / "bought").read_bytes()


async def share_out(hall: Hall, record: int) -> None:
    """Every shareholder claims what the sale brought."""
    runtime = hall.stage.runtime
    claim = make_call(runtime.rights.claim_revenue, record)
    async with trio.open_nursery() as nursery:
        for name in GIVERS:
            if (record, get_account(name)) in runtime.rights.stake:
                nursery.start_soon(hall.send, name, [claim])


async def poke_silent(hall: Hall) -> None:
    """One poke does all that is due of the small pool."""
    stage = hall.stage
    revealing = stage.runtime.pools.pool[SILENT].ends_at
    await make_blocks(hall, revealing + SHORT.validation_blocks)
    await hall.send(POKER, [make_call(stage.runtime.pools.poke, SILENT)])


async def make_blocks(hall: Hall, until: int) -> None:
    """Blocks up to a number, which come when somebody sends something."""
    while hall.stage.client.best.value.number < until:
        await hall.send(POKER, [make_call(hall.stage.runtime.system.remark, b"a block")])
