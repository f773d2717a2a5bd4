"""A store whose machine may stop at any write, and what is found on the disk afterwards."""

from collections.abc import Iterator
from random import Random

from chain.db.memory import MemoryStore
from chain.db.store import WriteBatch


class PowerCut(BaseException):
    """The machine stopped; nothing that runs may catch this."""


class FragileStore:
    """A `KeyValueStore` that remembers which of its batches were synced."""

    def __init__(self, found: MemoryStore | None = None) -> None:
        self._memory = MemoryStore() if found is None else found
        self._base = dict(self._memory.iterate())
        self._written: list[tuple[dict[bytes, bytes | None], bool]] = []
        self._writes_left: int | None = None

    def stop_at_write(self, count: int) -> None:
        """The machine stops instead of making the write after so many more."""
        self._writes_left = count

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        return self._memory.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The entries whose key begins with `prefix`, in key order."""
        return self._memory.iterate(prefix, start)

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """Writes the whole batch, or stops the machine."""
        if self._writes_left == 0:
            raise PowerCut
        if self._writes_left is not None:
            self._writes_left -= 1
        self._written.append((dict(batch.changes), sync))
        self._memory.write(batch, sync=sync)

    def close(self) -> None:
        """Ends the use of the store."""
        self._memory.close()

    def restart(self, random: Random, *, is_power_cut: bool) -> "FragileStore":
        """What is on the disk: all that was synced, and of the rest, after a power cut, some."""
        found = MemoryStore()
        everything = WriteBatch()
        everything.changes.update(self._base)
        for changes, is_synced in self._written:
            if is_synced or not is_power_cut or random.random() < 0.5:
                everything.changes.update(changes)
        found.write(everything, sync=True)
        return FragileStore(found)
