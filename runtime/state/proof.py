"""Proofs that a state with a given root holds an entry, or holds none under a key."""

from typing import Annotated, ClassVar

from runtime.codec import MaxLen, codec_of, encode
from runtime.errors import CodecError
from runtime.frozen import frozen
from runtime.primitives import Hash
from runtime.state.commitment import (
    EMPTY,
    PATH_BITS,
    PATH_BYTES,
    Leaf,
    Node,
    StateTree,
    compute_path,
    get_hash,
    hash_inner,
    hash_leaf,
    is_leaf_hash,
)


class BadStateProof(ValueError):
    """The proof says nothing about the key in a state with that root."""


@frozen
class ProofLeaf:
    """The entry where the key's path ends: the key's own, or the one in its place."""

    SCALE_PATH: ClassVar[str] = "soberana_state::ProofLeaf"

    path: Hash
    value_hash: Hash


@frozen
class StateProof:
    """What was passed on the way from the root along a key's path."""

    SCALE_PATH: ClassVar[str] = "soberana_state::StateProof"

    siblings: Annotated[tuple[Hash, ...], MaxLen(PATH_BITS)]
    """The hashes of the subtrees beside the path, from the root down."""

    leaf: ProofLeaf | None
    """Where the path ends; None for an empty subtree."""


def prove(tree: StateTree, key: bytes) -> StateProof:
    """The proof of what the state holds under `key`, be it nothing."""
    return prove_path(tree, compute_path(key))


def prove_path(tree: StateTree, path: bytes) -> StateProof:
    """As `prove`, for an entry given by its path."""
    bits = int.from_bytes(path, "big")
    siblings: list[Hash] = []
    node: Node = tree.top
    while node is not None and len(node) == 3:
        _, left, right = node
        is_right = bits >> (PATH_BITS - 1 - len(siblings)) & 1
        node, sibling = (right, left) if is_right else (left, right)
        siblings.append(Hash(get_hash(sibling)))
    return StateProof(tuple(siblings), None if node is None else _get_proof_leaf(node))


def _get_proof_leaf(leaf: Leaf) -> ProofLeaf:
    _, content = leaf
    return ProofLeaf(Hash(content[:PATH_BYTES]), Hash(content[PATH_BYTES:]))


def verify_proof(root: Hash, key: bytes, proof: StateProof) -> Hash | None:
    """The blake2b-256 of the value under `key` in the state with that root, None if there is none.

    Raises `BadStateProof`.
    """
    return verify_path(root, compute_path(key), proof)


def verify_path(root: Hash, path: bytes, proof: StateProof) -> Hash | None:
    """As `verify_proof`, for an entry given by its path."""
    depth = len(proof.siblings)
    if depth > PATH_BITS:
        raise BadStateProof(f"expected at most {PATH_BITS} siblings, got {depth}")
    bits = int.from_bytes(path, "big")
    if proof.leaf is None:
        node = EMPTY
    else:
        strayed = int.from_bytes(proof.leaf.path, "big") ^ bits
        if strayed >> (PATH_BITS - depth):
            raise BadStateProof(f"the leaf leaves the key's path above depth {depth}")
        node = hash_leaf(proof.leaf.path + proof.leaf.value_hash)
    _ensure_shortest(proof)
    for level in reversed(range(depth)):
        sibling = proof.siblings[level]
        is_right = bits >> (PATH_BITS - 1 - level) & 1
        node = hash_inner(sibling, node) if is_right else hash_inner(node, sibling)
    if node != root:
        raise BadStateProof(f"the proof leads to the root 0x{node.hex()}, not 0x{root.hex()}")
    return proof.leaf.value_hash if proof.leaf is not None and proof.leaf.path == path else None


def _ensure_shortest(proof: StateProof) -> None:
    """Refuses the proof from a tree with a leaf, or an empty subtree, deeper than it belongs."""
    if not proof.siblings:
        return
    deepest = proof.siblings[-1]
    if deepest == EMPTY:
        raise BadStateProof("the deepest sibling is empty: what is beside it belongs higher")
    if proof.leaf is None and is_leaf_hash(deepest):
        raise BadStateProof("the deepest sibling is a leaf beside nothing: it belongs higher")


def encode_proof(proof: StateProof) -> bytes:
    """The SCALE form of a proof."""
    return encode(proof)


def decode_proof(data: bytes) -> StateProof:
    """The proof of a SCALE form; raises `BadStateProof`."""
    try:
        proof: StateProof = codec_of(StateProof).decode(data)
    except CodecError as error:
        raise BadStateProof(f"not a state proof: {error}") from error
    return proof
