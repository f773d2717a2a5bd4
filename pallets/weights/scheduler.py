"""Weights of the scheduler, with full agendas of named and repeated tasks.

A call's own weight comes on top.
"""

from runtime.primitives import Weight

SCHEDULE = Weight(920_000_000, 16_000)
CANCEL = Weight(860_000_000, 15_000)
SERVICE_AGENDAS = Weight(13_000_000, 1_600)
"""Finding that nothing is due."""

SERVICE_AGENDA = Weight(470_000_000, 14_000)
SERVICE_TASK = Weight(990_000_000, 15_000)
PREIMAGE_BYTE = Weight(4_900_000, 3)
"""Decoding and weighing a call: a batch of the shortest calls is the dearest."""


def read_preimage(size_bytes: int) -> Weight:
    """Decoding and weighing a call, again in the next block where it does not fit behind others."""
    return PREIMAGE_BYTE * size_bytes
