"""The preimage pallet: bytes kept under their hash, for calls that name them by it."""

from pallets.preimage.pallet import Preimage

__all__ = ["Preimage"]
