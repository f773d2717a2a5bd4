"""The store: one file for each root, written whole or not at all, verified whenever it is read.

A matrix lies in its file as it is committed: a header, the hashes of its strips, the strips. One
strip is read with as many hashes as there are strips, and is returned with the path that proves it
to whoever knows the root. Other bytes are kept as they are under their blob root, or with the tree
over their chunks under their chunk root (`chunk_file.py`).

Several processes may share a folder: a root names one content, so that writing twice is harmless.
"""

import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from chain.blobs.chunk_file import (
    OpenedChunk,
    compute_data_offset,
    pack_chunks,
    read_chunk,
    read_part,
    read_size,
)
from chain.blobs.chunk_reader import ChunkReader
from chain.blobs.chunk_tree import compute_file_root
from chain.blobs.durable import replace_durably
from chain.blobs.errors import BlobCorrupt, BlobError, BlobMissing, StoreFull
from chain.blobs.matrix_file import (
    ResultRows,
    pack_matrix,
    pack_result,
    read_commitment,
    read_result,
    read_rows,
    read_shape,
)
from chain.blobs.partial import Partial, open_partial_blob, remove_if_idle
from runtime.primitives import Root
from runtime.tensor.blob import blob_root
from runtime.tensor.chunks import CHUNKED_BYTES_MAX, commit_chunks
from runtime.tensor.commitment import (
    STRIP_ROWS,
    MerklePath,
    compute_leaf,
    merkle_leaves,
)
from runtime.tensor.value import Int8Array, Int32Array

MATRIX_SUFFIX, BYTES_SUFFIX, CHUNKS_SUFFIX = ".matrix", ".bytes", ".chunks"
RESULT_SUFFIX: Final = ".result"
PART_SUFFIX: Final = ".part"
PARTIAL_SUFFIX: Final = ".partial"
COPY_BYTES: Final = 1 << 20
BLOBS_FOLDER: Final = "blobs"
"""Its name below a base path."""

QUOTA_BYTES_DEFAULT: Final = 16 * 2**30

OnProgress = Callable[[int], None]
"""Told how many bytes are done."""


def ignore_progress(done_bytes: int) -> None:
    """Tells nobody."""
    del done_bytes


@dataclass(frozen=True, slots=True)
class OpenedStrip:
    """32 rows of a stored matrix, as `verify_strip` takes them."""

    rows: int
    """Of the whole matrix, padded."""
    cols: int
    index: int
    strip: bytes
    path: MerklePath


def get_blobs_folder(base_path: Path) -> Path:
    """Where the blobs of a base path are."""
    return base_path.expanduser() / BLOBS_FOLDER


