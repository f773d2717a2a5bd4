"""Proofs of many neighbouring chunks at once: what a client needs to check a part of a file.

A proof of chunks [first, first + count) is the nodes beside them, level by level from the leaves
up, the left one before the right one (`docs/spec/storage.md`). Of one chunk it is its path.
Hashes of a level are joined bytes here, 32 each, so that a large file costs little more.
"""

from collections.abc import Callable, Sequence

from blake3 import blake3

from runtime.frozen import frozen
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import (
    CHUNK_BYTES,
    compute_chunk_bytes,
    compute_chunks_root,
    count_chunks,
)
from runtime.tensor.commitment import BadOpening, compute_path_length

HASH_BYTES = 32

ReadNode = Callable[[int, int], Hash]
"""The node at a height, counted from the leaves, and an index from the left."""


@frozen
class ChunkRange:
    """Neighbouring chunks of bytes of a known size. `ValueError` where there are no such chunks."""

    size_bytes: int
    first: int
    count: int

    def __post_init__(self) -> None:
        chunks = count_chunks(self.size_bytes)
        if not 0 <= self.first < self.first + self.count <= chunks:
            raise ValueError(
                f"expected chunks among the {chunks} of {self.size_bytes} bytes, "
                f"got {self.count} from {self.first} on"
            )

    @property
    def start(self) -> int:
        """The place of the first byte."""
        return self.first * CHUNK_BYTES

    @property
    def length(self) -> int:
        """How many bytes the chunks have."""
        last = self.first + self.count - 1
        return (self.count - 1) * CHUNK_BYTES + compute_chunk_bytes(self.size_bytes, last)


def find_range_nodes(chunks: ChunkRange) -> tuple[tuple[int, int], ...]:
    """Height and index of every node of a proof, in its order."""
    found: list[tuple[int, int]] = []
    left, right = chunks.first, chunks.first + chunks.count - 1
    for height in range(compute_path_length(count_chunks(chunks.size_bytes))):
        if left & 1:
            found.append((height, left - 1))
        if not right & 1:
            found.append((height, right + 1))
        left, right = left >> 1, right >> 1
    return tuple(found)


def prove_range(chunks: ChunkRange, read_node: ReadNode) -> tuple[Hash, ...]:
    """The proof of some chunks from the tree over all."""
    return tuple(read_node(height, index) for height, index in find_range_nodes(chunks))


def verify_range(root: Root, chunks: ChunkRange, data: bytes, proof: Sequence[Hash]) -> None:
    """Checks that these are the bytes of the chunks of what is behind ``root``.

    Errors: BadOpening.
    """
    if len(data) != chunks.length:
        raise BadOpening(
            f"{chunks.count} chunks from {chunks.first} on have {chunks.length} bytes, "
            f"not {len(data)}"
        )
    places = find_range_nodes(chunks)
    if len(proof) != len(places):
        raise BadOpening(f"a proof of these chunks has {len(places)} nodes, not {len(proof)}")
    level, left, at = hash_chunks(data), chunks.first, 0
    for height in range(compute_path_length(count_chunks(chunks.size_bytes))):
        if left & 1:
            level, at = proof[at] + level, at + 1
        if at < len(places) and places[at][0] == height:
            level, at = level + proof[at], at + 1
        level, left = fold_level(level), left >> 1
    got = compute_chunks_root(chunks.size_bytes, level)
    if got != root:
        raise BadOpening(f"expected root {root}, got {got}")


def hash_chunks(data: bytes | memoryview) -> bytes:
    """The leaves of the chunks of some bytes, joined; only the last chunk may be short."""
    view = memoryview(data)
    starts = range(0, len(view), CHUNK_BYTES)
    return b"".join(
        [blake3(b"\x00" + view[start : start + CHUNK_BYTES]).digest() for start in starts]
    )


def fold_level(level: bytes) -> bytes:
    """The level above one of an even number of nodes."""
    pairs = range(0, len(level), 2 * HASH_BYTES)
    return b"".join([blake3(b"\x01" + level[at : at + 2 * HASH_BYTES]).digest() for at in pairs])


def compute_filler_node(height: int) -> Hash:
    """The node over nothing but fillers."""
    node = blake3(b"\x02").digest()
    for _ in range(height):
        node = fold_level(node + node)
    return Hash(node)
