"""Weights of proxy's calls, twice what `tests/bench/bench_account_weights.py` measured.

With the longest lists; the weight of what the call inside does comes on top.
"""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account with its path in the state."""

PROOF_BYTES_LIST = 3 * 1_024
"""A list of proxies or announcements with its path in the state."""

PROXY = Weight(200_000_000, PROOF_BYTES_LIST)
CHANGE_PROXIES = Weight(320_000_000, PROOF_BYTES_LIST + 6 * PROOF_BYTES_ITEM)
CREATE_PURE = Weight(130_000_000, 5 * PROOF_BYTES_ITEM)
CHANGE_ANNOUNCEMENTS = Weight(440_000_000, 2 * PROOF_BYTES_LIST + 3 * PROOF_BYTES_ITEM)
PROXY_ANNOUNCED = Weight(540_000_000, 2 * PROOF_BYTES_LIST + 3 * PROOF_BYTES_ITEM)
