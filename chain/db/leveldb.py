"""The store on disk: LevelDB with every checksum checked."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import plyvel

from chain.db.store import WriteBatch
from chain.errors import DatabaseCorrupted, DatabaseError, DatabaseLocked

WRITE_BUFFER_BYTES: Final = 64 << 20
"""Writes gather in memory this far before they become a sorted file."""
CACHE_BYTES: Final = 64 << 20
"""Blocks of sorted files kept in memory."""
BLOOM_BITS: Final = 10
"""Bits a key in the filters that spare a read of an absent key: one miss in a hundred."""

LOCK_FILE: Final = "NODE_LOCK"
"""Our own lock. LevelDB's is lost when a process that has it tries a second time."""


class LevelDbStore:
    """A `KeyValueStore` in a folder, which it locks while it is open."""

    def __init__(self, path: Path) -> None:
        """Opens the folder, or makes it. Raises a `DatabaseError` that says what to do."""
        self._path = str(path)
        self._lock = _lock_folder(path)
        try:
            self._db = self._open(path)
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self, path: Path) -> plyvel.DB:
        names = {each.name for each in path.iterdir()}
        # Without CURRENT, LevelDB would begin anew and remove the files that are there.
        if "CURRENT" not in names and any(name.endswith((".ldb", ".log")) for name in names):
            raise DatabaseCorrupted(self._path, "the file CURRENT is missing")
        try:
            return plyvel.DB(
                self._path,
                create_if_missing=True,
                paranoid_checks=True,
                write_buffer_size=WRITE_BUFFER_BYTES,
                lru_cache_size=CACHE_BYTES,
                compression=None,
                bloom_filter_bits=BLOOM_BITS,
            )
        except plyvel.Error as error:
            raise self._explain(error) from error

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        try:
            return self._db.get(key, verify_checksums=True)
        except (plyvel.Error, RuntimeError) as error:
            raise self._explain(error) from error

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """Writes the whole batch or nothing; with `sync` it is on the disk when this returns."""
        try:
            pending = self._db.write_batch(sync=sync)
            for key, value in batch.changes.items():
                if value is None:
                    pending.delete(key)
                else:
                    pending.put(key, value)
            pending.write()
        except (plyvel.Error, RuntimeError) as error:
            raise self._explain(error) from error

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The entries whose key begins with `prefix`, in key order, from the key `start` on."""
        # The raw iterator: the other one takes a damaged block for the end of the entries.
        try:
            cursor = self._db.raw_iterator(verify_checksums=True)
            try:
                cursor.seek(max(prefix, start))
                while cursor.valid():
                    key, value = cursor.item()
                    if not key.startswith(prefix):
                        return
                    yield key, value
                    cursor.next()
            finally:
                cursor.close()
        except (plyvel.Error, RuntimeError) as error:
            raise self._explain(error) from error

    def close(self) -> None:
        """Ends the use of the store and releases its lock; a second call does nothing."""
        if not self._db.closed:
            self._db.close()
            os.close(self._lock)

    def _explain(self, error: plyvel.Error | RuntimeError) -> DatabaseError:
        text = _text_of(error)
        if isinstance(error, RuntimeError):
            return DatabaseError(f"expected {self._path} to be open, got: {text}")
        if isinstance(error, plyvel.IOError):
            if text.startswith(f"IO error: lock {self._path}"):
                return DatabaseLocked(self._path)
            return DatabaseError(
                f"expected to read and write {self._path}, got: {text}; "
                "check the disk's space and the folder's permissions"
            )
        return DatabaseCorrupted(self._path, text)


def _text_of(error: plyvel.Error | RuntimeError) -> str:
    """What LevelDB said: plyvel hands its bytes on."""
    text: object = error.args[0] if error.args else type(error).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _lock_folder(path: Path) -> int:
    """Makes the folder and locks it: an open file that holds the lock until it is closed."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseError(
            f"expected a folder at {path}, got: {error.strerror}; choose another --base-path"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise DatabaseLocked(str(path)) from None
    return lock
