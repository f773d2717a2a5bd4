"""The state root: a binary Merkle tree whose shape depends on the content alone.

The path of an entry is the hash of its key. A leaf sits at the shortest prefix of its path that no
other leaf shares, an empty subtree hashes to zeros, and the top bit of a hash tells a leaf from an
inner node; `docs/spec/state.md` has it in full. The tree is immutable: an update shares every
subtree it does not touch, so the trees of many blocks cost what differs between them.

This form hashes one node at a time and holds the whole tree in memory. Nodes are plain tuples: they
cost little to make, and the garbage collector stops looking at those that hold only bytes and each
other, so that a large state does not slow it down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash

EMPTY: Final = bytes(32)
"""The hash of a subtree without entries."""

PATH_BYTES: Final = 32

PATH_BITS: Final = 8 * PATH_BYTES
"""A path's length: no leaf is deeper."""

Leaf: TypeAlias = tuple[bytes, bytes]
"""One entry: the node's hash, and what it hashes, the path and then the hash of the value."""

Inner: TypeAlias = tuple[bytes, "Node", "Node"]
"""A hash over two subtrees, of which at most one is empty, and none if the other is a leaf."""

Node: TypeAlias = Inner | Leaf | None
"""A subtree; None is the empty one, and `len` tells the others apart."""

_BITS: Final = tuple(1 << place for place in reversed(range(PATH_BITS)))
"""The bit of a path, as a number, that chooses between the halves at a depth."""

_AS_LEAF: Final = tuple(bytes((first | 0x80,)) for first in range(256))
_AS_INNER: Final = tuple(bytes((first & 0x7F,)) for first in range(256))
"""The first byte of a hash with the bit that tells the kind of its node."""

_OTHER: Final[Leaf] = (b"", b"")
_NEW: Final[Inner] = (b"", _OTHER, _OTHER)
"""Stands for what was at a place above which there was no inner node: its halves are nobody's."""


def compute_path(key: bytes) -> bytes:
    """Where an entry lives: its first bit (the highest of byte 0) chooses left (0) or right (1)."""
    return blake2_256(key)


def hash_leaf(content: bytes) -> bytes:
    """The hash of an entry's node, from path and value hash: its highest bit is set."""
    digest = blake2_256(content)
    return digest if digest[0] >= 0x80 else _AS_LEAF[digest[0]] + digest[1:]


def hash_inner(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two subtrees: its highest bit is clear."""
    digest = blake2_256(left + right)
    return digest if digest[0] < 0x80 else _AS_INNER[digest[0]] + digest[1:]


def is_leaf_hash(node_hash: bytes) -> bool:
    """Whether a node's hash says that it is a leaf."""
    return node_hash[0] >= 0x80


def get_hash(node: Node) -> bytes:
    """The hash of a subtree."""
    return EMPTY if node is None else node[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StateTree:
    """The commitment to one state; `StateTree()` is the commitment to the empty one."""

    top: Node = None

    @staticmethod
    def build(entries: Iterable[tuple[bytes, bytes]]) -> "StateTree":
        """The tree of a whole state, given as keys and values in any order."""
        return StateTree().with_leaves(
            {compute_path(key): blake2_256(value) for key, value in entries}
        )

    def updated(self, changes: Mapping[bytes, bytes | None]) -> "StateTree":
        """The tree after `changes`, values by key; None deletes, also what is not there."""
        return self.with_leaves(
            {
                compute_path(key): None if value is None else blake2_256(value)
                for key, value in changes.items()
            }
        )

    def with_leaves(self, changes: Mapping[bytes, bytes | None]) -> "StateTree":
        """As `updated`, with paths in place of keys and hashes in place of values."""
        top = _apply(self.top, changes)
        return self if top is self.top else StateTree(top)

    @property
    def root(self) -> Hash:
        """The state root."""
        return Hash(get_hash(self.top))

    def __repr__(self) -> str:
        return f"StateTree(root=0x{self.root.hex()})"


def _apply(top: Node, changes: Mapping[bytes, bytes | None]) -> Node:
    """The tree `top` after the changes, `top` itself if they do nothing.

    One walk, which between two places climbs no higher than to where their paths fork. In the order
    of paths it leaves every node above a change, and hashes it, once. `passed` are the nodes above
    the place as they were, `beside` the other half of each as it is now.
    """
    node, bits = top, 0
    passed: list[Inner] = []
    beside: list[Node] = []
    for path in sorted(changes):
        before, bits = bits, int.from_bytes(path, "big")
        fork = _count_shared(before, bits)
        if fork < len(passed):
            node = _climb(node, before, passed, beside, fork + 1)
            node, beside[-1] = beside[-1], node  # over to the other half
        depth = len(passed)
        while node is not None and len(node) == 3:
            passed.append(node)
            if bits & _BITS[depth]:
                _, other, node = node
            else:
                _, node, other = node
            beside.append(other)
            depth += 1
        node = _replace(node, path, changes[path], passed, beside)
    return _climb(node, bits, passed, beside, 0)


def _replace(
    old: Leaf | None,
    path: bytes,
    value_hash: bytes | None,
    passed: list[Inner],
    beside: list[Node],
) -> Leaf | None:
    """What is at a path's place after its change; another's leaf moves down to where they fork."""
    if old is not None and not old[1].startswith(path):
        if value_hash is None:
            return old
        bits, old_bits = int.from_bytes(path, "big"), int.from_bytes(old[1][:PATH_BYTES], "big")
        shared = _count_shared(bits, old_bits) - len(passed)
        passed += [_NEW] * (shared + 1)
        beside += [None] * shared
        beside.append(old)
    if value_hash is None:
        return None
    content = path + value_hash
    return old if old is not None and old[1] == content else (hash_leaf(content), content)


def _count_shared(path: int, other: int) -> int:
    """How many bits two paths begin with that are the same."""
    return PATH_BITS - (path ^ other).bit_length()


def _climb(node: Node, bits: int, passed: list[Inner], beside: list[Node], depth_end: int) -> Node:
    """The node at a smaller depth above a place, where `node` is."""
    for depth in range(len(passed) - 1, depth_end - 1, -1):
        _, old_left, old_right = old = passed.pop()
        left, right = (beside.pop(), node) if bits & _BITS[depth] else (node, beside.pop())
        if left is old_left and right is old_right:
            node = old
        elif left is not None and right is not None:
            node = (hash_inner(left[0], right[0]), left, right)
        else:
            node = _join(left, right)
    return node


def _join(left: Node, right: Node) -> Node:
    """The subtree over two halves; a single leaf rises until another one shares its prefix."""
    if right is None and (left is None or len(left) == 2):
        return left
    if left is None and right is not None and len(right) == 2:
        return right
    return hash_inner(get_hash(left), get_hash(right)), left, right
