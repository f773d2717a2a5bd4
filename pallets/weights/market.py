"""Weights of the market's calls."""

from runtime.primitives import Weight

POST = Weight(11_000_000_000, 17_000)
"""A graph may have many ops."""

POST_SLOT = Weight(19_000_000, 1_600)
POST_INPUT_BYTE = Weight(0, 1)
SUBMIT = Weight(4_600_000_000, 110_000)
"""Settling or slashing with the most royalties there are."""

SUBMIT_BYTE = Weight(22_000, 0)
CANCEL_BASE = Weight(310_000_000, 5_200)
SLOT_REFUND = Weight(120_000_000, 1_700)
CLOSE_BASE = Weight(530_000_000, 11_000)
SLOT_REMOVAL = Weight(19_000_000, 2_400)
TOP_UP = Weight(190_000_000, 2_800)
LOCK = Weight(950_000_000, 20_000)
POKE = Weight(510_000_000, 11_000)
BID = Weight(300_000_000, 9_300)
BID_RETURN = Weight(230_000_000, 5_300)
ACCEPT = Weight(370_000_000, 12_000)
STOP = Weight(180_000_000, 2_800)
"""What recurring adds to posting a job, or takes to end."""

RATE = Weight(240_000_000, 5_300)


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
