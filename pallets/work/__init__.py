"""Work: what blocks were mined with, what that earns, and what work costs."""

from pallets.work.emission import Emission
from pallets.work.pallet import Work
from pallets.work.prices import Band, GoingPrice
from pallets.work.rates import Rate
from pallets.work.types import Credit, Era, EraSchedule, Receipt, WorkParams

__all__ = [
    "Band",
    "Credit",
    "Emission",
    "Era",
    "EraSchedule",
    "GoingPrice",
    "Rate",
    "Receipt",
    "Work",
    "WorkParams",
]
