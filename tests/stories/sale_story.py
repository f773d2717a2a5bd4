"""US-5 told on a live node: a dataset of 256 KiB is sold by sealed box, and everybody cheats once.

Charlie sells honestly what is derived from Dave's data; Bob buys it, and Eve buys it and disputes
falsely. Ferdie sells a package with one flipped bit three times to Bob: with a wrong key, with the
right one, and then he is silent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from chain.wallet.publishing import RecordTerms, make_dataset_body, make_register_call
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sales import (
    BadDelivery,
    OrderView,
    make_deliver_call,
    make_order_call,
    make_sealed_body,
    open_delivery,
    read_offer,
    read_order,
)
from chain.wallet.sealed_file import Package, find_bad_chunk, load_package, pack_file, unpack_file
from chain.wallet.transaction import make_call
from pallets.registry.declarations import Registered
from pallets.registry.types import Parent, Relation
from pallets.vault import SaleTerms
from pallets.vault.declarations import Ordered
from runtime.codec import encode
from runtime.crypto.sealed_box import seal
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT, Hash
from tests.helpers.chunk_vectors import make_data
from tests.stories.live_node import Included, LiveNode, find, open_live_node, send_well

SELLER, CHEAT, BUYER, LIAR, ANCESTOR = "Charlie", "Ferdie", "Bob", "Eve", "Dave"
PEOPLE = (SELLER, CHEAT, BUYER, LIAR, ANCESTOR)
SIZE = 256 * 1024
PRICE = 50 * UNIT
ANCESTOR_BPS = 1_500
BOND = 300 * UNIT
TERMS = SaleTerms(version=1, price=PRICE, deliver_blocks=20, dispute_blocks=10)
HASTY = SaleTerms(version=1, price=PRICE, deliver_blocks=4, dispute_blocks=10)
FLIPPED_CHUNK = 137


@dataclass(frozen=True, slots=True)
class Goods:
    """A dataset that is for sale."""

    record: int
    package: Package
    plain: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    honest: Goods
    bought: bytes
    """What Bob decrypted."""

    sale: int
    false_dispute: Included
    wrong_key: Included
    wrong_chunk: Included
    proof_bytes: int
    silence: int
    head: Hash
    state_root: Hash


def tell_story(folder: Path) -> Told:
    """The whole story on a node of its own; it has stopped when this returns."""

    folder.mkdir()

    async def tell() -> Told:
        async with open_live_node(folder / "node", SELLER) as stage:
            keys = SaleKeys(folder / "keys")
            honest, forged = await list_both(stage, folder, keys)
            silence = await order(stage, BUYER, forged, keys)
            sale = await order(stage, BUYER, honest, keys)
            await deliver(stage, SELLER, sale, keys)
            bought = await open_it(stage, sale, honest, keys, folder / "bought")
            false_dispute = await dispute_falsely(stage, honest, keys)
            wrong_key = await sell_with_wrong_key(stage, forged, keys)
            wrong_chunk, proof_bytes = await sell_with_wrong_chunk(stage, forged, keys)
            for number in (silence, sale):
                await settle(stage, number)
        best = stage.client.best.value
        parts = (false_dispute, wrong_key, wrong_chunk, proof_bytes, silence)
        return Told(honest, bought, sale, *parts, best.hash, best.header.state_root)

    return trio.run(tell)


# --- listing


async def list_both(stage: LiveNode, folder: Path, keys: SaleKeys) -> tuple[Goods, Goods]:
    """Both sellers at the same time."""
    listed: dict[str, Goods] = {}

    async def run(name: str, make: Callable[[LiveNode, Path, SaleKeys], Awaitable[Goods]]) -> None:
        listed[name] = await make(stage, folder, keys)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, SELLER, list_derived)
        nursery.start_soon(run, CHEAT, list_forged)
    return listed[SELLER], listed[CHEAT]


async def list_derived(stage: LiveNode, folder: Path, keys: SaleKeys) -> Goods:
    """Dave's open data, and Charlie's that is made of it, encrypted."""
    plain = make_data("the data of US-5", SIZE)
    original = make_dataset_body(plain[: SIZE // 2], 128, "bytes")
    call = make_register_call(stage.runtime, original, original.plain_root, RecordTerms(0, 50_000))
    ancestor = find(await send_well(stage, ANCESTOR, call), Registered).record
    key = keys.make_key()
    package = pack(plain, folder / "data", key)
    parent = Parent(ancestor, Relation.DERIVED_FROM, ANCESTOR_BPS)
    record = await offer(stage, SELLER, package, key, TERMS, (parent,))
    return Goods(record, package, plain)


async def list_forged(stage: LiveNode, folder: Path, keys: SaleKeys) -> Goods:
    """Ferdie flips one bit after encrypting, and registers the roots that follow."""
    plain = make_data("the data of a cheat", SIZE)
    key = keys.make_key()
    package = flip_a_bit(pack(plain, folder / "other", key))
    return Goods(await offer(stage, CHEAT, package, key, HASTY), package, plain)


def pack(plain: bytes, source: Path, key: bytes) -> Package:
    """The data as a file, and the package beside it."""
    source.write_bytes(plain)
    return pack_file(source, source.with_suffix(".sealed"), key)


def flip_a_bit(package: Package) -> Package:
    """The same with one wrong bit of one chunk, and the roots that follow from it."""
    raw = bytearray(package.path.read_bytes())
    raw[-SIZE + FLIPPED_CHUNK * 1_024 + 5] ^= 4
    package.path.write_bytes(raw)
    return load_package(package.path)


async def offer(
    stage: LiveNode,
    name: str,
    package: Package,
    key: bytes,
    terms: SaleTerms,
    parents: tuple[Parent, ...] = (),
) -> int:
    """Registers, bonds and offers; the record's number."""
    runtime = stage.runtime
    body = make_sealed_body(package, key, 1, "bytes")
    call = make_register_call(runtime, body, body.plain_root, RecordTerms(0, 50_000, parents))
    record = find(await send_well(stage, name, call), Registered).record
    calls = (
        make_call(runtime.bonds.bond, Role.KEEPER, BOND),
        make_call(runtime.vault.offer, record, terms),
    )
    await send_well(stage, name, make_call(runtime.utility.batch_all, calls))
    return record


