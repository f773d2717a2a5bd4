"""Weights of the work inherent and hooks: about twice what was measured, rounded up."""

from runtime.primitives import Weight

ON_INITIALIZE = Weight(200_000_000, 4_096)
CLAIM_ERA = Weight(400_000_000, 4_096)


def note_block_work(refs: int, operand_bytes: int, macs: int, cells: int) -> Weight:
    """Reading slots and models, running them up to their layers, hashing the stacked rows."""
    ref_time = 200_000_000 + 400_000_000 * refs + 1_000 * operand_bytes
    return Weight(ref_time + 200 * macs + 50_000 * cells, 4_096 * refs + 1_200_000)
