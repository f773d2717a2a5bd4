"""Weights of the scheduler, twice what `tests/bench/bench_account_weights.py` measured.

With full agendas of named and repeated tasks; a call's own weight comes on top.
"""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A value or a name with its path in the state."""

PROOF_BYTES_AGENDA = 12 * 1_024
"""A full agenda with its path in the state."""

SCHEDULE = Weight(930_000_000, PROOF_BYTES_AGENDA + 2 * PROOF_BYTES_ITEM)
CANCEL = Weight(890_000_000, PROOF_BYTES_AGENDA + 2 * PROOF_BYTES_ITEM)
SERVICE_AGENDAS = Weight(30_000_000, PROOF_BYTES_ITEM)
SERVICE_AGENDA = Weight(500_000_000, PROOF_BYTES_AGENDA)
SERVICE_TASK = Weight(1_500_000_000, PROOF_BYTES_AGENDA + 3 * PROOF_BYTES_ITEM)


def read_preimage(size_bytes: int) -> Weight:
    """Decoding and weighing a call: a batch of the shortest calls costs this much for each byte.

    Paid again in the next block where the call does not fit behind others.
    """
    return Weight(4_000_000 * size_bytes, size_bytes)
