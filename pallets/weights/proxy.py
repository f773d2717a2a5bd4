"""Weights of proxy's calls, with the longest lists.

The weight of what the call inside does comes on top.
"""

from runtime.primitives import Weight

PROXY = Weight(200_000_000, 2_600)
CHANGE_PROXIES = Weight(320_000_000, 6_800)
CREATE_PURE = Weight(130_000_000, 4_000)
CHANGE_ANNOUNCEMENTS = Weight(410_000_000, 9_000)
PROXY_ANNOUNCED = Weight(530_000_000, 9_100)
