"""What a provider leaves alone, because whoever asked for it might earn by its being late.

Half of what a late provider loses is the requester's: a slot that cannot be filled in time, posted
at a high price, is a trap.
"""

from typing import Final

from pallets.market import Commission, Job, Product

WORK_BLOCKS_MIN: Final = 4
"""A lock is seen a block later, and a result may need another to be included."""

UNITS_PER_BLOCK_MAX: Final = 1_000
"""A slot may be so large for each block that there is to work: 10^9 MACs and other integers."""

ANSWER_BLOCKS_MIN: Final = 20
"""Nobody can say how long an operator's program takes for a brief; in less than this, few end."""

RESULT_BYTES_MAX: Final = 2**30
"""What one product may take in memory."""


def is_answerable(job: Job) -> bool:
    """Whether any of a job's slots can be filled before its deadline."""
    if isinstance(job.spec, Product):
        rows, cols = job.spec.program.get_shape(0)
        if 4 * rows * cols > RESULT_BYTES_MAX:
            return False
    least = ANSWER_BLOCKS_MIN if isinstance(job.spec, Commission) else WORK_BLOCKS_MIN
    return job.work_blocks >= least and job.units <= UNITS_PER_BLOCK_MAX * job.work_blocks
