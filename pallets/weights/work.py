"""Weights of the work pallet's calls and hook."""

from pallets.weights import verify
from runtime.primitives import Weight

ON_INITIALIZE = Weight(210_000_000, 11_000)
"""With an era that ends, and a receipt that is no longer kept."""

CLAIM_ERA = Weight(160_000_000, 6_600)
NOTE_BLOCK_WORK = Weight(120_000_000, 4_300)
ROW_REF = Weight(150_000_000, 2_500)
"""Reading a slot of a small model, and its rows."""

OPERAND_BYTE = Weight(950, 0)


def note_block_work(refs: int, operand_bytes: int, macs: int, cells: int, read: Weight) -> Weight:
    """Reading slots and models, running them up to their layers, hashing the stacked rows."""
    if refs == 0:
        return NOTE_BLOCK_WORK
    stacked = NOTE_BLOCK_WORK + ROW_REF * refs + OPERAND_BYTE * operand_bytes
    return stacked + read + verify.replay(macs, cells)
