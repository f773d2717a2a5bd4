"""Weights of the leases pallet."""

from runtime.primitives import Weight

POST_OFFER = Weight(220_000_000, 6_600)
WITHDRAW_OFFER = Weight(130_000_000, 2_700)
START_LEASE = Weight(300_000_000, 9_800)
ACCEPT_LEASE = Weight(260_000_000, 7_700)
TOP_UP = Weight(410_000_000, 8_500)
ADVANCE = Weight(660_000_000, 14_000)
"""Everything that can be due of a lease, then one payment and its end."""

OPENING = Weight(22_000_000, 0)
"""A chunk that an audit asks for."""

PATH_NODE = Weight(4_000_000, 0)
"""A node of its path."""


def por_respond(openings: int, path_nodes: int) -> Weight:
    """Checking chunks with their paths, then paying for the window."""
    return ADVANCE + OPENING * openings + PATH_NODE * path_nodes
