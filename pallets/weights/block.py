"""Weights of what is around calls: twice what `tests/bench/bench_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account or the time, with its path in the state."""

BASE_EXTRINSIC = Weight(430_000_000, 3 * PROOF_BYTES_ITEM)
"""Decoding, an ed25519 signature, nonce, fee and events of one extrinsic."""

BASE_BLOCK = Weight(530_000_000, 2 * PROOF_BYTES_ITEM)
"""A block that holds nothing but its time."""
