"""Leases as a client makes and reads them."""

from dataclasses import dataclass

from chain.wallet.errors import WalletError
from chain.wallet.transaction import make_call
from pallets.leases import Lease, MachineTerms, Offer, StorageTerms
from pallets.runtime import Runtime
from runtime.frame import Call
from runtime.frame.ai_types import Role


class NoSuchLease(WalletError):
    """There is no lease of this number, or no longer."""


class NotKept(WalletError):
    """The bytes under a root are not there."""


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """What a provider lets."""

    record: int
    terms: MachineTerms | StorageTerms
    unit_rate: int
    min_blocks: int
    notice_blocks: int
    capacity: int
    bond: int
    """What is added to the bond that answers for leases; 0 adds nothing."""


@dataclass(frozen=True, slots=True)
class LeaseStanding:
    """A lease as it is at a block."""

    number: int
    lease: Lease
    block_number: int

    @property
    def phase(self) -> str:
        """Where it stands, in a word or two."""
        if self.lease.accepted_at is None:
            return "waiting for its provider"
        if self.block_number > self.lease.end:
            return "over, to be poked"
        return "running" if self.lease.ends_at is None else "reclaimed"


def make_offer_calls(runtime: Runtime, request: OfferRequest) -> list[Call]:
    """Adds to the bond, and posts the offer."""
    is_storage = isinstance(request.terms, StorageTerms)
    role = Role.STORAGE if is_storage else Role.PROVIDER
    bond = [make_call(runtime.bonds.bond, role, request.bond)] if request.bond else []
    post = make_call(
        runtime.leases.post_offer,
        request.record,
        request.terms,
        request.unit_rate,
        request.min_blocks,
        request.notice_blocks,
        request.capacity,
    )
    return [*bond, post]


def read_lease(runtime: Runtime, number: int) -> LeaseStanding:
    """A lease; `NoSuchLease`."""
    lease = runtime.leases.lease.get(number)
    if lease is None:
        raise NoSuchLease(f"expected the number of a lease that is not closed, got {number}")
    return LeaseStanding(number, lease, runtime.system.get_block_number())


def read_offers(runtime: Runtime) -> list[tuple[int, Offer]]:
    """Every offer that can be taken, in the order of their numbers."""
    offers = runtime.leases.offer.items()
    return sorted(
        (each for each in offers if each[1].taken < each[1].capacity), key=lambda pair: pair[0]
    )
