"""The form of a file whose chunks are opened one by one: its tree lies before its bytes.

    magic, u64 size, the tree level by level from the leaves (fillers too) to the one node, data

An opening reads a chunk and one hash a level, however large the file is.
"""

import os
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, Final

from chain.blobs.chunk_tree import compute_file_root
from chain.blobs.errors import BlobCorrupt, BlobError
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange, prove_range
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


def pack_header(size_bytes: int) -> bytes:
    """What the file begins with."""
    return MAGIC + size_bytes.to_bytes(8, "little")


def pack_chunks(tree: ChunkTree, data: bytes) -> tuple[bytes, ...]:
    """The parts of the file, in order."""
    levels = (b"".join(level) for level in tree.levels)
    return (pack_header(tree.size_bytes), *levels, data)


def compute_data_offset(size_bytes: int) -> int:
    """Where the data begins: behind all levels of the tree."""
    return _compute_level_offsets(size_bytes)[-1]


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
    file.seek(0)
    size = read_size(root, file)
    count = count_chunks(size)
    if not 0 <= index < count:
        raise BlobError(f"expected a chunk below {count}, got {index}")
    path = read_proof(root, file, ChunkRange(size, index, 1))
    chunk = read_part(root, file, size, index * CHUNK_BYTES, compute_chunk_bytes(size, index))
    try:
        verify_chunk(root, size, index, chunk, path)
    except BadOpening as error:
        raise BlobCorrupt(root, f"chunk {index}: {error}") from error
    return OpenedChunk(size, index, chunk, path)


def read_proof(root: Root, file: BinaryIO, chunks: ChunkRange) -> tuple[Hash, ...]:
    """The proof of some chunks as it is stored, not verified. `BlobCorrupt`."""
    handle, levels = file.fileno(), _compute_level_offsets(chunks.size_bytes)

    def read_node(height: int, index: int) -> Hash:
        node = os.pread(handle, HASH_BYTES, levels[height] + index * HASH_BYTES)
        if len(node) != HASH_BYTES:
            raise BlobCorrupt(root, "its file ends among the hashes of its tree")
        return Hash(node)

    return prove_range(chunks, read_node)


def read_part(root: Root, file: BinaryIO, size_bytes: int, start: int, length: int) -> bytes:
    """Some of the bytes, not verified. `BlobCorrupt` where they are missing."""
    file.seek(compute_data_offset(size_bytes) + start)
    data = file.read(length)
    if len(data) != length:
        raise BlobCorrupt(root, f"its file ends after {start + len(data)} of {size_bytes} bytes")
    return data


def write_tree(file: BinaryIO, size_bytes: int) -> Root:
    """Writes header and tree before data that is there already; the root. `BlobError`."""
    levels = _compute_level_offsets(size_bytes)

    def write_nodes(height: int, index: int, nodes: bytes) -> None:
        os.pwrite(file.fileno(), nodes, levels[height] + index * HASH_BYTES)

    file.seek(levels[-1])
    root = compute_file_root(file, size_bytes, write_nodes)
    os.pwrite(file.fileno(), pack_header(size_bytes), 0)
    return root


def _compute_level_offsets(size_bytes: int) -> list[int]:
    """Where each level of the tree begins, the leaves first, and where the data does."""
    height = compute_path_length(count_chunks(size_bytes))
    widths = (1 << (height - each) for each in range(height + 1))
    return list(accumulate((width * HASH_BYTES for width in widths), initial=HEADER_BYTES))
