"""Proofs of neighbouring chunks: every range of every length is proven, and nothing else is."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import (
    ChunkRange,
    compute_filler_node,
    find_range_nodes,
    fold_level,
    hash_chunks,
    prove_range,
    verify_range,
)
from runtime.tensor.chunks import CHUNK_BYTES, ChunkTree, commit_chunks
from runtime.tensor.commitment import BadOpening
from tests.helpers.chunk_vectors import PATH, make_data

CONTENT = bytes(range(251)) * 70
LENGTHS = (1, 1_023, 1_024, 1_025, 2_048, 3_000, 5 * 1_024, 7 * 1_024 + 1, 8 * 1_024, 13 * 1_024)


def make_range(tree: ChunkTree, first: int, count: int) -> tuple[ChunkRange, tuple[Hash, ...]]:
    chunks = ChunkRange(tree.size_bytes, first, count)
    return chunks, prove_range(chunks, lambda height, index: tree.levels[height][index])


def cut(content: bytes, chunks: ChunkRange) -> bytes:
    return content[chunks.start : chunks.start + chunks.length]


@pytest.mark.parametrize("length", LENGTHS)
def test_every_range_is_proven_against_the_root(length: int) -> None:
    content = CONTENT[:length]
    tree = commit_chunks(content)
    for first in range(tree.chunks_count):
        for count in range(1, tree.chunks_count - first + 1):
            chunks, proof = make_range(tree, first, count)
            verify_range(tree.root, chunks, cut(content, chunks), proof)
        assert make_range(tree, first, 1)[1] == tree.get_path(first)
    whole, proof = make_range(tree, 0, tree.chunks_count)
    assert whole.length == length
    is_full = tree.chunks_count & (tree.chunks_count - 1) == 0
    assert (proof == ()) == is_full  # what lies beside all of it are fillers


def is_refused(root: Root, chunks: ChunkRange, data: bytes, proof: Sequence[Hash]) -> bool:
    try:
        verify_range(root, chunks, data, proof)
    except BadOpening:
        return True
    return False


@given(st.data())
def test_nothing_else_is_believed(data: st.DataObject) -> None:
    """One byte of the data, one bit of a node, another place, size or root; more or fewer nodes."""
    length = data.draw(st.integers(1, len(CONTENT)))
    content = CONTENT[:length]
    tree = commit_chunks(content)
    first = data.draw(st.integers(0, tree.chunks_count - 1))
    count = data.draw(st.integers(1, tree.chunks_count - first))
    chunks, proof = make_range(tree, first, count)
    good = cut(content, chunks)
    assert not is_refused(tree.root, chunks, good, proof)

    bad = bytearray(good)
    bad[data.draw(st.integers(0, len(bad) - 1))] ^= data.draw(st.integers(1, 255))
    assert is_refused(tree.root, chunks, bytes(bad), proof)
    for wrong in (good[:-1], good + b"\0", b""):
        with pytest.raises(BadOpening, match=f"have {len(good)} bytes, not {len(wrong)}"):
            verify_range(tree.root, chunks, wrong, proof)
    for at in range(len(proof)):
        node = bytearray(proof[at])
        node[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        wrong_node = Hash(bytes(node))
        assert is_refused(tree.root, chunks, good, (*proof[:at], wrong_node, *proof[at + 1 :]))
        assert is_refused(tree.root, chunks, good, proof[:at] + proof[at + 1 :])
    assert is_refused(tree.root, chunks, good, (*proof, Hash.zero()))
    assert is_refused(Root(b"\x07" * 32), chunks, good, proof)

    for other in (first - 1, first + 1):
        if other >= 0 and other + count <= tree.chunks_count:
            moved = ChunkRange(length, other, count)
            assert is_refused(tree.root, moved, good, proof)
    for size in (length - 1, length + 1, length + CHUNK_BYTES, 2 * length + CHUNK_BYTES):
        if size >= (first + count - 1) * CHUNK_BYTES + 1:
            assert is_refused(tree.root, ChunkRange(size, first, count), good, proof)


@pytest.mark.parametrize(
    "size, first, count",
    [(1, 0, 2), (1, 1, 1), (1, 0, 0), (1, -1, 2), (5_000, 2, 4), (5_000, 5, 0)],
)
def test_ranges_that_there_are_not(size: int, first: int, count: int) -> None:
    with pytest.raises(ValueError, match="expected chunks among the"):
        ChunkRange(size, first, count)
    with pytest.raises(ValueError, match="bytes, got 0"):
        ChunkRange(0, 0, 1)


def test_a_proof_grows_with_the_logarithm() -> None:
    tebibyte = 2**40
    assert len(find_range_nodes(ChunkRange(tebibyte, 2**29 - 1, 2))) == 2 * 29
    assert len(find_range_nodes(ChunkRange(tebibyte, 12_345, 1))) == 30
    assert find_range_nodes(ChunkRange(tebibyte, 0, 2**30)) == ()


def test_levels_are_those_of_the_tree() -> None:
    tree = commit_chunks(CONTENT[: 8 * 1_024])
    level = hash_chunks(CONTENT[: 8 * 1_024])
    for expected in tree.levels:
        assert level == b"".join(expected)
        level = fold_level(level)
    filled = commit_chunks(CONTENT[: 5 * 1_024])
    assert compute_filler_node(0) == filled.levels[0][7]
    assert compute_filler_node(1) == filled.levels[1][3]


@pytest.mark.parametrize(
    "vector", json.loads(PATH.read_text())["ranges"], ids=lambda each: str(each["size"])
)
def test_the_vectors_of_the_specification(vector: dict[str, Any]) -> None:
    data = make_data(vector["label"], vector["size"])
    chunks = ChunkRange(vector["size"], vector["first"], vector["count"])
    proof = tuple(Hash(bytes.fromhex(node)) for node in vector["proof"])
    tree = commit_chunks(data)
    assert tree.root.hex() == vector["root"]
    assert make_range(tree, chunks.first, chunks.count)[1] == proof
    verify_range(tree.root, chunks, cut(data, chunks), proof)
