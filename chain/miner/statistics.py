"""What a miner has done: totals since it started, and its speed over the last minute."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chain.miner.search import WORST_TICKET, Found, get_ticket_number
from runtime.work_summary import Lane

WINDOW_S: Final = 60.0
SAMPLES_MAX: Final = 4_096


@dataclass(slots=True)
class MinerStatistics:
    """Counts of one node's miner; ``now_s`` is a monotonic clock."""

    now_s: Callable[[], float]
    products: int = 0
    macs: int = 0
    tickets: int = 0
    stale: int = 0
    """Searches called off because another block came first."""

    searches: int = 0
    best_ticket: bytes = WORST_TICKET
    blocks: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    lane: Lane = Lane.SEEDED
    """Of the latest search."""

    _recent: deque[tuple[float, int]] = field(
        default_factory=lambda: deque[tuple[float, int]](maxlen=SAMPLES_MAX)
    )

    def note_found(self, found: Found, lane: Lane) -> None:
        """Adds what a device did."""
        self.products += found.products
        self.macs += found.macs
        self.tickets += found.tickets
        self.lane = lane
        self.best_ticket = min(self.best_ticket, found.best_ticket, key=get_ticket_number)
        self._recent.append((self.now_s(), found.macs))

    def note_search(self, *, is_stale: bool) -> None:
        """A search has ended: sealed, or overtaken by another block."""
        self.searches += 1
        self.stale += is_stale

    @property
    def macs_per_s(self) -> float:
        """Multiply-accumulates a second over the last minute, or since the first product."""
        now = self.now_s()
        while self._recent and self._recent[0][0] < now - WINDOW_S:
            self._recent.popleft()
        if len(self._recent) < 2:
            return 0.0
        begin = self._recent[0][0]
        done = sum(macs for at, macs in self._recent if at > begin)
        return done / (now - begin) if now > begin else 0.0

    @property
    def stale_share(self) -> float:
        """The part of the searches that another block made worthless."""
        return self.stale / self.searches if self.searches else 0.0
