"""Leases: machines and storage by the block, paid as time passes, storage audited."""

from pallets.leases.lifecycle import Partners
from pallets.leases.pallet import Leases
from pallets.leases.types import (
    MISSES_MAX,
    TERM_BLOCKS_MAX,
    CloseReason,
    Lease,
    LeaseParams,
    Machines,
    MachineTerms,
    Offer,
    Opening,
    Replica,
    StorageTerms,
)

__all__ = [
    "MISSES_MAX",
    "TERM_BLOCKS_MAX",
    "CloseReason",
    "Lease",
    "LeaseParams",
    "Leases",
    "MachineTerms",
    "Machines",
    "Offer",
    "Opening",
    "Partners",
    "Replica",
    "StorageTerms",
]
