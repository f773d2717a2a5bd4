"""The heaviest head above the finalised block, and the way to it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.fork_choice import (
    Link,
    UnknownBlock,
    choose_head,
    compute_tree_route,
    is_better,
    is_descendant,
)
from runtime.primitives import Hash

Tree = dict[Hash, Link]


def hash_of(number: int) -> Hash:
    return Hash(number.to_bytes(32, "big"))


def make_tree(parents: list[int], works: list[int]) -> Tree:
    """Block 0 is the root; block i + 1 stands on block parents[i]."""
    links = [Link(hash_of(0), hash_of(10**6), 0, 0, 0)]
    for at, (parent, work) in enumerate(zip(parents, works, strict=True), start=1):
        below = links[parent]
        links.append(
            Link(hash_of(at), below.hash, below.number + 1, below.score + work, arrival=at)
        )
    return {link.hash: link for link in links}


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    size = draw(st.integers(1, 25))
    parents = [draw(st.integers(max(0, at - 6), at)) for at in range(size)]
    works = [draw(st.integers(1, 3)) for _ in range(size)]
    return make_tree(parents, works)


def ancestors_of(block: Link, tree: Tree) -> list[Hash]:
    """The block and all below it, newest first."""
    found = []
    at: Link | None = block
    while at is not None:
        found.append(at.hash)
        at = tree.get(at.parent_hash)
    return found


@given(trees(), st.data())
def test_best_is_the_heaviest_above_the_finalised(tree: Tree, data: st.DataObject) -> None:
    blocks = list(tree.values())
    finalised = data.draw(st.sampled_from(blocks))
    above = [each for each in blocks if finalised.hash in ancestors_of(each, tree)]
    expected = max(above, key=lambda each: (each.score, -each.arrival))
    order = data.draw(st.permutations(blocks))
    assert choose_head(finalised, order, tree.get) == expected


def test_of_equals_the_first_seen_stays() -> None:
    tree = make_tree([0, 0, 1], [2, 2, 1])
    one, other = tree[hash_of(1)], tree[hash_of(2)]
    assert is_better(one, other)
    assert not is_better(other, one)
    assert not is_better(one, one)
    assert choose_head(tree[hash_of(0)], [other, one], tree.get) == one


def test_more_work_beats_more_blocks() -> None:
    tree = make_tree([0, 1, 2, 0], [1, 1, 1, 4])
    assert choose_head(tree[hash_of(0)], tree.values(), tree.get).hash == hash_of(4)


def test_a_heavier_branch_off_the_finalised_block_is_not_chosen() -> None:
    tree = make_tree([0, 0], [1, 100])
    assert choose_head(tree[hash_of(1)], tree.values(), tree.get).hash == hash_of(1)
    assert choose_head(tree[hash_of(1)], [tree[hash_of(2)]], tree.get).hash == hash_of(1)
    assert choose_head(tree[hash_of(1)], [], tree.get).hash == hash_of(1)


def test_a_branch_of_unknown_origin_descends_from_nothing() -> None:
    tree = make_tree([0, 1], [1, 1])
    stray = Link(hash_of(77), hash_of(76), 9, 1_000, 9)
    assert not is_descendant(stray, tree[hash_of(0)], tree.get)
    assert choose_head(tree[hash_of(0)], [stray], tree.get).hash == hash_of(0)


@given(trees(), st.data())
def test_route_leads_from_one_to_the_other(tree: Tree, data: st.DataObject) -> None:
    blocks = list(tree.values())
    origin, destination = data.draw(st.sampled_from(blocks)), data.draw(st.sampled_from(blocks))
    route = compute_tree_route(origin, destination, tree.get)
    down, up = ancestors_of(origin, tree), ancestors_of(destination, tree)
    assert [*route.retracted, route.common] == down[: len(route.retracted) + 1]
    assert [*reversed(route.enacted), route.common] == up[: len(route.enacted) + 1]
    assert set(route.retracted).isdisjoint(up)
    assert set(route.enacted).isdisjoint(down)


def test_route_to_itself_is_empty() -> None:
    tree = make_tree([0], [1])
    route = compute_tree_route(tree[hash_of(1)], tree[hash_of(1)], tree.get)
    assert (route.retracted, route.common, route.enacted) == ((), hash_of(1), ())


def test_route_over_a_missing_block_is_an_error() -> None:
    tree = make_tree([0, 1, 2, 0, 4], [1] * 5)
    origin, destination = tree[hash_of(3)], tree[hash_of(5)]
    del tree[hash_of(1)]
    with pytest.raises(UnknownBlock, match="of block 2 is not known"):
        compute_tree_route(origin, destination, tree.get)


@given(st.integers(0, 2**32))
def test_choice_does_not_depend_on_the_order(seed: int) -> None:
    source = random.Random(seed)
    parents = [source.randint(0, at) for at in range(20)]
    tree = make_tree(parents, [source.randint(1, 2) for _ in range(20)])
    leaves = list(tree.values())
    expected = choose_head(tree[hash_of(0)], leaves, tree.get)
    source.shuffle(leaves)
    assert choose_head(tree[hash_of(0)], leaves, tree.get) == expected
