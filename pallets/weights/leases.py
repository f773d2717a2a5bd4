"""Weights of the leases pallet: about twice what `tests/bench/bench_lease_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

POST_OFFER = Weight(120_000_000, 8 * PROOF_BYTES_ITEM)
WITHDRAW_OFFER = Weight(80_000_000, 3 * PROOF_BYTES_ITEM)
START_LEASE = Weight(200_000_000, 8 * PROOF_BYTES_ITEM)
ACCEPT_LEASE = Weight(200_000_000, 8 * PROOF_BYTES_ITEM)
TOP_UP = Weight(400_000_000, 14 * PROOF_BYTES_ITEM)
ADVANCE = Weight(700_000_000, 16 * PROOF_BYTES_ITEM)
"""Everything that can be due of a lease, then one payment and its end."""


def por_respond(openings: int, path_nodes: int) -> Weight:
    """Checking chunks with their paths, then paying for the window."""
    ref_time = ADVANCE.ref_time + 10_000_000 * openings + 3_200_000 * path_nodes
    return Weight(ref_time, ADVANCE.proof_size)
