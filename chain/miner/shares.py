"""Shares: proof that an external miner works, easier than a block, and what each has to its name.

A share costs, on average, the multiply-accumulates that its target stands for; those are credited.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from consensus.difficulty import TARGET_MAX
from runtime.pre_digest import compute_work

WORKERS_MAX: Final = 1_024
NAME_CHARACTERS_MAX: Final = 64
EASIER_BITS_START: Final = 5
"""A new worker's shares cost a 32nd of a block."""

EASIER_BITS_MAX: Final = 48
INTERVAL_MS: Final = 5_000
"""About so often a worker is to have a share."""


@dataclass(slots=True)
class MiningWorker:
    """What one external miner has to its name."""

    name: str
    since_ms: int
    seen_ms: int
    easier_bits: int = EASIER_BITS_START
    """How many times, as a power of two, its shares are easier than a block."""

    shares: int = 0
    stale: int = 0
    rejected: int = 0
    blocks: int = 0
    macs: int = 0
    """Credited for its shares."""

    interval_ms: int = INTERVAL_MS
    """Between its shares, averaged over the latest."""

    share_ms: int = 0
    """When its latest share came, or the search for it began."""

    def get_share_target(self, target: int) -> int:
        """What its tickets have to meet while a block's target is this."""
        return min(target << self.easier_bits, TARGET_MAX)

    def note_search(self, now_ms: int) -> None:
        """It asks for work: shares get easier where none came for long."""
        self.seen_ms = now_ms
        self.share_ms = self.share_ms or now_ms
        if now_ms - self.share_ms > 4 * INTERVAL_MS and self.easier_bits < EASIER_BITS_MAX:
            self.easier_bits += 1
            self.share_ms = now_ms

    def note_share(self, now_ms: int, share_target: int) -> None:
        """A good share: they get harder where they come fast."""
        self.shares += 1
        self.macs += compute_work(share_target)
        self.seen_ms = now_ms
        self.interval_ms = (3 * self.interval_ms + (now_ms - self.share_ms)) // 4
        self.share_ms = now_ms
        if self.interval_ms < INTERVAL_MS // 2 and self.easier_bits > 0:
            self.easier_bits -= 1
            self.interval_ms = INTERVAL_MS


class ShareBook:
    """Every external miner by its name; of too many the one unseen for longest is forgotten."""

    def __init__(self) -> None:
        self._workers: OrderedDict[str, MiningWorker] = OrderedDict()

    def get(self, name: str) -> MiningWorker | None:
        """A miner that is known."""
        return self._workers.get(name)

    def get_all(self) -> tuple[MiningWorker, ...]:
        """All of them, the one seen last at the end."""
        return tuple(self._workers.values())

    def note_seen(self, name: str, now_ms: int) -> MiningWorker:
        """The miner of that name, a new one where it was not known."""
        worker = self._workers.get(name)
        if worker is None:
            worker = MiningWorker(name, now_ms, now_ms)
            self._workers[name] = worker
            if len(self._workers) > WORKERS_MAX:
                self._workers.popitem(last=False)
        self._workers.move_to_end(name)
        worker.seen_ms = now_ms
        return worker
