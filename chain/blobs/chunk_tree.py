"""The tree over the chunks of a file, computed block by block: a file need not fit in memory."""

from collections.abc import Callable
from typing import BinaryIO, Final

from chain.blobs.errors import BlobError
from runtime.primitives import Root
from runtime.tensor.chunk_ranges import HASH_BYTES, compute_filler_node, fold_level, hash_chunks
from runtime.tensor.chunks import CHUNK_BYTES, compute_chunks_root, count_chunks
from runtime.tensor.commitment import compute_path_length

BLOCK_HEIGHT: Final = 12
"""A block is 4 MiB: 2^12 chunks."""

WriteNodes = Callable[[int, int, bytes], None]
"""Takes neighbouring nodes, joined: their height, the index of the first, and they themselves."""


def ignore_nodes(height: int, index: int, nodes: bytes) -> None:
    """Keeps nothing."""
    del height, index, nodes


def compute_file_root(
    file: BinaryIO, size_bytes: int, write_nodes: WriteNodes = ignore_nodes
) -> Root:
    """The root over the next bytes of a file; every node is written once. `BlobError` at its end.

    Holds a block and 32 bytes for each block in memory.
    """
    count = count_chunks(size_bytes)
    top = compute_path_length(count)
    block_height = min(top, BLOCK_HEIGHT)
    width = 1 << block_height
    blocks: list[bytes] = []
    for first in range(0, count, width):
        level = _read_leaves(file, min(width * CHUNK_BYTES, size_bytes - first * CHUNK_BYTES))
        level += compute_filler_node(0) * (width - len(level) // HASH_BYTES)
        for height in range(block_height):
            write_nodes(height, first >> height, level)
            level = fold_level(level)
        blocks.append(level)
    _write_fillers(len(blocks) << block_height, top, block_height, write_nodes)
    missing = (1 << (top - block_height)) - len(blocks)
    level = b"".join(blocks) + compute_filler_node(block_height) * missing
    for height in range(block_height, top):
        write_nodes(height, 0, level)
        level = fold_level(level)
    write_nodes(top, 0, level)
    return compute_chunks_root(size_bytes, level)


def _read_leaves(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise BlobError(f"expected {length} more bytes of a file, got {len(data)}")
    return hash_chunks(data)


def _write_fillers(leaves: int, top: int, block_height: int, write_nodes: WriteNodes) -> None:
    """The nodes below blocks that there are not, once there are so many leaves."""
    for height in range(block_height):
        node, end = compute_filler_node(height), 1 << (top - height)
        for index in range(leaves >> height, end, 1 << BLOCK_HEIGHT):
            write_nodes(height, index, node * min(1 << BLOCK_HEIGHT, end - index))
