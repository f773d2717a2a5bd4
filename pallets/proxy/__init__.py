"""The proxy pallet: accounts that may call for others, within the limits of a type."""

from pallets.proxy.book import ProxyTerms
from pallets.proxy.pallet import Proxy, compute_pure_account

__all__ = ["Proxy", "ProxyTerms", "compute_pure_account"]
