"""Weights of System's calls; those of the other pallets are in `pallets/weights/`."""

from runtime.primitives import Weight

REMARK = Weight(30_000_000, 0)
REMARK_BYTE = Weight(2_600, 0)


def remark(size_bytes: int) -> Weight:
    """The dearer one, with its event."""
    return REMARK + REMARK_BYTE * size_bytes
