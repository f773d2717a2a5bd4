"""How a matrix lies in its file: operands with the hashes of their strips, results as they are."""

from dataclasses import dataclass
from typing import BinaryIO, Final, TypeAlias

import numpy as np

from chain.blobs.errors import BlobCorrupt, BlobError
from runtime.primitives import Hash, Root
from runtime.tensor.commitment import (
    COLUMN_MULTIPLE,
    STRIP_ROWS,
    Commitment,
    Dtype,
    commit_leaves,
    commit_result,
    merkle_leaves,
    pad_operand,
)
from runtime.tensor.value import Int8Array, Int32Array

MAGIC: Final = b"sbrmat1\n"
RESULT_MAGIC: Final = b"sbrres1\n"
HEADER_BYTES: Final = len(MAGIC) + 8
HASH_BYTES: Final = 32
SIDE_MAX: Final = 2**20
"""Rows and columns of a matrix; more is no tensor of a model."""

Parts: TypeAlias = tuple[bytes | memoryview, ...]
"""What a file consists of, one after the other."""


@dataclass(frozen=True, slots=True)
class ResultRows:
    """Some rows of a result, int32 little endian, as they were read."""

    rows: int
    """Of the whole result."""
    cols: int
    data: bytes


def pack_matrix(matrix: Int8Array) -> tuple[Root, Parts]:
    """The root and the file of an operand, int8 of any shape, padded."""
    padded = pad_operand(matrix)
    rows, cols = padded.shape
    leaves = merkle_leaves(padded)
    root = commit_leaves(Dtype.INT8, rows, cols, leaves).root
    return root, (_make_header(MAGIC, rows, cols), b"".join(leaves), padded.data)


def pack_result(result: Int32Array) -> tuple[Root, Parts]:
    """The root and the file of a result, int32 in whole tiles."""
    rows, cols = result.shape
    data = np.ascontiguousarray(result).astype("<i4", copy=False)
    return commit_result(result).root, (_make_header(RESULT_MAGIC, rows, cols), data.tobytes())


def read_result(root: Root, file: BinaryIO) -> Int32Array:
    """A whole result, verified. `BlobCorrupt`."""
    rows, cols = _read_result_shape(root, file)
    data = file.read(4 * rows * cols)
    if len(data) != 4 * rows * cols:
        raise BlobCorrupt(root, f"its file ends after {len(data)} bytes of the result")
    result = np.frombuffer(data, "<i4").reshape(rows, cols).astype(np.int32, copy=False)
    if commit_result(result).root != root:
        raise BlobCorrupt(root, "it has other entries")
    return result


def read_rows(root: Root, file: BinaryIO, first: int, count: int) -> ResultRows:
    """Some rows of a result. `BlobCorrupt`, `BlobError`."""
    rows, cols = _read_result_shape(root, file)
    if not 0 <= first < first + count <= rows:
        raise BlobError(f"expected rows below {rows}, got {first} to {first + count}")
    file.seek(HEADER_BYTES + 4 * cols * first)
    data = file.read(4 * cols * count)
    if len(data) != 4 * cols * count:
        raise BlobCorrupt(root, f"its file ends within row {first + count - 1}")
    return ResultRows(rows, cols, data)


def read_shape(root: Root, file: BinaryIO) -> tuple[int, int]:
    """Rows and columns of a stored operand, padded. `BlobCorrupt`."""
    header = file.read(HEADER_BYTES)
    rows = int.from_bytes(header[-8:-4], "little")
    cols = int.from_bytes(header[-4:], "little")
    is_operand = rows % STRIP_ROWS == 0 == cols % COLUMN_MULTIPLE and min(rows, cols) > 0
    is_good = len(header) == HEADER_BYTES and header.startswith(MAGIC)
    if not (is_good and is_operand and max(rows, cols) <= SIDE_MAX):
        raise BlobCorrupt(root, "its file does not begin as a matrix does")
    return rows, cols


def read_commitment(root: Root, file: BinaryIO) -> Commitment:
    """The tree of a stored matrix, which has been checked against its root."""
    rows, cols = read_shape(root, file)
    count = rows // STRIP_ROWS
    hashes = file.read(count * HASH_BYTES)
    if len(hashes) != count * HASH_BYTES:
        raise BlobCorrupt(root, "its file ends among the hashes of its strips")
    leaves = [Hash(hashes[at : at + HASH_BYTES]) for at in range(0, len(hashes), HASH_BYTES)]
    commitment = commit_leaves(Dtype.INT8, rows, cols, leaves)
    if commitment.root != root:
        raise BlobCorrupt(root, "the hashes of its strips belong to another root")
    return commitment


def _make_header(magic: bytes, rows: int, cols: int) -> bytes:
    return magic + rows.to_bytes(4, "little") + cols.to_bytes(4, "little")


def _read_result_shape(root: Root, file: BinaryIO) -> tuple[int, int]:
    header = file.read(HEADER_BYTES)
    rows = int.from_bytes(header[-8:-4], "little")
    cols = int.from_bytes(header[-4:], "little")
    is_tiled = rows % STRIP_ROWS == 0 == cols % STRIP_ROWS and min(rows, cols) > 0
    is_good = len(header) == HEADER_BYTES and header.startswith(RESULT_MAGIC)
    if not (is_good and is_tiled and max(rows, cols) <= SIDE_MAX):
        raise BlobCorrupt(root, "its file does not begin as a result does")
    return rows, cols
