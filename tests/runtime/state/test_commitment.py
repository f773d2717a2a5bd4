"""The state tree against the definition of its root."""

import gc
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives import Hash
from runtime.state import commitment
from runtime.state.commitment import (
    EMPTY,
    Inner,
    Leaf,
    Node,
    StateTree,
    hash_inner,
    is_leaf_hash,
)
from tests.helpers.naive_state import compute_root, get_leaves
from tests.runtime.state.strategies import CHANGES, ENTRIES, LEAF_CHANGES, LEAVES


def get_nodes(node: Node) -> dict[bytes, Inner | Leaf]:
    """Every node of a subtree by its hash."""
    if node is None:
        return {}
    found: dict[bytes, Inner | Leaf] = {node[0]: node}
    if len(node) == 3:
        found |= get_nodes(node[1]) | get_nodes(node[2])
    return found


def get_depth(node: Node) -> int:
    if node is None or len(node) == 2:
        return 0
    return 1 + max(get_depth(node[1]), get_depth(node[2]))


def make_entries(count: int) -> dict[bytes, bytes]:
    return {b"key %d" % number: b"value %d" % number for number in range(count)}


def test_the_empty_state_has_the_zero_root() -> None:
    assert StateTree().root == Hash(bytes(32)) == EMPTY
    assert StateTree.build([]).root == EMPTY
    assert isinstance(StateTree().root, Hash)


def test_one_entry_is_a_leaf_at_the_root() -> None:
    tree = StateTree.build([(b"key", b"value")])
    assert tree.root == compute_root(get_leaves({b"key": b"value"}))
    assert is_leaf_hash(tree.root)
    assert repr(tree) == f"StateTree(root=0x{tree.root.hex()})"


def test_the_last_of_two_entries_with_one_key_counts() -> None:
    assert (
        StateTree.build([(b"a", b"1"), (b"a", b"2")]).root == StateTree.build([(b"a", b"2")]).root
    )


@given(entries=ENTRIES, batches=st.lists(CHANGES, max_size=5))
def test_updates_give_the_root_of_the_content(
    entries: dict[bytes, bytes], batches: list[dict[bytes, bytes | None]]
) -> None:
    tree = StateTree.build(entries.items())
    content: dict[bytes, bytes] = dict(entries)
    assert tree.root == compute_root(get_leaves(content))
    for changes in batches:
        tree = tree.updated(changes)
        for key, value in changes.items():
            content.pop(key, None)
            if value is not None:
                content[key] = value
        assert tree.root == compute_root(get_leaves(content))


@given(leaves=LEAVES, batches=st.lists(LEAF_CHANGES, max_size=5))
def test_deep_trees_have_the_root_of_their_content(
    leaves: dict[bytes, bytes], batches: list[dict[bytes, bytes | None]]
) -> None:
    tree = StateTree().with_leaves(leaves)
    content: dict[bytes, bytes] = dict(leaves)
    assert tree.root == compute_root(content)
    for changes in batches:
        tree = tree.with_leaves(changes)
        for path, value_hash in changes.items():
            content.pop(path, None)
            if value_hash is not None:
                content[path] = value_hash
        assert tree.root == compute_root(content)


@given(leaves=LEAVES, randomness=st.randoms(use_true_random=False))
def test_the_order_and_grouping_of_insertions_do_not_matter(
    leaves: dict[bytes, bytes], randomness: random.Random
) -> None:
    items = list(leaves.items())
    randomness.shuffle(items)
    cuts = sorted(randomness.choices(range(len(items) + 1), k=3))
    tree = StateTree()
    for low, high in pairwise([0, *cuts, len(items)]):
        tree = tree.with_leaves(dict(items[low:high]))
    assert tree.root == StateTree().with_leaves(leaves).root


