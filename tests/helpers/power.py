"""A store whose power can be cut, and one whose writes fail."""

from collections.abc import Callable, Iterator
from random import Random

from chain.db.memory import MemoryStore
from chain.db.store import WriteBatch
from chain.errors import DatabaseError


class PowerCutStore:
    """A store in memory that remembers which batches were synced.

    A power cut keeps every synced batch and drops any unsynced one, also one that was followed
    by a synced batch: LevelDB may have begun a new log between them.
    """

    def __init__(self, batches: list[tuple[WriteBatch, bool]] | None = None) -> None:
        self._memory = MemoryStore()
        self._batches: list[tuple[WriteBatch, bool]] = []
        for batch, _ in batches or []:
            self.write(batch, sync=True)

    def get(self, key: bytes) -> bytes | None:
        return self._memory.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self._memory.iterate(prefix, start)

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        copy = WriteBatch()
        copy.append(batch)
        self._batches.append((copy, sync))
        self._memory.write(copy, sync=sync)

    def close(self) -> None:
        self._memory.close()

    def cut_power(self, random: Random) -> "PowerCutStore":
        """What is found after the power came back."""
        kept = [each for each in self._batches if each[1] or random.random() < 0.5]
        return PowerCutStore(kept)


class FailingStore(MemoryStore):
    """A store in memory whose next writes can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = False

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        if self.failing:
            raise DatabaseError("expected to write, got: no space left on device")
        super().write(batch, sync=sync)


class InterruptedStore(MemoryStore):
    """A store in memory that lets something happen before its reads or after its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.before_read: Callable[[], None] | None = None
        self.after_write: Callable[[], None] | None = None

    def get(self, key: bytes) -> bytes | None:
        self._interrupt()
        return super().get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        self._interrupt()
        return super().iterate(prefix, start)

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        super().write(batch, sync=sync)
        if self.after_write is not None:
            self.after_write()

    def _interrupt(self) -> None:
        happens, self.before_read = self.before_read, None
        if happens is not None:
            happens()
