"""The form of a file whose chunks are opened one by one: its tree lies before its bytes.

    magic, u64 size, the tree level by level from the leaves (fillers too) to the one node, data

An opening reads a chunk and one hash a level, however large the file is.
"""

import os
from dataclasses import dataclass
from typing import BinaryIO, Final

from chain.blobs.errors import BlobCorrupt, BlobError
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import (
    CHUNK_BYTES,
    CHUNKED_BYTES_MAX,
    ChunkTree,
    compute_chunk_bytes,
    count_chunks,
    verify_chunk,
)
from runtime.tensor.commitment import BadOpening, MerklePath, compute_path_length

MAGIC: Final = b"sbrchk1\n"
HEADER_BYTES: Final = len(MAGIC) + 8
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class OpenedChunk:
    """One chunk of stored bytes, as `verify_chunk` takes it."""

    size_bytes: int
    """Of all of them."""

    index: int
    chunk: bytes
    path: MerklePath


def pack_chunks(tree: ChunkTree, data: bytes) -> tuple[bytes, ...]:
    """The parts of the file, in order."""
    levels = (b"".join(level) for level in tree.levels)
    return (MAGIC + tree.size_bytes.to_bytes(8, "little"), *levels, data)


def read_size(root: Root, file: BinaryIO) -> int:
    """How many bytes the file is of; the position is behind its header. `BlobCorrupt`."""
    header = file.read(HEADER_BYTES)
    size = int.from_bytes(header[len(MAGIC) :], "little")
    if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
        raise BlobCorrupt(root, "its file does not begin as one of chunks does")
    if not 1 <= size <= CHUNKED_BYTES_MAX:
        raise BlobCorrupt(root, f"it says that it has {size} bytes")
    return size


def read_chunk(root: Root, file: BinaryIO, index: int) -> OpenedChunk:
    """One chunk with its path, verified. `BlobCorrupt`; `BlobError` for one that there is not."""
    size = read_size(root, file)
    count = count_chunks(size)
    if not 0 <= index < count:
        raise BlobError(f"expected a chunk below {count}, got {index}")
    path: list[Hash] = []
    start, width = HEADER_BYTES, 1 << compute_path_length(count)
    for height in range(compute_path_length(count)):
        path.append(_read_hash(root, file, start + ((index >> height) ^ 1) * HASH_BYTES))
        start += width * HASH_BYTES
        width //= 2
    file.seek(start + HASH_BYTES + index * CHUNK_BYTES)
    chunk = file.read(compute_chunk_bytes(size, index))
    opened = OpenedChunk(size, index, chunk, tuple(path))
    try:
        verify_chunk(root, size, index, chunk, opened.path)
    except BadOpening as error:
        raise BlobCorrupt(root, f"chunk {index}: {error}") from error
    return opened


def read_data(root: Root, file: BinaryIO) -> bytes:
    """All bytes, not verified yet. `BlobCorrupt` where some are missing."""
    size = read_size(root, file)
    leaves = 1 << compute_path_length(count_chunks(size))
    file.seek((2 * leaves - 1) * HASH_BYTES, os.SEEK_CUR)
    data = file.read(size)
    if len(data) != size:
        raise BlobCorrupt(root, f"its file ends after {len(data)} of {size} bytes")
    return data


def _read_hash(root: Root, file: BinaryIO, position: int) -> Hash:
    file.seek(position)
    data = file.read(HASH_BYTES)
    if len(data) != HASH_BYTES:
        raise BlobCorrupt(root, "its file ends among the hashes of its tree")
    return Hash(data)
