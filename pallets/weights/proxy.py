"""Weights of proxy's calls, with the longest lists.

The weight of what the call inside does comes on top.
"""

from runtime.primitives import Weight

PROXY = Weight(150_000_000, 2_600)
CHANGE_PROXIES = Weight(290_000_000, 7_600)
CREATE_PURE = Weight(160_000_000, 4_500)
CHANGE_ANNOUNCEMENTS = Weight(310_000_000, 9_400)
PROXY_ANNOUNCED = Weight(390_000_000, 9_500)
