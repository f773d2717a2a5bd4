"""A file on its way to its root: it grows at its end, and is nothing until the root is right.

How far it is, is how long its file is, so that it goes on where it was after a crash of anybody.
Whatever lies in it is hashed once more before it gets its name. One process, and one task of it,
has a file at a time: a lock of the system says so, which ends with its holder.
"""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from chain.blobs.chunk_file import compute_data_offset, write_tree
from chain.blobs.chunk_tree import compute_file_root
from chain.blobs.durable import replace_durably
from chain.blobs.errors import BlobBusy, BlobError, WrongBytes
from runtime.primitives import Root
from runtime.tensor.chunks import count_chunks


class Partial:
    """An unfinished file, locked while it is open."""

    def __init__(self, path: Path, target: Path, root: Root, size_bytes: int, offset: int) -> None:
        """``offset`` is where the data begins: behind the tree of a stored file, else 0.

        Makes the file unless it is there. `BlobBusy`, `BlobError`.
        """
        count_chunks(size_bytes)
        self._path = path
        self._target = target
        self._root = root
        self._size_bytes = size_bytes
        self._offset = offset
        self._file = _open_locked(path, root)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # what could not be written is not counted as done
            self._file.close()

    @property
    def size_bytes(self) -> int:
        """How many bytes it will have."""
        return self._size_bytes

    @property
    def done_bytes(self) -> int:
        """How many there are, from its beginning."""
        length = os.fstat(self._file.fileno()).st_size - self._offset
        return max(0, min(length, self._size_bytes))

    def append(self, data: bytes) -> None:
        """Adds bytes at its end. `BlobError` for too many, or where the disk takes no more."""
        done = self.done_bytes
        if done + len(data) > self._size_bytes:
            raise BlobError(f"expected at most {self._size_bytes - done} bytes, got {len(data)}")
        try:
            self._file.seek(self._offset + done)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise _make_error(self._path, error) from error

    def cut(self, done_bytes: int) -> None:
        """Forgets what comes after so many bytes. `BlobError`."""
        try:
            self._file.truncate(self._offset + min(done_bytes, self.done_bytes))
        except OSError as error:
            raise _make_error(self._path, error) from error

    def finish(self) -> None:
        """Gives it its place if its bytes are those of the root; if not, deletes it: `WrongBytes`.

        `BlobError` where bytes are missing, or the disk fails: it stays as it is.
        """
        if self.done_bytes != self._size_bytes:
            raise BlobError(f"expected {self._size_bytes} bytes, got {self.done_bytes} so far")
        try:
            if self._offset:
                got = write_tree(self._file, self._size_bytes)
            else:
                self._file.seek(0)
                got = compute_file_root(self._file, self._size_bytes)
            if got == self._root:
                replace_durably(self._file, self._path, self._target)
        except OSError as error:
            raise _make_error(self._path, error) from error
        if got != self._root:
            self.discard()
            raise WrongBytes(self._root, got)

    def discard(self) -> None:
        """Deletes it."""
        self._path.unlink(missing_ok=True)


def open_partial_file(target: Path, root: Root, size_bytes: int) -> Partial:
    """A plain file on its way, beside where it will be. `BlobBusy`, `BlobError`."""
    path = target.with_name(f".{target.name}.{root.hex()[:16]}.{size_bytes}.partial")
    return Partial(path, target, root, size_bytes, 0)


def open_partial_blob(path: Path, target: Path, root: Root, size_bytes: int) -> Partial:
    """A file of a store on its way: its tree comes when it is finished. `BlobBusy`, `BlobError`."""
    return Partial(path, target, root, size_bytes, compute_data_offset(size_bytes))


def remove_if_idle(path: Path) -> int:
    """Deletes an unfinished file that nobody has open; the bytes it took."""
    try:
        file = _open_locked(path, Root.zero(), create=False)
    except BlobError:
        return 0
    with file:
        size = os.fstat(file.fileno()).st_size
        path.unlink(missing_ok=True)
        return size


def _open_locked(path: Path, root: Root, *, create: bool = True) -> BinaryIO:
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        file = os.fdopen(os.open(path, flags, 0o644), "r+b")
    except OSError as error:
        raise _make_error(path, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_here = os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except OSError as error:
        file.close()
        if error.errno in (errno.EWOULDBLOCK, errno.ENOENT):
            raise BlobBusy(root) from error
        raise _make_error(path, error) from error
    if not is_here:  # its last holder finished it meanwhile
        file.close()
        raise BlobBusy(root)
    return file


def _make_error(path: Path, error: OSError) -> BlobError:
    return BlobError(f"{path}: cannot be written: {error.strerror}")
