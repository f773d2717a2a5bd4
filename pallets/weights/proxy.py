"""Weights of proxy's calls, with the longest lists.

The weight of what the call inside does comes on top.
"""

from runtime.primitives import Weight

PROXY = Weight(210_000_000, 2_600)
CHANGE_PROXIES = Weight(330_000_000, 6_800)
CREATE_PURE = Weight(150_000_000, 4_000)
CHANGE_ANNOUNCEMENTS = Weight(420_000_000, 9_000)
PROXY_ANNOUNCED = Weight(520_000_000, 9_100)
