"""The market: jobs cut into slots, escrow, settlement by verdict, ratings."""

from pallets.market.book import Partners
from pallets.market.pallet import Market
from pallets.market.prices import Bids, Dutch, Going, Posted, PriceRule
from pallets.market.recurring import Recurrence
from pallets.market.slots import SlotReader
from pallets.market.specs import (
    Commission,
    ComputeToData,
    Evaluate,
    Infer,
    JobSpec,
    Product,
    Render,
    Train,
)
from pallets.market.types import (
    Bid,
    Job,
    MarketParams,
    Slot,
    SlotState,
    Stats,
    Terms,
)

__all__ = [
    "Bid",
    "Bids",
    "Commission",
    "ComputeToData",
    "Dutch",
    "Going",
    "Evaluate",
    "Infer",
    "Job",
    "JobSpec",
    "Market",
    "MarketParams",
    "Partners",
    "Posted",
    "PriceRule",
    "Product",
    "Recurrence",
    "Render",
    "Slot",
    "SlotReader",
    "SlotState",
    "Stats",
    "Terms",
    "Train",
]
