"""The market: jobs cut into slots, escrow, settlement by verdict, ratings."""

from pallets.market.lifecycle import Partners
from pallets.market.pallet import Market
from pallets.market.slots import SlotReader
from pallets.market.types import (
    Dutch,
    Job,
    JobSpec,
    MarketParams,
    Posted,
    Slot,
    SlotState,
    Stats,
    Terms,
)

__all__ = [
    "Dutch",
    "Job",
    "JobSpec",
    "Market",
    "MarketParams",
    "Partners",
    "Posted",
    "Slot",
    "SlotReader",
    "SlotState",
    "Stats",
    "Terms",
]
