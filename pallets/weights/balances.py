"""Weights of balances' calls: twice what `tests/bench/bench_weights.py` measured."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account or the issuance, with its path in the state."""

TRANSFER_ALLOW_DEATH = Weight(150_000_000, 3 * PROOF_BYTES_ITEM)
FORCE_TRANSFER = Weight(150_000_000, 3 * PROOF_BYTES_ITEM)
TRANSFER_KEEP_ALIVE = Weight(120_000_000, 3 * PROOF_BYTES_ITEM)
TRANSFER_ALL = Weight(160_000_000, 3 * PROOF_BYTES_ITEM)
FORCE_UNRESERVE = Weight(120_000_000, 2 * PROOF_BYTES_ITEM)
FORCE_SET_BALANCE = Weight(80_000_000, 2 * PROOF_BYTES_ITEM)
FORCE_ADJUST_TOTAL_ISSUANCE = Weight(30_000_000, 2 * PROOF_BYTES_ITEM)
BURN = Weight(100_000_000, 2 * PROOF_BYTES_ITEM)


def upgrade_accounts(who: tuple[bytes, ...]) -> Weight:
    """Decoding the accounts."""
    return Weight(15_000_000 + 1_000_000 * len(who))
