"""Weights of what is around calls."""

from runtime.primitives import Weight

BASE_EXTRINSIC = Weight(300_000_000, 4_900)
"""Decoding, an ed25519 signature, nonce, fee and events of one extrinsic."""

BASE_BLOCK = Weight(210_000_000, 12_000)
"""A block that holds nothing but its time."""
