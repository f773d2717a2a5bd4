"""Proofs of presence and absence: they verify, and nothing near them does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash
from runtime.state.commitment import EMPTY, StateTree, compute_path, hash_inner, hash_leaf
from runtime.state.proof import (
    BadStateProof,
    ProofLeaf,
    StateProof,
    decode_proof,
    encode_proof,
    prove,
    prove_path,
    verify_path,
    verify_proof,
)
from tests.helpers.naive_state import compute_proof, get_leaves
from tests.runtime.state.strategies import ENTRIES, KEYS, LEAVES, PATHS


def flip_bit(data: bytes, position: int) -> bytes:
    flipped = int.from_bytes(data, "big") ^ 1 << position
    return flipped.to_bytes(len(data), "big")


@given(entries=ENTRIES, key=KEYS)
def test_a_proof_says_what_the_state_holds(entries: dict[bytes, bytes], key: bytes) -> None:
    tree = StateTree.build(entries.items())
    proof = prove(tree, key)
    found = verify_proof(tree.root, key, proof)
    assert found == (blake2_256(entries[key]) if key in entries else None)
    assert encode_proof(proof) == compute_proof(get_leaves(entries), compute_path(key))
    assert decode_proof(encode_proof(proof)) == proof


@given(leaves=LEAVES, path=PATHS)
def test_a_proof_in_a_deep_tree_says_what_it_holds(leaves: dict[bytes, bytes], path: bytes) -> None:
    tree = StateTree().with_leaves(leaves)
    proof = prove_path(tree, path)
    assert verify_path(tree.root, path, proof) == leaves.get(path)
    assert encode_proof(proof) == compute_proof(leaves, path)


@given(leaves=LEAVES, path=PATHS, position=st.integers(min_value=0))
def test_a_proof_with_any_bit_flipped_is_refused(
    leaves: dict[bytes, bytes], path: bytes, position: int
) -> None:
    tree = StateTree().with_leaves(leaves)
    encoded = encode_proof(prove_path(tree, path))
    changed = flip_bit(encoded, position % (8 * len(encoded)))
    with pytest.raises(BadStateProof):
        verify_path(tree.root, path, decode_proof(changed))


@pytest.mark.parametrize("key", [b"key 1", b"absent"])
def test_every_bit_of_a_proof_counts(key: bytes) -> None:
    tree = StateTree.build([(b"key %d" % number, b"v") for number in range(5)])
    encoded = encode_proof(prove(tree, key))
    verify_proof(tree.root, key, decode_proof(encoded))
    for position in range(8 * len(encoded)):
        with pytest.raises(BadStateProof):
            verify_proof(tree.root, key, decode_proof(flip_bit(encoded, position)))


@given(leaves=LEAVES, path=PATHS, position=st.integers(0, 255))
def test_a_proof_holds_for_its_root_only(
    leaves: dict[bytes, bytes], path: bytes, position: int
) -> None:
    tree = StateTree().with_leaves(leaves)
    proof = prove_path(tree, path)
    with pytest.raises(BadStateProof, match="leads to the root"):
        verify_path(Hash(flip_bit(tree.root, position)), path, proof)


@given(leaves=LEAVES, path=PATHS, other=PATHS)
def test_a_proof_used_for_another_key_never_lies(
    leaves: dict[bytes, bytes], path: bytes, other: bytes
) -> None:
    tree = StateTree().with_leaves(leaves)
    try:
        found = verify_path(tree.root, other, prove_path(tree, path))
    except BadStateProof:
        return
    assert found == leaves.get(other)


@given(data=st.binary(max_size=200))
def test_random_bytes_are_refused_as_proofs(data: bytes) -> None:
    with pytest.raises(BadStateProof):
        verify_path(Hash(b"\x42" * 32), bytes(32), decode_proof(data))


def test_a_proof_is_at_most_as_deep_as_a_path() -> None:
    left, right = bytes(32), bytes(31) + b"\x01"
    tree = StateTree().with_leaves({left: b"\x01" * 32, right: b"\x02" * 32})
    proof = prove_path(tree, left)
    assert len(proof.siblings) == 256
    assert verify_path(tree.root, left, decode_proof(encode_proof(proof))) == b"\x01" * 32
    deeper = StateProof((*proof.siblings, Hash(b"\x02" * 32)), proof.leaf)
    with pytest.raises(BadStateProof, match="at most 256 siblings, got 257"):
        verify_path(tree.root, left, deeper)
    encoded = encode_proof(proof)
    assert encoded[:2] == bytes([0x01, 0x04])
    longer = bytes([0x05, 0x04]) + encoded[2 : 2 + 256 * 32] + bytes(32) + encoded[-65:]
    with pytest.raises(BadStateProof, match="not a state proof"):
        decode_proof(longer)


def test_a_huge_length_is_refused_before_anything_is_read() -> None:
    with pytest.raises(BadStateProof, match="not a state proof"):
        decode_proof(bytes([0xFE, 0xFF, 0xFF, 0xFF]))


def test_a_leaf_deeper_than_it_belongs_is_refused_whatever_the_root() -> None:
    leaf = ProofLeaf(Hash(bytes(32)), Hash(b"\x01" * 32))
    root = Hash(hash_inner(hash_leaf(leaf.path + leaf.value_hash), EMPTY))
    with pytest.raises(BadStateProof, match="belongs higher"):
        verify_path(root, leaf.path, StateProof((Hash(EMPTY),), leaf))


def test_an_absence_beside_a_leaf_deeper_than_it_belongs_is_refused() -> None:
    sibling = Hash(hash_leaf(b"\xff" * 32 + b"\x01" * 32))
    root = Hash(hash_inner(EMPTY, sibling))
    with pytest.raises(BadStateProof, match="belongs higher"):
        verify_path(root, bytes(32), StateProof((sibling,), None))


def test_an_absence_under_an_empty_node_is_refused() -> None:
    root = Hash(hash_inner(EMPTY, EMPTY))
    with pytest.raises(BadStateProof, match="belongs higher"):
        verify_path(root, bytes(32), StateProof((Hash(EMPTY),), None))


def test_a_leaf_off_the_keys_path_is_refused() -> None:
    tree = StateTree.build([(b"key %d" % number, b"v") for number in range(9)])
    path = compute_path(b"key 3")
    proof = prove_path(tree, path)
    with pytest.raises(BadStateProof, match="leaves the key's path"):
        verify_path(tree.root, flip_bit(path, 255), proof)
