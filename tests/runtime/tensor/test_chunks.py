"""Chunks: the root binds content and size, a path opens one chunk and nothing else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives import Hash, Root
from runtime.tensor.chunks import (
    CHUNK_BYTES,
    CHUNKED_BYTES_MAX,
    commit_chunk_leaves,
    commit_chunks,
    compute_chunks_root,
    count_chunks,
    draw_chunks,
    get_chunk,
    verify_chunk,
    verify_chunk_leaf,
)
from runtime.tensor.commitment import BadOpening, compute_leaf, compute_node
from tests.helpers import chunk_vectors

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(chunk_vectors.PATH.read_text())
SIZES = st.integers(1, 9 * CHUNK_BYTES) | st.sampled_from([n * CHUNK_BYTES for n in range(1, 9)])


def test_the_vectors_are_those_of_the_specification() -> None:
    assert chunk_vectors.make_vectors() == VECTORS


@pytest.mark.parametrize("case", VECTORS["commitments"], ids=lambda case: case["size"])
def test_commitment(case: dict[str, Any]) -> None:
    data, last = chunk_vectors.make_data(case["label"], case["size"]), case["chunks"] - 1
    tree = commit_chunks(data)
    assert tree.root.hex() == case["root"]
    assert tree.chunks_count == case["chunks"]
    assert tree.levels[0][last].hex() == case["leaf_of_last"]
    assert [node.hex() for node in tree.get_path(last)] == case["path_of_last"]
    verify_chunk(tree.root, len(data), last, get_chunk(data, last), tree.get_path(last))


@pytest.mark.parametrize("case", VECTORS["draws"], ids=lambda case: case["chunks"])
def test_draws(case: dict[str, Any]) -> None:
    seed = Hash(bytes.fromhex(case["seed"]))
    assert list(draw_chunks(seed, case["chunks"], len(case["indices"]))) == case["indices"]


@given(SIZES, st.data())
def test_an_opening_shows_its_chunk_and_no_other(size: int, data: st.DataObject) -> None:
    content = chunk_vectors.make_data("content", size)
    tree = commit_chunks(content)
    index = data.draw(st.integers(0, tree.chunks_count - 1))
    chunk, path = get_chunk(content, index), tree.get_path(index)
    verify_chunk(tree.root, size, index, chunk, path)
    bit = data.draw(st.integers(0, len(chunk) * 8 - 1))
    flipped = bytearray(chunk)
    flipped[bit // 8] ^= 1 << bit % 8
    other = (
        data.draw(st.integers(0, tree.chunks_count - 1).filter(lambda at: at != index))
        if (tree.chunks_count > 1)
        else tree.chunks_count
    )
    wrong = [
        (tree.root, size, index, bytes(flipped), path),
        (tree.root, size, other, chunk, path),
        (tree.root, size, tree.chunks_count, chunk, path),
        (tree.root, size, -1, chunk, path),
        (tree.root, size, index, chunk + b"\0", path),
        (tree.root, size, index, chunk[:-1], path),
        (tree.root, size, index, chunk, (*path, Hash.zero())),
        (tree.root, size + 1, index, chunk, path),
        (Root.zero(), size, index, chunk, path),
    ]
    for each in wrong:
        with pytest.raises(BadOpening):
            verify_chunk(*each)


def test_zeros_behind_the_end_make_another_root() -> None:
    assert commit_chunks(b"a").root != commit_chunks(b"a\0").root
    full = bytes(CHUNK_BYTES)
    assert len({commit_chunks(full * n).root for n in range(1, 6)}) == 5


def test_a_node_is_no_chunk() -> None:
    """The two children of a node, 64 bytes, do not pass for a short chunk of another size."""
    tree = commit_chunks(bytes(2 * CHUNK_BYTES))
    left, right = tree.levels[0]
    assert tree.levels[1][0] == compute_node(left, right)
    assert compute_leaf(left + right) != tree.levels[1][0]
    with pytest.raises(BadOpening):
        verify_chunk(tree.root, 64, 0, left + right, ())


def test_sizes_have_bounds() -> None:
    assert count_chunks(CHUNKED_BYTES_MAX) == 2**30
    for size in (0, -1, CHUNKED_BYTES_MAX + 1):
        with pytest.raises(ValueError, match="expected 1 to"):
            count_chunks(size)
    with pytest.raises(ValueError, match="expected 1 to"):
        commit_chunks(b"")
    with pytest.raises(ValueError, match="make 2 chunks, not 1"):
        commit_chunk_leaves(1_025, [Hash.zero()])


def test_a_path_is_asked_of_chunks_only() -> None:
    tree = commit_chunks(bytes(3 * CHUNK_BYTES))
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.get_path(index)


def test_the_size_is_part_of_the_root() -> None:
    tree = commit_chunks(bytes(CHUNK_BYTES))
    assert tree.root == compute_chunks_root(CHUNK_BYTES, tree.levels[-1][0])
    assert replace(tree, size_bytes=CHUNK_BYTES - 1).root != tree.root


def test_draws_find_a_loss_as_often_as_they_should() -> None:
    """A loss of a tenth passes twenty draws with 0.9^20 = 12.2 %."""
    audits = 2_000
    seeds = (Hash(chunk_vectors.hash_of(bytes([n % 256, n // 256]))) for n in range(audits))
    passed = sum(min(draw_chunks(seed, 1_000, 20)) >= 100 for seed in seeds)
    assert 0.09 < passed / audits < 0.155


def test_a_leaf_is_opened_without_its_chunk() -> None:
    data = bytes(range(256)) * 20
    tree = commit_chunks(data)
    for index in range(tree.chunks_count):
        leaf, path = tree.levels[0][index], tree.get_path(index)
        verify_chunk_leaf(tree.root, len(data), index, leaf, path)
        with pytest.raises(BadOpening):
            verify_chunk_leaf(tree.root, len(data), index, Hash.zero(), path)
    with pytest.raises(BadOpening, match="the index of a chunk is below 5, not 5"):
        verify_chunk_leaf(tree.root, len(data), 5, leaf, path)


def test_a_node_is_no_leaf() -> None:
    """Its shorter path leads to the root; the size says how long a path is."""
    size = 4 * CHUNK_BYTES
    tree = commit_chunks(bytes(range(256)) * 16)
    node, path = tree.levels[1][0], tree.get_path(0)[1:]
    root = compute_node(node, path[0])
    assert tree.root == compute_chunks_root(size, root)
    with pytest.raises(BadOpening, match="a path among 4 chunks has 2 nodes, not 1"):
        verify_chunk_leaf(tree.root, size, 0, node, path)
