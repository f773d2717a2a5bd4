"""How a sale stands, and the calls that move it on, as read from the state."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chain.wallet.errors import WalletError
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sealed_file import Package, ensure_package
from chain.wallet.transaction import make_call
from pallets.registry.types import CHUNK_BYTES, Dataset
from pallets.runtime import Runtime
from pallets.vault import Offer, Order, OrderState
from runtime.crypto.chunk_cipher import KEY_SIZE, compute_key_commit
from runtime.crypto.hashing import blake2_256
from runtime.crypto.sealed_box import open_box, seal
from runtime.frame import Call
from runtime.frame.ai_types import SealedDataset
from runtime.primitives import AccountId, Hash

ORDERS_READ_MAX: Final = 10_000


class NoSuchSale(WalletError):
    """Nothing of this number is for sale, or was ordered."""


class BadDelivery(WalletError):
    """What the seller delivered is not the key."""


class NothingDelivered(WalletError):
    """The seller has not delivered yet."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with what is sold."""

    number: int
    order: Order
    sold: SealedDataset
    block_number: int

    @property
    def is_due(self) -> bool:
        """Whether a poke would end it."""
        return self.order.state is not OrderState.SETTLED and self.block_number > self.order.until


def read_offer(runtime: Runtime, record: int) -> tuple[Offer, SealedDataset]:
    """What is offered, and what of; `NoSuchSale`."""
    offer = runtime.vault.offer_.get(record)
    if offer is None:
        raise NoSuchSale(f"expected the number of a dataset that is for sale, got {record}")
    sold = runtime.registry.records.get_sealed_dataset(record, offer.terms.version)
    assert sold is not None, "an offer keeps its version; qed"
    return offer, sold


def read_order(runtime: Runtime, number: int) -> OrderView:
    """An order that is neither refunded nor closed; `NoSuchSale`."""
    order = runtime.vault.order_.get(number)
    if order is None:
        raise NoSuchSale(f"expected the number of an order that is not over, got {number}")
    sold = runtime.registry.records.get_sealed_dataset(order.record, order.terms.version)
    if sold is None:
        raise NoSuchSale(f"order {number}: version {order.terms.version} of the dataset is gone")
    return OrderView(number, order, sold, runtime.system.get_block_number())


def iter_sales(runtime: Runtime, seller: AccountId) -> Iterator[tuple[int, Order]]:
    """A seller's orders that are not over, among the first of all."""
    for number, order in islice(runtime.vault.order_.items(), ORDERS_READ_MAX):
        if order.seller == seller:
            yield number, order


def make_sealed_body(package: Package, key: bytes, items: int, schema: str) -> Dataset:
    """The record of an encrypted dataset."""
    return Dataset(
        plain_root=package.plain_tree.root,
        cipher_root=package.cipher_tree.root,
        key_commit=Hash(compute_key_commit(key)),
        items=items,
        chunk_bytes=CHUNK_BYTES,
        size_bytes=package.size_bytes,
        schema_hash=Hash(blake2_256(schema.encode())),
        gold_commit=None,
    )


def make_order_call(
    runtime: Runtime,
    record: int,
    offer: Offer,
    sold: SealedDataset,
    package: Package,
    keys: SaleKeys,
) -> Call:
    """Orders on the terms that were read; the package is checked before anything is paid.

    `BadPackage`, and `WalletError` where the order's secret cannot be stored.
    """
    ensure_package(package, sold)
    return make_call(runtime.vault.order, record, offer.terms, keys.make_secret())


def make_deliver_call(runtime: Runtime, view: OrderView, keys: SaleKeys) -> Call:
    """Delivers the key; `NoSuchSecret` where it is not here."""
    key = keys.get_key(view.sold.key_commit)
    return make_call(runtime.vault.deliver, view.number, seal(key, view.order.once_pk))


def open_delivery(view: OrderView, keys: SaleKeys) -> bytes:
    """The key in an order's box; `NothingDelivered`, `BadDelivery`, `NoSuchSecret`."""
    if view.order.sealed_box is None:
        raise NothingDelivered(f"order {view.number}: nothing is delivered yet")
    key = open_box(view.order.sealed_box, keys.get_secret(view.order.once_pk))
    if key is None or len(key) != KEY_SIZE:
        raise BadDelivery(f"order {view.number}: what was delivered does not open")
    if compute_key_commit(key) != view.sold.key_commit:
        raise BadDelivery(f"order {view.number}: what was delivered is another key")
    return key
