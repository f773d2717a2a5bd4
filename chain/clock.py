"""The wall clock, injected wherever the date counts; deadlines use trio's monotonic clock."""

import time
from typing import Protocol


class WallClock(Protocol):
    """Tells the time of day."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC. May go backwards."""
        ...


class SystemClock:
    """The computer's clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000
