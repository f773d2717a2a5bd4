"""Work: credits for useful products, bonuses, and how much of the chain's work was useful."""

from pallets.work.pallet import Work
from pallets.work.types import Credit, Era, Receipt, WorkParams

__all__ = ["Credit", "Era", "Receipt", "Work", "WorkParams"]
