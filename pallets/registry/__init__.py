"""The registry: identities, provenance and royalties of AI things, and blobs."""

from pallets.registry.pallet import Registry
from pallets.registry.types import BLOCK_BLOB_BYTES, BYTE_DEPOSIT, RECORD_DEPOSIT

__all__ = ["BLOCK_BLOB_BYTES", "BYTE_DEPOSIT", "RECORD_DEPOSIT", "Registry"]
