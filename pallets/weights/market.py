"""Weights of the market's calls: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

SETTLED_ITEMS = 160
"""What a settlement reads: for each of 32 royalties its record, payee and both accounts' parts."""

CANCEL_BASE = Weight(200_000_000, 2 * PROOF_BYTES_ITEM)
SLOT_REFUND = Weight(260_000_000, 4 * PROOF_BYTES_ITEM)
CLOSE_BASE = Weight(300_000_000, 8 * PROOF_BYTES_ITEM)
SLOT_REMOVAL = Weight(40_000_000, 5 * PROOF_BYTES_ITEM)
TOP_UP = Weight(200_000_000, 3 * PROOF_BYTES_ITEM)
LOCK = Weight(1_600_000_000, 13 * PROOF_BYTES_ITEM)
POKE = Weight(700_000_000, 12 * PROOF_BYTES_ITEM)
BID = Weight(300_000_000, 8 * PROOF_BYTES_ITEM)
BID_RETURN = Weight(120_000_000, 4 * PROOF_BYTES_ITEM)
STOP = Weight(300_000_000, 6 * PROOF_BYTES_ITEM)
RATE = Weight(150_000_000, 4 * PROOF_BYTES_ITEM)


def post(slots: int, input_bytes: int) -> Weight:
    """Checking model and inputs, and storing each slot; a graph may have many ops."""
    ref_time = 10_000_000_000 + 25_000_000 * slots + 3_000 * input_bytes
    return Weight(ref_time, 8_192 + 2 * PROOF_BYTES_ITEM * slots + input_bytes)


def submit(payload_bytes: int) -> Weight:
    """Settling or slashing with the most royalties there are; judging the claim is verify's."""
    return Weight(
        6_000_000_000 + 10_000 * payload_bytes, SETTLED_ITEMS * PROOF_BYTES_ITEM + payload_bytes
    )


def close(slots: int, bids: int) -> Weight:
    """Removing each slot, and returning each bid."""
    parts = multiply(SLOT_REMOVAL, slots) + multiply(BID_RETURN, bids)
    return CLOSE_BASE + parts


def accept(picks: int, bids: int) -> Weight:
    """Locking each slot, and what was due of it; returning each bid."""
    return CANCEL_BASE + multiply(LOCK + POKE, picks) + multiply(BID_RETURN, bids)


def multiply(weight: Weight, count: int) -> Weight:
    """So many times a weight."""
    return Weight(weight.ref_time * count, weight.proof_size * count)
