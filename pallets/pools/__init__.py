"""Collection pools: many contribute data, and a hidden validation set says what it is worth."""

from pallets.pools.commitments import (
    compute_shard_commitment,
    compute_validation_commitment,
    get_pot,
)
from pallets.pools.lifecycle import Partners
from pallets.pools.pallet import Pools
from pallets.pools.types import (
    Judge,
    Phase,
    Pool,
    PoolParams,
    PoolSpec,
    PoolTerms,
    Seat,
    SeatState,
    ShareGrant,
    Training,
)

__all__ = [
    "Judge",
    "Partners",
    "Phase",
    "Pool",
    "PoolParams",
    "PoolSpec",
    "PoolTerms",
    "Pools",
    "Seat",
    "SeatState",
    "ShareGrant",
    "Training",
    "compute_shard_commitment",
    "compute_validation_commitment",
    "get_pot",
]
