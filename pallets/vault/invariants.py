"""What must hold of the vault's state between any two dispatches."""

from collections import Counter
from typing import Protocol

from pallets.vault.sales import REASON, Partners, compute_duty
from pallets.vault.types import Offer, Order, OrderState
from runtime.frame import StorageMap
from runtime.primitives import AccountId, Id


class Stored(Protocol):
    """The vault's storage."""

    offer_: StorageMap[Id, Offer]
    order_: StorageMap[Id, Order]
    awaiting: StorageMap[tuple[AccountId, Id], Id]


def ensure_consistent(vault: Stored, partners: Partners) -> None:
    """Asserts that what is on hold and locked is so for an offer or an order, to the planck."""
    held: Counter[AccountId] = Counter()
    waiting: dict[tuple[AccountId, int], int] = {}
    for record, offer in vault.offer_.items():
        held[offer.seller] += offer.deposit
        sealed = partners.records.get_sealed_dataset(record, offer.terms.version)
        assert sealed is not None, f"record {record}: what is offered is not kept"
    for number, order in vault.order_.items():
        held[order.buyer] += order.escrow + order.deposit
        locked = partners.slasher.get_locked(compute_duty(number))
        assert locked == order.bond, f"order {number}: {locked} locked, not {order.bond}"
        delivered = order.state is not OrderState.ORDERED
        assert delivered == (order.sealed_box is not None), f"order {number}: {order}"
        if not delivered:
            waiting[order.seller, number] = order.record
        sold = partners.records.get_sealed_dataset(order.record, order.terms.version)
        assert sold is not None, f"order {number}: what is sold is not kept"
    assert waiting == dict(vault.awaiting.items()), "the index of waiting orders is wrong"
    for who, amount in held.items():
        on_hold = partners.money.get_held(REASON, who)
        assert amount == on_hold, f"{who}: {amount} in sales, {on_hold} on hold"
