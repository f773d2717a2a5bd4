"""What must hold of the leases between any two dispatches."""

from collections import Counter
from typing import Protocol

from pallets.leases.lifecycle import REASON, Partners
from pallets.leases.types import Lease, Offer, compute_duty
from runtime.frame import StorageMap
from runtime.frame.ai_types import JobKind
from runtime.primitives import AccountId, Id


class Stored(Protocol):
    """The pallet's storage, as far as it is compared."""

    offer: StorageMap[Id, Offer]
    lease: StorageMap[Id, Lease]
    by_tenant: StorageMap[tuple[AccountId, Id], JobKind]
    by_provider: StorageMap[tuple[AccountId, Id], JobKind]


def ensure_consistent(leases: Stored, partners: Partners) -> None:
    """Asserts that balances, deposits, collateral, indices and counters agree with the leases."""
    held: Counter[AccountId] = Counter()
    taken: Counter[int] = Counter()
    tenants: dict[tuple[AccountId, int], JobKind] = {}
    providers: dict[tuple[AccountId, int], JobKind] = {}
    for number, lease in leases.lease.items():
        _ensure_lease(number, lease, partners)
        held[lease.tenant] += lease.balance + lease.deposit
        taken[lease.offer] += lease.subject.units
        tenants[lease.tenant, number] = lease.kind
        providers[lease.provider, number] = lease.kind
    for number, offer in leases.offer.items():
        held[offer.owner] += offer.deposit
        assert taken[number] == offer.taken <= offer.capacity, f"offer {number}: {offer.taken}"
    assert tenants == dict(leases.by_tenant.items()), "the index of tenants is wrong"
    assert providers == dict(leases.by_provider.items()), "the index of providers is wrong"
    for who, amount in held.items():
        on_hold = partners.money.get_held(REASON, who)
        assert amount == on_hold, f"{who}: {amount} in leases and offers, {on_hold} on hold"


def _ensure_lease(number: int, lease: Lease, partners: Partners) -> None:
    assert lease.paid == lease.rate * lease.paid_blocks, f"lease {number}: paid {lease.paid}"
    assert lease.funded == lease.paid + lease.balance, f"lease {number}: funded {lease.funded}"
    assert lease.misses < lease.misses_max, f"lease {number}: {lease.misses} misses"
    locked = partners.slasher.get_locked(compute_duty(number))
    assert locked == lease.bond, f"lease {number}: {locked} locked, not {lease.bond}"
    if lease.accepted_at is None:
        assert lease.paid == lease.bond == lease.settled_at == 0, f"lease {number} is not accepted"
        return
    blocks = lease.settled_at - lease.accepted_at
    windows = lease.paid_blocks + lease.misses * lease.step_blocks
    assert blocks == windows, f"lease {number}: {blocks} blocks settled, {windows} accounted for"
