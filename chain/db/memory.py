"""A store in memory, for tests and simulation."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from threading import Lock

from chain.db.store import WriteBatch
from chain.errors import DatabaseError


class MemoryStore:
    """A `KeyValueStore` that forgets everything when it goes."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._closed = False
        self._lock = Lock()

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        self._ensure_open()
        return self._values.get(key)

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """Applies the batch."""
        del sync  # memory knows no difference
        self._ensure_open()
        with self._lock:
            for key, value in batch.changes.items():
                if value is not None:
                    if key not in self._values:
                        insort(self._keys, key)
                    self._values[key] = value
                elif self._values.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The entries whose key begins with `prefix`, in key order, from the key `start` on."""
        start, find = max(prefix, start), bisect_left
        while True:
            self._ensure_open()
            with self._lock:
                position = find(self._keys, start)
                if position == len(self._keys) or not self._keys[position].startswith(prefix):
                    return
                start, find = self._keys[position], bisect_right
                value = self._values[start]
            yield start, value

    def close(self) -> None:
        """Ends the use of the store."""
        self._closed = True

    def _ensure_open(self) -> None:
        if self._closed:
            raise DatabaseError("expected an open database, got one that was closed")
