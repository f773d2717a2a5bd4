"""Weights of the leases pallet."""

from runtime.primitives import Weight

POST_OFFER = Weight(210_000_000, 3_900)
WITHDRAW_OFFER = Weight(120_000_000, 1_800)
START_LEASE = Weight(290_000_000, 5_500)
ACCEPT_LEASE = Weight(240_000_000, 4_100)
TOP_UP = Weight(560_000_000, 4_600)
ADVANCE = Weight(780_000_000, 7_800)
"""Everything that can be due of a lease, then one payment and its end."""

OPENING = Weight(21_000_000, 0)
"""A chunk that an audit asks for."""

PATH_NODE = Weight(4_000_000, 0)
"""A node of its path."""


def por_respond(openings: int, path_nodes: int) -> Weight:
    """Checking chunks with their paths, then paying for the window."""
    return ADVANCE + OPENING * openings + PATH_NODE * path_nodes
