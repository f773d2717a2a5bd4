"""An ordered map of bytes to bytes on some disk: all that blocks and state ask of a database."""

from collections.abc import Iterator
from typing import Protocol


class WriteBatch:
    """Puts and deletes that are written together or not at all; the last word on a key counts."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        self.changes: dict[bytes, bytes | None] = {}
        """What each key becomes; None deletes it."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value under `key`."""
        self.changes[key] = value

    def delete(self, key: bytes) -> None:
        """Removes `key`, which need not exist."""
        self.changes[key] = None

    def append(self, other: "WriteBatch") -> None:
        """Adds what `other` holds, as if done after this."""
        self.changes.update(other.changes)


class KeyValueStore(Protocol):
    """An ordered map of bytes to bytes. Any method may raise `DatabaseError`.

    Reading is safe from several threads while one writes.
    """

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        ...

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """Writes the whole batch or nothing; with `sync` it survives a power cut from here on.

        Without `sync` it survives the end of this process, but a power cut may undo it, even
        where a later synced batch stays.
        """
        ...

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The entries whose key begins with `prefix`, in key order, from the key `start` on.

        A write during the iteration may be seen or not.
        """
        ...

    def close(self) -> None:
        """Ends the use of the store."""
        ...
