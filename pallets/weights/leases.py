"""Weights of the leases pallet."""

from runtime.primitives import Weight

POST_OFFER = Weight(310_000_000, 11_000)
WITHDRAW_OFFER = Weight(130_000_000, 3_000)
START_LEASE = Weight(370_000_000, 13_000)
ACCEPT_LEASE = Weight(300_000_000, 9_800)
TOP_UP = Weight(300_000_000, 8_800)
ADVANCE = Weight(460_000_000, 15_000)
"""Everything that can be due of a lease, then one payment and its end."""

OPENING = Weight(21_000_000, 0)
"""A chunk that an audit asks for."""

PATH_NODE = Weight(3_800_000, 0)
"""A node of its path."""


def por_respond(openings: int, path_nodes: int) -> Weight:
    """Checking chunks with their paths, then paying for the window."""
    return ADVANCE + OPENING * openings + PATH_NODE * path_nodes