# --- buying


async def order(stage: LiveNode, name: str, goods: Goods, keys: SaleKeys) -> int:
    """Checks the package and orders; the order's number."""
    offered, sold = read_offer(stage.runtime, goods.record)
    package = load_package(goods.package.path)
    call = make_order_call(stage.runtime, goods.record, offered, sold, package, keys)
    return find(await send_well(stage, name, call), Ordered).order


async def deliver(stage: LiveNode, name: str, number: int, keys: SaleKeys) -> None:
    view = read_order(stage.runtime, number)
    await send_well(stage, name, make_deliver_call(stage.runtime, view, keys))


async def open_it(
    stage: LiveNode, number: int, goods: Goods, keys: SaleKeys, target: Path
) -> bytes:
    """What the buyer has in the end."""
    key = open_delivery(read_order(stage.runtime, number), keys)
    assert unpack_file(goods.package, key, target) is None
    return await trio.Path(target).read_bytes()


async def settle(stage: LiveNode, number: int) -> None:
    """Waits for the order's time to be over, and pokes it."""

    def is_due(view: OrderView) -> bool:
        return view.is_due

    await stage.wait_until(lambda runtime: is_due(read_order(runtime, number)))
    await send_well(stage, LIAR, make_call(stage.runtime.vault.poke, number))


# --- disputes


async def dispute_falsely(stage: LiveNode, goods: Goods, keys: SaleKeys) -> Included:
    """Eve says of a good key that it is wrong."""
    number = await order(stage, LIAR, goods, keys)
    await deliver(stage, SELLER, number, keys)
    return await dispute_key(stage, LIAR, number, keys)


async def dispute_key(stage: LiveNode, name: str, number: int, keys: SaleKeys) -> Included:
    secret = keys.get_secret(read_order(stage.runtime, number).order.once_pk)
    return await send_well(stage, name, make_call(stage.runtime.vault.dispute_key, number, secret))


async def sell_with_wrong_key(stage: LiveNode, goods: Goods, keys: SaleKeys) -> Included:
    """Ferdie seals another key; Bob sees it, and shows it."""
    number = await order(stage, BUYER, goods, keys)
    view = read_order(stage.runtime, number)
    box = seal(b"w" * 32, view.order.once_pk)
    await send_well(stage, CHEAT, make_call(stage.runtime.vault.deliver, number, box))
    try:
        open_delivery(read_order(stage.runtime, number), keys)
    except BadDelivery:
        return await dispute_key(stage, BUYER, number, keys)
    raise AssertionError("a wrong key was taken for the right one")


async def sell_with_wrong_chunk(
    stage: LiveNode, goods: Goods, keys: SaleKeys
) -> tuple[Included, int]:
    """Ferdie delivers the right key; one chunk does not decrypt to what was listed."""
    number = await order(stage, BUYER, goods, keys)
    await deliver(stage, CHEAT, number, keys)
    view = read_order(stage.runtime, number)
    bad = find_bad_chunk(goods.package, open_delivery(view, keys))
    assert bad == FLIPPED_CHUNK
    proof = goods.package.prove(bad)
    secret = keys.get_secret(view.order.once_pk)
    call = make_call(stage.runtime.vault.dispute_chunk, number, secret, proof)
    return await send_well(stage, BUYER, call), len(encode(proof))