@given(leaves=LEAVES, more=LEAVES)
def test_deleting_what_was_inserted_returns_to_the_root(
    leaves: dict[bytes, bytes], more: dict[bytes, bytes]
) -> None:
    before = StateTree().with_leaves(leaves)
    after = before.with_leaves(more)
    undone = after.with_leaves({path: leaves.get(path) for path in more})
    assert undone.root == before.root
    assert before.root == compute_root(leaves)


@given(leaves=LEAVES, absent=LEAVES)
def test_changes_that_change_nothing_return_the_same_tree(
    leaves: dict[bytes, bytes], absent: dict[bytes, bytes]
) -> None:
    tree = StateTree().with_leaves(leaves)
    nothing: dict[bytes, bytes | None] = {path: None for path in absent if path not in leaves}
    assert tree.with_leaves({**leaves, **nothing}) is tree
    assert tree.with_leaves({}) is tree


def test_many_changes_at_once_give_the_root_of_the_content() -> None:
    source = random.Random(7)
    content = {source.randbytes(32): source.randbytes(32) for _ in range(300)}
    tree = StateTree().with_leaves(content)
    for _ in range(6):
        changes: dict[bytes, bytes | None] = dict.fromkeys(source.sample([*content], 60))
        changes |= {path: source.randbytes(32) for path in source.sample([*content], 60)}
        changes |= {source.randbytes(32): source.randbytes(32) for _ in range(60)}
        tree = tree.with_leaves(changes)
        for path, value_hash in changes.items():
            content.pop(path, None)
            if value_hash is not None:
                content[path] = value_hash
        assert tree.root == StateTree().with_leaves(content).root == compute_root(content)


def test_two_paths_that_differ_in_their_last_bit_are_256_levels_deep() -> None:
    left, right = bytes(31) + b"\x00", bytes(31) + b"\x01"
    tree = StateTree().with_leaves({left: b"\x01" * 32, right: b"\x02" * 32})
    assert get_depth(tree.top) == 256
    assert tree.root == compute_root({left: b"\x01" * 32, right: b"\x02" * 32})
    alone = tree.with_leaves({left: None})
    assert get_depth(alone.top) == 0
    assert alone.root == compute_root({right: b"\x02" * 32})
    assert tree.with_leaves({left: None, right: None}).root == EMPTY


def test_an_update_shares_what_it_does_not_touch() -> None:
    tree = StateTree.build(make_entries(1_000).items())
    before = get_nodes(tree.top)
    after = get_nodes(tree.updated({b"key 7": b"other"}).top)
    fresh = [digest for digest in after if digest not in before]
    assert len(fresh) <= get_depth(tree.top) + 1
    assert all(after[digest] is before[digest] for digest in after if digest in before)


def test_an_update_hashes_each_new_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = StateTree.build(make_entries(1_000).items())
    hashed: list[bytes] = []

    def hash_and_note(left: bytes, right: bytes) -> bytes:
        hashed.append(hash_inner(left, right))
        return hashed[-1]

    monkeypatch.setattr(commitment, "hash_inner", hash_and_note)
    after = tree.updated({b"key %d" % number: b"other" for number in range(100)})
    fresh = get_nodes(after.top).keys() - get_nodes(tree.top).keys()
    assert sorted(hashed) == sorted(digest for digest in fresh if not is_leaf_hash(digest))


def test_leaves_and_inner_nodes_are_told_apart_by_the_top_bit() -> None:
    nodes = get_nodes(StateTree.build(make_entries(300).items()).top)
    assert sum(len(node) == 2 for node in nodes.values()) == 300
    assert all(is_leaf_hash(digest) == (len(node) == 2) for digest, node in nodes.items())


def test_the_garbage_collector_stops_looking_at_nodes() -> None:
    tree = StateTree.build(make_entries(20).items())
    inner = [node for node in get_nodes(tree.top).values() if len(node) == 3]
    for _ in range(get_depth(tree.top) + 2):  # it lets go of a level at a time
        gc.collect()
    assert not any(gc.is_tracked(node) for node in inner)
