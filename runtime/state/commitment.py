"""The state root: a binary Merkle tree whose shape depends on the content alone.

The path of an entry is the hash of its key. A leaf sits at the shortest prefix of its path that no
other leaf shares, an empty subtree hashes to zeros, and the top bit of a hash tells a leaf from an
inner node; `docs/spec/state.md` has it in full. The tree is immutable: an update shares every
subtree it does not touch, so the trees of many blocks cost what differs between them.

This is the readable form. It hashes one node at a time and holds the whole tree in memory.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash

EMPTY: Final = bytes(32)
"""The hash of a subtree without entries."""

PATH_BITS: Final = 256
"""A path's length: no leaf is deeper."""

_FIRST_BIT: Final = 1 << (PATH_BITS - 1)


class Leaf(NamedTuple):
    """One entry."""

    hash: bytes
    path: bytes
    value_hash: bytes


class Inner(NamedTuple):
    """Two subtrees, of which at most one is empty, and none if the other is a leaf."""

    hash: bytes
    left: "Node"
    right: "Node"


Node: TypeAlias = Inner | Leaf | None
"""A subtree; None is the empty one."""


def compute_path(key: bytes) -> bytes:
    """Where an entry lives: its first bit (the highest of byte 0) chooses left (0) or right (1)."""
    return blake2_256(key)


def hash_leaf(path: bytes, value_hash: bytes) -> bytes:
    """The hash of an entry's node: its highest bit is set."""
    digest = blake2_256(path + value_hash)
    return digest if digest[0] & 0x80 else bytes((digest[0] | 0x80,)) + digest[1:]


def hash_inner(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two subtrees: its highest bit is clear."""
    digest = blake2_256(left + right)
    return bytes((digest[0] & 0x7F,)) + digest[1:] if digest[0] & 0x80 else digest


def is_leaf_hash(node_hash: bytes) -> bool:
    """Whether a node's hash says that it is a leaf."""
    return node_hash[0] >= 0x80


def get_hash(node: Node) -> bytes:
    """The hash of a subtree."""
    return EMPTY if node is None else node.hash


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StateTree:
    """The commitment to one state; `StateTree()` is the commitment to the empty one."""

    top: Node = None

    @staticmethod
    def build(entries: Iterable[tuple[bytes, bytes]]) -> "StateTree":
        """The tree of a whole state, given as keys and values in any order."""
        return StateTree().updated(dict(entries))

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
        items = sorted(changes.items())
        batch = _Batch(
            paths=[int.from_bytes(path, "big") for path, _ in items],
            items=items,
        )
        top = batch.apply(self.top, 0, len(items), 0, _FIRST_BIT)
        return self if top is self.top else StateTree(top)

    @property
    def root(self) -> Hash:
        """The state root."""
        return Hash(get_hash(self.top))

    def __repr__(self) -> str:
        return f"StateTree(root=0x{self.root.hex()})"


class _Batch(NamedTuple):
    """Changes in the order of their paths; a range of them concerns one subtree.

    A subtree is named by `prefix`, the path of its leftmost place, and `bit`, the place value of
    the path bit that chooses between its halves.
    """

    paths: list[int]
    items: list[tuple[bytes, bytes | None]]

    def apply(self, node: Node, low: int, high: int, prefix: int, bit: int) -> Node:
        """The subtree `node` after the changes in `low..high`, `node` itself if they do nothing."""
        if low == high:
            return node
        if not isinstance(node, Inner):
            paths, leaves = self._collect_leaves(node, low, high)
            return _build(paths, leaves, 0, len(leaves), prefix, bit)
        middle = bisect_left(self.paths, prefix | bit, low, high)
        left = self.apply(node.left, low, middle, prefix, bit >> 1)
        right = self.apply(node.right, middle, high, prefix | bit, bit >> 1)
        if left is node.left and right is node.right:
            return node
        return _join(left, right)

    def _collect_leaves(
        self, old: Leaf | None, low: int, high: int
    ) -> tuple[list[int], list[Leaf]]:
        """What a range of changes leaves of a subtree with at most one leaf, in order."""
        leaves = [
            Leaf(hash_leaf(path, value_hash), path, value_hash)
            for path, value_hash in self.items[low:high]
            if value_hash is not None
        ]
        paths = [
            path
            for path, (_, value_hash) in zip(
                self.paths[low:high], self.items[low:high], strict=True
            )
            if value_hash is not None
        ]
        if old is not None:
            old_path = int.from_bytes(old.path, "big")
            position = bisect_left(self.paths, old_path, low, high)
            is_changed = position < high and self.paths[position] == old_path
            place = bisect_left(paths, old_path)
            if not is_changed:
                paths.insert(place, old_path)
                leaves.insert(place, old)
            elif place < len(leaves) and leaves[place] == old:
                leaves[place] = old
        return paths, leaves


def _build(
    paths: list[int], leaves: list[Leaf], low: int, high: int, prefix: int, bit: int
) -> Node:
    """The subtree of the leaves in `low..high`, which all lie under `prefix`."""
    if high - low <= 1:
        return leaves[low] if low < high else None
    middle = bisect_left(paths, prefix | bit, low, high)
    return _join(
        _build(paths, leaves, low, middle, prefix, bit >> 1),
        _build(paths, leaves, middle, high, prefix | bit, bit >> 1),
    )


def _join(left: Node, right: Node) -> Node:
    """The subtree over two halves; a single leaf rises until another one shares its prefix."""
    if right is None and not isinstance(left, Inner):
        return left
    if left is None and not isinstance(right, Inner):
        return right
    return Inner(hash_inner(get_hash(left), get_hash(right)), left, right)
