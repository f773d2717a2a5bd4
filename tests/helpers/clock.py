"""Clocks for tests: one moved by hand, one that follows trio's virtual time."""

import trio

START_MS = 1_700_000_000_000


class ManualClock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Moves the clock; a negative number moves it back, as a wall clock may."""
        self._now_ms += ms


class SimulatedClock:
    """A wall clock that advances with trio's clock, from where both stand when it is made.

    With `trio.testing.MockClock` the date follows the virtual time. `skew_ms` makes it wrong.
    """

    def __init__(self, start_ms: int = START_MS, *, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms
        self._start_ms = start_ms
        self._started_s = trio.current_time()

    def now_ms(self) -> int:
        elapsed_ms = round((trio.current_time() - self._started_s) * 1_000)
        return self._start_ms + elapsed_ms + self.skew_ms
