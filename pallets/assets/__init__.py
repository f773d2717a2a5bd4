"""Assets: every token beside the native one, in one ledger with one rule of supply."""

from pallets.assets.pallet import Assets

__all__ = ["Assets"]
