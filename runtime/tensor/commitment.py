"""Commitments to matrices: one root binds every byte and the shape, one path opens 32 rows.

Operands (int8) are committed by strips of 32 rows, results (int32) by tiles of 32 x 32. A root
depends on the content alone, never on a block, so a tensor is hashed once for ever:

    leaf   = BLAKE3(0x00 || bytes)            node = BLAKE3(0x01 || left || right)
    merkle = the leaves, filled up to a power of two with BLAKE3(0x02), folded pairwise
    root   = BLAKE3("matpow/matrix/v1" || u8 dtype || u32 rows || u32 cols || merkle)

Operands are padded with zeros before they are committed, and the root names the padded shape.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Annotated, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from runtime.codec import MaxLen
from runtime.frozen import frozen
from runtime.primitives import Hash, Root

Int8Matrix: TypeAlias = npt.NDArray[np.int8]
Int32Matrix: TypeAlias = npt.NDArray[np.int32]

STRIP_ROWS = 32
"""Rows in one leaf of an operand; the side of a tile of a result."""

COLUMN_MULTIPLE = 64
"""Operands have a multiple of this many columns: one step of the inner dimension."""

TILE_BYTES = STRIP_ROWS * STRIP_ROWS * 4
PATH_LENGTH_MAX = 30
"""Enough for the tiles of a result of 2^20 x 2^20."""

MerklePath: TypeAlias = Annotated[tuple[Hash, ...], MaxLen(PATH_LENGTH_MAX)]
"""The siblings of a leaf, from the leaf up to the root."""

ROOT_DOMAIN = b"matpow/matrix/v1"
DIMENSION_MAX = 2**32 - 1


class Dtype(IntEnum):
    """The element type that a root names."""

    INT8 = 0
    INT32 = 1


class BadOpening(ValueError):
    """A strip, tile or path that does not belong to the root."""


def compute_leaf(data: bytes | memoryview) -> Hash:
    """The leaf of one strip or tile."""
    hasher = blake3(b"\x00")
    hasher.update(data)
    return Hash(hasher.digest())


def compute_node(left: bytes, right: bytes) -> Hash:
    """The parent of two nodes."""
    return Hash(blake3(b"\x01" + left + right).digest())


def compute_filler() -> Hash:
    """What stands in the place of a leaf that does not exist."""
    return Hash(blake3(b"\x02").digest())


def compute_root(dtype: Dtype, rows: int, cols: int, merkle: bytes) -> Root:
    """The root: element type, shape and Merkle tree in one hash."""
    shape = bytes([dtype]) + rows.to_bytes(4, "little") + cols.to_bytes(4, "little")
    return Root(blake3(ROOT_DOMAIN + shape + merkle).digest())


def compute_path_length(leaves: int) -> int:
    """How many siblings a path has in a tree of so many leaves."""
    return (leaves - 1).bit_length()


@frozen
class Commitment:
    """A committed matrix: its shape and its whole tree, from which any leaf can be opened."""

    dtype: Dtype
    rows: int
    cols: int
    levels: tuple[tuple[Hash, ...], ...]
    """The leaves with their fillers first, the one Merkle root last."""

    @property
    def root(self) -> Root:
        """The root that stands for the matrix."""
        return compute_root(self.dtype, self.rows, self.cols, self.levels[-1][0])

    def get_path(self, index: int) -> MerklePath:
        """The path of one leaf."""
        if not 0 <= index < self.leaves_count:
            raise IndexError(f"a leaf's index is below {self.leaves_count}, not {index}")
        return tuple(level[(index >> height) ^ 1] for height, level in enumerate(self.levels[:-1]))

    @property
    def leaves_count(self) -> int:
        """How many strips or tiles the matrix has."""
        return count_leaves(self.dtype, self.rows, self.cols)


def count_leaves(dtype: Dtype, rows: int, cols: int) -> int:
    """How many strips (of an operand) or tiles (of a result) a shape has."""
    strips = rows // STRIP_ROWS
    return strips if dtype is Dtype.INT8 else strips * (cols // STRIP_ROWS)


def commit_leaves(dtype: Dtype, rows: int, cols: int, leaves: Sequence[Hash]) -> Commitment:
    """The commitment of a matrix whose leaves are hashed already."""
    if len(leaves) != count_leaves(dtype, rows, cols):
        raise ValueError(f"a matrix of {rows} x {cols} does not have {len(leaves)} leaves")
    filler = compute_filler()
    level = [*leaves, *[filler] * ((1 << compute_path_length(len(leaves))) - len(leaves))]
    levels = [tuple(level)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [compute_node(left, right) for left, right in pairs]
        levels.append(tuple(level))
    return Commitment(dtype, rows, cols, tuple(levels))


def pad_operand(matrix: Int8Matrix) -> Int8Matrix:
    """The operand with zero rows and columns up to multiples of 32 and 64, contiguous.

    A matrix that needs no padding is returned as it is, not copied.
    """
    _ensure_matrix(matrix, np.dtype(np.int8))
    rows, cols = _shape_of(matrix)
    missing = (-rows % STRIP_ROWS, -cols % COLUMN_MULTIPLE)
    if missing == (0, 0):
        return np.ascontiguousarray(matrix)
    padded = np.zeros((rows + missing[0], cols + missing[1]), np.int8)
    padded[:rows, :cols] = matrix
    return padded


def merkle_leaves(matrix: Int8Matrix) -> tuple[Hash, ...]:
    """The leaves of an operand, which is padded first."""
    padded = pad_operand(matrix)
    return tuple(
        compute_leaf(padded[row : row + STRIP_ROWS].data.cast("B"))
        for row in range(0, len(padded), STRIP_ROWS)
    )


def commit_matrix(matrix: Int8Matrix) -> Commitment:
    """Commits to an operand: int8[rows, cols], any shape, padded first."""
    padded = pad_operand(matrix)
    rows, cols = _shape_of(padded)
    return commit_leaves(Dtype.INT8, rows, cols, merkle_leaves(padded))


def matrix_root(matrix: Int8Matrix) -> Root:
    """The root of an operand: int8[rows, cols], any shape, padded first."""
    return commit_matrix(matrix).root


def get_strip(matrix: Int8Matrix, index: int) -> bytes:
    """The bytes of strip ``index`` of a padded operand, row by row."""
    return matrix[index * STRIP_ROWS : (index + 1) * STRIP_ROWS].tobytes()


def open_strip(
    commitment: Commitment,
    matrix: Int8Matrix,
    index: int,
) -> tuple[bytes, MerklePath]:
    """Strip ``index`` of the committed operand, with its path."""
    path = commitment.get_path(index)
    return get_strip(pad_operand(matrix), index), path


def verify_strip(
    root: Root,
    rows: int,
    cols: int,
    index: int,
    strip: bytes,
    path: MerklePath,
) -> None:
    """Checks that strip ``index`` of the operand behind ``root`` has these bytes.

    Errors: BadOpening.
    """
    if len(strip) != STRIP_ROWS * cols:
        raise BadOpening(f"a strip of {cols} columns has not {len(strip)} bytes")
    _ensure_path(Dtype.INT8, (rows, cols), index, path)
    _verify_leaf(root, Dtype.INT8, (rows, cols), index, compute_leaf(strip), path)


def commit_result(result: Int32Matrix) -> Commitment:
    """Commits to a result: int32[rows, cols], both multiples of 32, by tiles in row-major order."""
    _ensure_matrix(result, np.dtype(np.int32))
    rows, cols = _shape_of(result)
    if rows % STRIP_ROWS or cols % STRIP_ROWS:
        raise ValueError(f"a result of {rows} x {cols} is not made of whole tiles")
    leaves = tuple(compute_leaf(tile) for tile in _iterate_tiles(result))
    return commit_leaves(Dtype.INT32, rows, cols, leaves)


def result_root(result: Int32Matrix) -> Root:
    """The root of a result: int32[rows, cols], both multiples of 32."""
    return commit_result(result).root


def get_tile(result: Int32Matrix, row: int, col: int) -> bytes:
    """The bytes of the tile in tile row ``row`` and tile column ``col``, little endian."""
    down, right = row * STRIP_ROWS, col * STRIP_ROWS
    tile = result[down : down + STRIP_ROWS, right : right + STRIP_ROWS]
    return tile.astype("<i4").tobytes()


def open_tile(
    commitment: Commitment,
    result: Int32Matrix,
    row: int,
    col: int,
) -> tuple[bytes, MerklePath]:
    """One tile of the committed result, with its path."""
    path = commitment.get_path(row * (commitment.cols // STRIP_ROWS) + col)
    return get_tile(result, row, col), path


def verify_tile(
    root: Root,
    rows: int,
    cols: int,
    position: tuple[int, int],
    tile: bytes,
    path: MerklePath,
) -> None:
    """Checks that the tile at ``position`` (row, column) behind ``root`` has these bytes.

    Errors: BadOpening.
    """
    if len(tile) != TILE_BYTES:
        raise BadOpening(f"a tile has {TILE_BYTES} bytes, not {len(tile)}")
    across = cols // STRIP_ROWS
    row, col = position
    if not 0 <= col < across:
        raise BadOpening(f"a tile's column is below {across}, not {col}")
    index = row * across + col
    _ensure_path(Dtype.INT32, (rows, cols), index, path)
    _verify_leaf(root, Dtype.INT32, (rows, cols), index, compute_leaf(tile), path)


def _ensure_path(dtype: Dtype, shape: tuple[int, int], index: int, path: MerklePath) -> None:
    rows, cols = shape
    leaves = count_leaves(dtype, rows, cols)
    if not 0 <= index < leaves:
        raise BadOpening(f"the index of a leaf is below {leaves}, not {index}")
    if len(path) != compute_path_length(leaves):
        expected = compute_path_length(leaves)
        raise BadOpening(f"a path among {leaves} leaves has {expected} nodes, not {len(path)}")


def _verify_leaf(
    root: Root,
    dtype: Dtype,
    shape: tuple[int, int],
    index: int,
    leaf: Hash,
    path: MerklePath,
) -> None:
    rows, cols = shape
    node = leaf
    for height, sibling in enumerate(path):
        is_right = (index >> height) & 1
        node = compute_node(sibling, node) if is_right else compute_node(node, sibling)
    got = compute_root(dtype, rows, cols, node)
    if got != root:
        raise BadOpening(f"expected root {root}, got {got}")


def _iterate_tiles(result: Int32Matrix) -> Iterable[bytes]:
    for down in range(0, len(result), STRIP_ROWS):
        band = result[down : down + STRIP_ROWS].astype("<i4")
        tiles = band.reshape(STRIP_ROWS, -1, STRIP_ROWS).transpose(1, 0, 2)
        data = tiles.tobytes()
        for start in range(0, len(data), TILE_BYTES):
            yield data[start : start + TILE_BYTES]


def _shape_of(matrix: Int8Matrix | Int32Matrix) -> tuple[int, int]:
    # Only matrices come here (_ensure_matrix): numpy's types do not carry the rank.
    return cast("tuple[int, int]", matrix.shape)


def _ensure_matrix(
    matrix: Int8Matrix | Int32Matrix,
    dtype: np.dtype[np.int8] | np.dtype[np.int32],
) -> None:
    if matrix.dtype != dtype or matrix.ndim != 2:
        raise ValueError(f"expected a matrix of {dtype}, got {matrix.dtype}{matrix.shape}")
    if not all(0 < side <= DIMENSION_MAX for side in matrix.shape):
        raise ValueError(f"a matrix of {matrix.shape} cannot be committed")