class BlobStore:
    """A folder of blobs."""

    def __init__(self, folder: Path, quota_bytes: int = QUOTA_BYTES_DEFAULT) -> None:
        self._folder = folder
        self._quota_bytes = quota_bytes

    def put_matrix(self, matrix: Int8Array) -> Root:
        """Keeps an operand, int8[rows, cols] of any shape, padded. `StoreFull`, `BlobError`."""
        root, parts = pack_matrix(matrix)
        self._write(self._path(root, MATRIX_SUFFIX), parts)
        return root

    def put_result(self, result: Int32Array) -> Root:
        """Keeps a product, int32[rows, cols] in whole tiles. `StoreFull`, `BlobError`."""
        root, parts = pack_result(result)
        self._write(self._path(root, RESULT_SUFFIX), parts)
        return root

    def put_bytes(self, data: bytes) -> Root:
        """Keeps bytes under their blob root. `StoreFull`, `BlobError`."""
        root = blob_root(data)
        self._write(self._path(root, BYTES_SUFFIX), (data,))
        return root

    def put_chunks(self, data: bytes) -> Root:
        """Keeps bytes, at least one, so that each chunk can be opened. `StoreFull`, `BlobError`."""
        tree = commit_chunks(data)
        root = tree.root
        self._write(self._path(root, CHUNKS_SUFFIX), pack_chunks(tree, data))
        return root

    def get_matrix(self, root: Root) -> Int8Array:
        """The padded operand. `BlobMissing`, `BlobCorrupt`."""
        with self._open(root, MATRIX_SUFFIX) as file:
            commitment = read_commitment(root, file)
            data = file.read(commitment.rows * commitment.cols)
        if len(data) != commitment.rows * commitment.cols:
            raise BlobCorrupt(root, f"its file ends after {len(data)} bytes of the matrix")
        matrix = np.frombuffer(data, np.int8).reshape(commitment.rows, commitment.cols)
        stored = commitment.levels[0]
        for index, leaf in enumerate(merkle_leaves(matrix)):
            if leaf != stored[index]:
                raise BlobCorrupt(root, f"strip {index} has other bytes")
        return matrix

    def get_matrix_shape(self, root: Root) -> tuple[int, int] | None:
        """Rows and columns of a padded operand; None if it is not there. `BlobCorrupt`."""
        try:
            with self._open(root, MATRIX_SUFFIX) as file:
                return read_shape(root, file)
        except BlobMissing:
            return None

    def get_result(self, root: Root) -> Int32Array:
        """A product. `BlobMissing`, `BlobCorrupt`."""
        with self._open(root, RESULT_SUFFIX) as file:
            return read_result(root, file)

    def get_result_rows(self, root: Root, first: int, count: int) -> ResultRows:
        """Some rows of a product, not verified. `BlobMissing`, `BlobCorrupt`, `BlobError`."""
        with self._open(root, RESULT_SUFFIX) as file:
            return read_rows(root, file, first, count)

    def get_strip(self, root: Root, index: int) -> OpenedStrip:
        """One strip with its path, verified. `BlobMissing`, `BlobCorrupt`, `BlobError`."""
        with self._open(root, MATRIX_SUFFIX) as file:
            commitment = read_commitment(root, file)
            if not 0 <= index < commitment.leaves_count:
                raise BlobError(f"expected a strip below {commitment.leaves_count}, got {index}")
            size = STRIP_ROWS * commitment.cols
            file.seek(index * size, os.SEEK_CUR)
            strip = file.read(size)
        if compute_leaf(strip) != commitment.levels[0][index]:
            raise BlobCorrupt(root, f"strip {index} has other bytes")
        path = commitment.get_path(index)
        return OpenedStrip(commitment.rows, commitment.cols, index, strip, path)

    def get_bytes(self, root: Root) -> bytes:
        """The bytes. `BlobMissing`, `BlobCorrupt`."""
        with self._open(root, BYTES_SUFFIX) as file:
            data = file.read()
        if blob_root(data) != root:
            raise BlobCorrupt(root, "it has other bytes")
        return data

    def put_file(self, path: Path, on_progress: OnProgress = ignore_progress) -> Root:
        """Keeps a file as `put_chunks` does, without holding it in memory; told of bytes done.

        `StoreFull`, `BlobError`, `WrongBytes` where it changed meanwhile.
        """
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not 1 <= size <= CHUNKED_BYTES_MAX:
                    raise BlobError(f"{path}: expected 1 to {CHUNKED_BYTES_MAX} bytes, got {size}")
                root = compute_file_root(file, size)
                if self.get_chunked_size(root) is None:
                    file.seek(0)
                    self._copy(file, root, size, on_progress)
        except OSError as error:
            raise BlobError(f"{path}: cannot be read: {error.strerror}") from error
        return root

    def _copy(self, file: BinaryIO, root: Root, size: int, on_progress: OnProgress) -> None:
        with self.open_partial(root, size) as partial:
            partial.cut(0)
            while data := file.read(COPY_BYTES):
                partial.append(data)
                on_progress(partial.done_bytes)
            partial.finish()

    def open_partial(self, root: Root, size_bytes: int) -> Partial:
        """The file of a root on its way, new or where it was left; it takes its room at once.

        `StoreFull`, `BlobBusy`, `BlobError`.
        """
        path = self._get_partial_path(root, size_bytes)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlobError(f"{path}: cannot be written: {error.strerror}") from error
        if not path.exists():
            self._ensure_room(compute_data_offset(size_bytes) + size_bytes)
        return open_partial_blob(path, self._path(root, CHUNKS_SUFFIX), root, size_bytes)

    def get_partial_bytes(self, root: Root, size_bytes: int) -> int | None:
        """How much of a file is there that is on its way; None if it is not."""
        try:
            length = self._get_partial_path(root, size_bytes).stat().st_size
        except FileNotFoundError:
            return None
        return max(0, length - compute_data_offset(size_bytes))

    def open_chunks(self, root: Root) -> ChunkReader:
        """A file under a chunk root, to read parts of it. `BlobMissing`, `BlobCorrupt`."""
        return ChunkReader(root, self._open(root, CHUNKS_SUFFIX))

    def get_chunked_size(self, root: Root) -> int | None:
        """How many bytes are stored under a chunk root; None if it is not there. `BlobCorrupt`."""
        try:
            with self._open(root, CHUNKS_SUFFIX) as file:
                return read_size(root, file)
        except BlobMissing:
            return None

    def get_chunk(self, root: Root, index: int) -> OpenedChunk:
        """One chunk with its path, verified. `BlobMissing`, `BlobCorrupt`, `BlobError`."""
        with self._open(root, CHUNKS_SUFFIX) as file:
            return read_chunk(root, file, index)

    def get_chunked(self, root: Root) -> bytes:
        """All bytes under a chunk root. `BlobMissing`, `BlobCorrupt`."""
        with self._open(root, CHUNKS_SUFFIX) as file:
            size = read_size(root, file)
            data = read_part(root, file, size, 0, size)
        if commit_chunks(data).root != root:
            raise BlobCorrupt(root, "it has other bytes")
        return data

    def remove_chunks(self, root: Root) -> None:
        """Deletes what is stored under a chunk root. `BlobMissing`."""
        try:
            self._path(root, CHUNKS_SUFFIX).unlink()
        except FileNotFoundError:
            raise BlobMissing(root) from None

    def __contains__(self, root: Root) -> bool:
        """Whether something is stored under the root; it is not read."""
        suffixes = (MATRIX_SUFFIX, BYTES_SUFFIX, CHUNKS_SUFFIX, RESULT_SUFFIX)
        return any(self._path(root, suffix).exists() for suffix in suffixes)

    def get_roots(self) -> frozenset[Root]:
        """The roots of all tensors that are stored."""
        return frozenset(Root(bytes.fromhex(path.stem)) for path in self._iterate_files())

    def get_used_bytes(self) -> int:
        """What all files take; of those on their way, what they will take."""
        return sum(_get_promised_size(path) for path in self._folder.glob("*/*"))

    def collect(self, needed: Collection[Root]) -> int:
        """Deletes tensors that no root of ``needed`` names, and what a crash left; the bytes freed.

        Bytes in chunks stay: somebody may be paid for keeping them.
        Nobody may be writing meanwhile.
        """
        keep = frozenset(needed)
        unneeded = [
            path for path in self._iterate_files() if Root(bytes.fromhex(path.stem)) not in keep
        ]
        freed = 0
        for path in (*unneeded, *self._folder.glob(f"*/*{PART_SUFFIX}")):
            freed += _get_size(path)
            path.unlink(missing_ok=True)
        return freed

    def collect_chunks(self, pinned: Collection[Root], before_s: float) -> int:
        """Deletes bytes in chunks that are older and that no root names; the bytes freed."""
        keep = frozenset(pinned)
        freed = 0
        for path in self._folder.glob(f"*/*{CHUNKS_SUFFIX}"):
            is_kept = not _is_root(path.stem) or Root(bytes.fromhex(path.stem)) in keep
            if not is_kept and _is_older(path, before_s):
                freed += _get_size(path)
                path.unlink(missing_ok=True)
        return freed

    def collect_partials(self, before_s: float) -> int:
        """Deletes files on their way that nobody has added to since, or has open; the bytes freed.

        What a crash left of a file that is written at once goes, too. The time is in seconds since
        1970.
        """
        suffixes = (PARTIAL_SUFFIX, PART_SUFFIX)
        paths = [path for suffix in suffixes for path in self._folder.glob(f"*/*{suffix}")]
        return sum(remove_if_idle(path) for path in paths if _is_older(path, before_s))

    def _iterate_files(self) -> Iterator[Path]:
        for suffix in (MATRIX_SUFFIX, BYTES_SUFFIX, RESULT_SUFFIX):
            for path in self._folder.glob(f"*/*{suffix}"):
                if _is_root(path.stem):
                    yield path

    def _get_partial_path(self, root: Root, size_bytes: int) -> Path:
        """Its name says how much it will take."""
        return self._path(root, f".{size_bytes}{PARTIAL_SUFFIX}")

    def _path(self, root: Root, suffix: str) -> Path:
        name = root.hex()
        return self._folder / name[:2] / (name + suffix)

    def _open(self, root: Root, suffix: str) -> BinaryIO:
        try:
            return self._path(root, suffix).open("rb")
        except FileNotFoundError:
            raise BlobMissing(root) from None
        except OSError as error:
            raise BlobError(f"the blob with root 0x{root.hex()}: {error.strerror}") from error

    def _write(self, path: Path, parts: tuple[bytes | memoryview, ...]) -> None:
        """Writes a file that is either there with all its bytes on disk, or not there."""
        if path.exists():
            return
        self._ensure_room(sum(memoryview(part).nbytes for part in parts))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(path, parts)
        except OSError as error:
            raise BlobError(f"{path}: cannot be written: {error.strerror}") from error

    def _ensure_room(self, size: int) -> None:
        used = self.get_used_bytes()
        if used + size > self._quota_bytes:
            raise StoreFull(size, used, self._quota_bytes)


def _write_durably(path: Path, parts: tuple[bytes | memoryview, ...]) -> None:
    handle, name = tempfile.mkstemp(PART_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
            replace_durably(file, Path(name), path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _is_root(name: str) -> bool:
    return len(name) == 2 * Root.LENGTH and all(digit in "0123456789abcdef" for digit in name)


def _get_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _get_promised_size(path: Path) -> int:
    """What a file takes, or will take where its name says it."""
    if path.suffix != PARTIAL_SUFFIX:
        return _get_size(path)
    size = path.stem.rpartition(".")[2]
    if not size.isdecimal() or not 1 <= int(size[:20]) <= CHUNKED_BYTES_MAX:
        return _get_size(path)
    return compute_data_offset(int(size)) + int(size)


def _is_older(path: Path, before_s: float) -> bool:
    try:
        return path.stat().st_mtime < before_s
    except FileNotFoundError:
        return False
