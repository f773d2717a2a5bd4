"""Weights of the scheduler, with full agendas of named and repeated tasks.

A call's own weight comes on top.
"""

from runtime.primitives import Weight

SCHEDULE = Weight(730_000_000, 16_000)
CANCEL = Weight(700_000_000, 15_000)
SERVICE_AGENDAS = Weight(14_000_000, 1_600)
"""Finding that nothing is due."""

SERVICE_AGENDA = Weight(380_000_000, 14_000)
SERVICE_TASK = Weight(520_000_000, 15_000)
PREIMAGE_BYTE = Weight(2_700_000, 3)
"""Decoding and weighing a call: a batch of the shortest calls is the dearest."""


def read_preimage(size_bytes: int) -> Weight:
    """Decoding and weighing a call, again in the next block where it does not fit behind others."""
    return PREIMAGE_BYTE * size_bytes
