"""Weights of timestamp's call and hook: twice what `tests/bench/bench_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""The time with its path in the state."""

SET = Weight(23_000_000, 2 * PROOF_BYTES_ITEM)
ON_FINALIZE = Weight(5_000_000)
