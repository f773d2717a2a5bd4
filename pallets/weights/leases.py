"""Weights of the leases pallet."""

from runtime.primitives import Weight

POST_OFFER = Weight(220_000_000, 4_400)
WITHDRAW_OFFER = Weight(210_000_000, 1_800)
START_LEASE = Weight(320_000_000, 6_600)
ACCEPT_LEASE = Weight(250_000_000, 5_100)
TOP_UP = Weight(400_000_000, 5_700)
ADVANCE = Weight(630_000_000, 8_800)
"""Everything that can be due of a lease, then one payment and its end."""

OPENING = Weight(21_000_000, 0)
"""A chunk that an audit asks for."""

PATH_NODE = Weight(3_900_000, 0)
"""A node of its path."""


def por_respond(openings: int, path_nodes: int) -> Weight:
    """Checking chunks with their paths, then paying for the window."""
    return ADVANCE + OPENING * openings + PATH_NODE * path_nodes
