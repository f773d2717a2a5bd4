"""Commitments to plain bytes by chunks of 1 KiB: one root binds content and size, a path one chunk.

What is stored for somebody, or sold, is known by this root, and anybody can check one chunk of it
without the rest (`docs/spec/storage.md`):

    leaf   = BLAKE3(0x00 || chunk)     chunks of 1,024 bytes, only the last one shorter
    node   = BLAKE3(0x01 || left || right)
    merkle = the leaves, filled up to a power of two with BLAKE3(0x02), folded pairwise
    root   = BLAKE3("soberana/chunks/v1" || u64 size || merkle)
"""

from collections.abc import Sequence

from blake3 import blake3

from runtime.frozen import frozen
from runtime.primitives import Hash, Root
from runtime.tensor.commitment import (
    PATH_LENGTH_MAX,
    BadOpening,
    MerklePath,
    compute_filler,
    compute_leaf,
    compute_node,
    compute_path_length,
)

CHUNK_BYTES = 1_024
CHUNKED_BYTES_MAX = CHUNK_BYTES << PATH_LENGTH_MAX
"""The most bytes under one root: 1 TiB."""

ROOT_DOMAIN = b"soberana/chunks/v1"


def count_chunks(size_bytes: int) -> int:
    """How many chunks so many bytes make. `ValueError` outside 1 to `CHUNKED_BYTES_MAX`."""
    if not 1 <= size_bytes <= CHUNKED_BYTES_MAX:
        raise ValueError(f"expected 1 to {CHUNKED_BYTES_MAX} bytes, got {size_bytes}")
    return -(-size_bytes // CHUNK_BYTES)


def compute_chunk_bytes(size_bytes: int, index: int) -> int:
    """How long a chunk is: only the last one may be short."""
    return min(CHUNK_BYTES, size_bytes - index * CHUNK_BYTES)


@frozen
class ChunkTree:
    """The whole tree over some bytes, from which any chunk can be opened."""

    size_bytes: int
    levels: tuple[tuple[Hash, ...], ...]
    """The leaves with their fillers first, the one Merkle root last."""

    @property
    def root(self) -> Root:
        """The root that stands for the bytes."""
        return compute_chunks_root(self.size_bytes, self.levels[-1][0])

    @property
    def chunks_count(self) -> int:
        """How many chunks there are."""
        return count_chunks(self.size_bytes)

    def get_path(self, index: int) -> MerklePath:
        """The path of one chunk."""
        if not 0 <= index < self.chunks_count:
            raise IndexError(f"a chunk's index is below {self.chunks_count}, not {index}")
        return tuple(level[(index >> height) ^ 1] for height, level in enumerate(self.levels[:-1]))


def compute_chunks_root(size_bytes: int, merkle: bytes) -> Root:
    """The root: size and Merkle tree in one hash."""
    return Root(blake3(ROOT_DOMAIN + size_bytes.to_bytes(8, "little") + merkle).digest())


def commit_chunk_leaves(size_bytes: int, leaves: Sequence[Hash]) -> ChunkTree:
    """The tree over chunks that are hashed already, as `compute_leaf` does it.

    `ValueError` unless there are as many leaves as the size makes.
    """
    count = count_chunks(size_bytes)
    if len(leaves) != count:
        raise ValueError(f"{size_bytes} bytes make {count} chunks, not {len(leaves)}")
    level = [*leaves, *[compute_filler()] * ((1 << compute_path_length(count)) - count)]
    levels = [tuple(level)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [compute_node(left, right) for left, right in pairs]
        levels.append(tuple(level))
    return ChunkTree(size_bytes, tuple(levels))


def commit_chunks(data: bytes) -> ChunkTree:
    """Commits to bytes, at least one. `ValueError`."""
    view = memoryview(data)
    starts = range(0, len(data), CHUNK_BYTES)
    leaves = [compute_leaf(view[start : start + CHUNK_BYTES]) for start in starts]
    return commit_chunk_leaves(len(data), leaves)


def get_chunk(data: bytes, index: int) -> bytes:
    """The bytes of one chunk."""
    return data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]


def verify_chunk(root: Root, size_bytes: int, index: int, chunk: bytes, path: MerklePath) -> None:
    """Checks that chunk ``index`` of the bytes behind ``root`` is this one.

    Errors: BadOpening. `ValueError` for a size that no root has.
    """
    length = compute_chunk_bytes(size_bytes, index)
    if 0 <= index < count_chunks(size_bytes) and len(chunk) != length:
        raise BadOpening(f"chunk {index} of {size_bytes} bytes has {length}, not {len(chunk)}")
    verify_chunk_leaf(root, size_bytes, index, compute_leaf(chunk), path)


def verify_chunk_leaf(
    root: Root, size_bytes: int, index: int, leaf: Hash, path: MerklePath
) -> None:
    """Checks that chunk ``index`` of the bytes behind ``root`` has this leaf, whatever it is.

    Errors: BadOpening. `ValueError` for a size that no root has.
    """
    count = count_chunks(size_bytes)
    if not 0 <= index < count:
        raise BadOpening(f"the index of a chunk is below {count}, not {index}")
    expected = compute_path_length(count)
    if len(path) != expected:
        raise BadOpening(f"a path among {count} chunks has {expected} nodes, not {len(path)}")
    node = leaf
    for height, sibling in enumerate(path):
        is_right = (index >> height) & 1
        node = compute_node(sibling, node) if is_right else compute_node(node, sibling)
    got = compute_chunks_root(size_bytes, node)
    if got != root:
        raise BadOpening(f"expected root {root}, got {got}")


def draw_chunks(seed: Hash, chunks_count: int, draws: int) -> tuple[int, ...]:
    """The chunks that a seed asks for, one by one and not necessarily distinct.

    The i-th is the first eight bytes of BLAKE3(seed || u32 i), little endian, modulo the count.
    """
    return tuple(
        int.from_bytes(blake3(seed + draw.to_bytes(4, "little")).digest(8), "little") % chunks_count
        for draw in range(draws)
    )
