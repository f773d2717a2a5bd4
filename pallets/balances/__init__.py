"""The native token: accounts' balances, holds, locks and issuance."""

from pallets.balances.ledger import Ledger
from pallets.balances.pallet import Balances

__all__ = ["Balances", "Ledger"]
