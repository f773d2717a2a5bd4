"""Vault: encrypted data is sold, and who cheats pays, by proof alone."""

from pallets.vault.pallet import Vault
from pallets.vault.sales import Partners
from pallets.vault.types import (
    ChunkProof,
    Fault,
    Offer,
    Order,
    OrderState,
    SaleTerms,
    VaultParams,
)

__all__ = [
    "ChunkProof",
    "Fault",
    "Offer",
    "Order",
    "OrderState",
    "Partners",
    "SaleTerms",
    "Vault",
    "VaultParams",
]
