"""Roots bind bytes and shape; a path opens one strip or tile and nothing else."""

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives import Hash, Root
from runtime.tensor.commitment import (
    BadOpening,
    Dtype,
    Int8Matrix,
    Int32Matrix,
    commit_leaves,
    commit_matrix,
    commit_result,
    get_strip,
    get_tile,
    matrix_root,
    merkle_leaves,
    open_strip,
    open_tile,
    pad_operand,
    result_root,
    verify_strip,
    verify_tile,
)


def make_operand(rows: int, cols: int, seed: int = 0) -> Int8Matrix:
    return np.random.default_rng(seed).integers(-63, 64, (rows, cols)).astype(np.int8)


def make_result(rows: int, cols: int, seed: int = 0) -> Int32Matrix:
    return np.random.default_rng(seed).integers(-(2**31), 2**31, (rows, cols)).astype(np.int32)


def hash_of(data: bytes) -> bytes:
    return blake3(data).digest()


def naive_root(tag: int, rows: int, cols: int, leaves: list[bytes]) -> bytes:
    """The specification, word for word."""
    while len(leaves) & (len(leaves) - 1):
        leaves.append(hash_of(b"\x02"))
    while len(leaves) > 1:
        leaves = [hash_of(b"\x01" + leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    shape = bytes([tag]) + rows.to_bytes(4, "little") + cols.to_bytes(4, "little")
    return hash_of(b"matpow/matrix/v1" + shape + leaves[0])


@pytest.mark.parametrize("rows, cols", [(32, 64), (64, 64), (96, 128), (160, 64)])
def test_operand_root_is_the_specified_one(rows: int, cols: int) -> None:
    matrix = make_operand(rows, cols)
    leaves = [hash_of(b"\x00" + matrix[i : i + 32].tobytes()) for i in range(0, rows, 32)]
    assert matrix_root(matrix) == naive_root(0, rows, cols, leaves)


@pytest.mark.parametrize("rows, cols", [(32, 32), (64, 96), (96, 32)])
def test_result_root_is_the_specified_one(rows: int, cols: int) -> None:
    result = make_result(rows, cols)
    leaves = [
        hash_of(b"\x00" + result[i : i + 32, j : j + 32].astype("<i4").tobytes())
        for i in range(0, rows, 32)
        for j in range(0, cols, 32)
    ]
    assert result_root(result) == naive_root(1, rows, cols, leaves)


@given(st.integers(1, 70), st.integers(1, 130))
def test_padding_fills_up_with_zeros(rows: int, cols: int) -> None:
    matrix = make_operand(rows, cols)
    padded = pad_operand(matrix)
    assert padded.shape == (-(-rows // 32) * 32, -(-cols // 64) * 64)
    assert np.array_equal(padded[:rows, :cols], matrix)
    assert not padded[rows:].any()
    assert not padded[:, cols:].any()
    assert matrix_root(matrix) == matrix_root(padded)


def test_aligned_operand_is_not_copied() -> None:
    matrix = make_operand(32, 64)
    assert pad_operand(matrix) is matrix


def test_layout_in_memory_does_not_matter() -> None:
    matrix = make_operand(64, 128)
    assert matrix_root(np.asfortranarray(matrix)) == matrix_root(matrix)


def test_same_bytes_in_another_shape_have_another_root() -> None:
    data = make_operand(64, 128)
    assert matrix_root(data) != matrix_root(data.reshape(128, 64))
    # A single strip of the same bytes: even the leaf is the same, only the shape differs.
    assert matrix_root(np.zeros((32, 128), np.int8)) != matrix_root(np.zeros((64, 64), np.int8))


def test_root_names_the_element_type() -> None:
    leaves = [Hash(bytes(32))]
    operand = commit_leaves(Dtype.INT8, 32, 64, leaves)
    result = commit_leaves(Dtype.INT32, 32, 32, leaves)
    assert operand.root != result.root


@given(st.integers(1, 9), st.integers(1, 3), st.data())
def test_every_strip_opens(strips: int, steps: int, data: st.DataObject) -> None:
    matrix = make_operand(32 * strips, 64 * steps)
    commitment = commit_matrix(matrix)
    index = data.draw(st.integers(0, strips - 1))
    strip, path = open_strip(commitment, matrix, index)
    assert strip == get_strip(matrix, index)
    verify_strip(commitment.root, commitment.rows, commitment.cols, index, strip, path)
    for other in range(strips):
        if other != index:
            with pytest.raises(BadOpening):
                verify_strip(commitment.root, 32 * strips, 64 * steps, other, strip, path)


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_every_tile_opens(down: int, across: int, data: st.DataObject) -> None:
    result = make_result(32 * down, 32 * across)
    commitment = commit_result(result)
    row, col = data.draw(st.integers(0, down - 1)), data.draw(st.integers(0, across - 1))
    tile, path = open_tile(commitment, result, row, col)
    assert tile == get_tile(result, row, col)
    verify_tile(commitment.root, 32 * down, 32 * across, (row, col), tile, path)
    flipped = bytes([tile[0] ^ 1]) + tile[1:]
    with pytest.raises(BadOpening, match="expected root"):
        verify_tile(commitment.root, 32 * down, 32 * across, (row, col), flipped, path)


def test_forged_openings_are_refused() -> None:
    matrix = make_operand(160, 64)
    commitment = commit_matrix(matrix)
    root = commitment.root
    strip, path = open_strip(commitment, matrix, 4)
    forged = Hash(bytes([path[0][0] ^ 1]) + path[0][1:])
    with pytest.raises(BadOpening, match="expected root"):
        verify_strip(root, 160, 64, 4, strip, (forged, *path[1:]))
    with pytest.raises(BadOpening, match="expected root"):
        verify_strip(root, 160, 64, 4, strip, path[::-1])
    with pytest.raises(BadOpening, match="has 3 nodes, not 2"):
        verify_strip(root, 160, 64, 4, strip, path[:-1])
    with pytest.raises(BadOpening, match="has 3 nodes, not 4"):
        verify_strip(root, 160, 64, 4, strip, (*path, Hash.zero()))
    with pytest.raises(BadOpening, match="expected root"):
        verify_strip(root, 192, 64, 4, strip, path)
    with pytest.raises(BadOpening, match="has not 2048 bytes"):
        verify_strip(root, 160, 128, 4, strip, path)
    with pytest.raises(BadOpening, match="expected root"):
        verify_strip(Root.zero(), 160, 64, 4, strip, path)


def test_filler_cannot_be_opened() -> None:
    commitment = commit_matrix(make_operand(160, 64))
    with pytest.raises(IndexError, match="below 5"):
        commitment.get_path(5)
    with pytest.raises(BadOpening, match="below 5"):
        verify_strip(commitment.root, 160, 64, 5, bytes(2048), (Hash.zero(),) * 3)
    with pytest.raises(BadOpening, match="below 5"):
        verify_strip(commitment.root, 160, 64, -1, bytes(2048), (Hash.zero(),) * 3)


def test_tiles_outside_the_result_are_refused() -> None:
    result = make_result(64, 64)
    commitment = commit_result(result)
    tile, path = open_tile(commitment, result, 1, 0)
    verify_tile(commitment.root, 64, 64, (1, 0), tile, path)
    with pytest.raises(BadOpening, match="column"):
        verify_tile(commitment.root, 64, 64, (0, 2), tile, path)  # would have the same index
    with pytest.raises(BadOpening, match="below 4"):
        verify_tile(commitment.root, 64, 64, (2, 0), tile, path)
    with pytest.raises(BadOpening, match="4096 bytes"):
        verify_tile(commitment.root, 64, 64, (1, 0), tile[:-1], path)


def test_inner_node_is_not_a_leaf() -> None:
    matrix = make_operand(64, 64)
    leaves = merkle_leaves(matrix)
    inner = commit_matrix(matrix).levels[1][0]
    assert hash_of(b"\x00" + leaves[0] + leaves[1]) != inner
    assert hash_of(b"\x01" + leaves[0] + leaves[1]) == inner


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((0, 64), np.int8),
        np.zeros((32, 0), np.int8),
        np.zeros(64, np.int8),
        np.zeros((32, 64), np.int16),
    ],
)
def test_what_is_no_operand_cannot_be_committed(matrix: Int8Matrix) -> None:
    with pytest.raises(ValueError, match="matrix"):
        commit_matrix(matrix)


def test_result_of_broken_tiles_cannot_be_committed() -> None:
    with pytest.raises(ValueError, match="whole tiles"):
        commit_result(make_result(33, 32))
    with pytest.raises(ValueError, match="does not have 2 leaves"):
        commit_leaves(Dtype.INT8, 32, 64, [Hash.zero()] * 2)
