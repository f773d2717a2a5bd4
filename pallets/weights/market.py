"""Weights of the market's calls."""

from runtime.primitives import Weight

POST = Weight(8_100_000_000, 18_000)
"""A graph may have many ops."""

POST_SLOT = Weight(17_000_000, 1_600)
POST_INPUT_BYTE = Weight(1_100, 1)
SUBMIT = Weight(2_700_000_000, 110_000)
"""Settling or slashing with the most royalties there are."""

SUBMIT_BYTE = Weight(7_800, 0)
CANCEL_BASE = Weight(250_000_000, 5_600)
SLOT_REFUND = Weight(59_000_000, 2_400)
CLOSE_BASE = Weight(430_000_000, 11_000)
SLOT_REMOVAL = Weight(21_000_000, 2_400)
TOP_UP = Weight(170_000_000, 3_200)
LOCK = Weight(940_000_000, 22_000)
POKE = Weight(390_000_000, 12_000)
BID = Weight(420_000_000, 12_000)
BID_RETURN = Weight(230_000_000, 5_600)
ACCEPT = Weight(460_000_000, 14_000)
STOP = Weight(160_000_000, 3_100)
"""What recurring adds to posting a job, or takes to end."""

RATE = Weight(160_000_000, 5_300)


def post(slots: int, input_bytes: int) -> Weight:
    """Checking model and inputs, and storing each slot."""
    return POST + POST_SLOT * slots + POST_INPUT_BYTE * input_bytes


def submit(payload_bytes: int) -> Weight:
    """Beside judging the claim, which is verify's."""
    return SUBMIT + SUBMIT_BYTE * payload_bytes


def cancel(slots: int) -> Weight:
    """Refunding each slot."""
    return CANCEL_BASE + SLOT_REFUND * slots


def close(slots: int, bids: int) -> Weight:
    """Removing each slot, and returning each bid."""
    return CLOSE_BASE + SLOT_REMOVAL * slots + BID_RETURN * bids


def accept(picks: int, bids: int) -> Weight:
    """Locking each slot, and what was due of it; returning each bid."""
    return ACCEPT + (LOCK + POKE) * picks + BID_RETURN * bids


def drop_bids(bids: int) -> Weight:
    """Returning each bid."""
    return BID_RETURN * max(bids, 1)
