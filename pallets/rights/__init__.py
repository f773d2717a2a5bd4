"""Rights in records: licences that are sold and resold, shares that earn what a record earns."""

from pallets.rights.pallet import Rights
from pallets.rights.sales import Partners
from pallets.rights.types import RightsParams

__all__ = ["Partners", "Rights", "RightsParams"]
