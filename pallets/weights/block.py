"""Weights of what is around calls."""

from runtime.primitives import Weight

BASE_EXTRINSIC = Weight(350_000_000, 3_300)
"""Decoding, an ed25519 signature, nonce, fee and events of one extrinsic."""

BASE_BLOCK = Weight(260_000_000, 6_800)
"""A block that holds nothing but its time."""
