"""Which head is best, and how to get from one to another.

The best head is the one with the most accumulated work among those that descend from the last
finalised block; of equals the one seen first. Nothing here judges validity: a block stays valid
whatever this node prefers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from runtime.primitives import Hash


@dataclass(frozen=True, slots=True)
class Link:
    """What the choice needs to know of a block."""

    hash: Hash
    parent_hash: Hash
    number: int
    score: int
    """The work accumulated from genesis up to this block."""

    arrival: int
    """The block's place in the order in which this node saw blocks."""


@dataclass(frozen=True, slots=True)
class TreeRoute:
    """The way from one block to another over their last common ancestor."""

    retracted: tuple[Hash, ...]
    """Blocks that are left, newest first."""

    common: Hash
    enacted: tuple[Hash, ...]
    """Blocks that are joined, oldest first."""


class UnknownBlock(LookupError):
    """A block on the way is not known, so the two ends may not be connected."""


def is_better(candidate: Link, best: Link) -> bool:
    """Whether the candidate has more work, or as much and was seen earlier."""
    return (candidate.score, -candidate.arrival) > (best.score, -best.arrival)


def is_descendant(
    block: Link,
    ancestor: Link,
    get_link: Callable[[Hash], Link | None],
) -> bool:
    """Whether ``ancestor`` is ``block`` itself or among its ancestors.

    A branch whose links end above the ancestor does not descend from it.
    """
    at: Link | None = block
    while at is not None and at.number > ancestor.number:
        at = get_link(at.parent_hash)
    return at is not None and at.hash == ancestor.hash


def choose_head(
    finalised: Link,
    leaves: Iterable[Link],
    get_link: Callable[[Hash], Link | None],
) -> Link:
    """The best leaf that descends from the finalised block, or that block where there is none."""
    best: Link | None = None
    for leaf in leaves:
        if best is not None and not is_better(leaf, best):
            continue
        if is_descendant(leaf, finalised, get_link):
            best = leaf
    return finalised if best is None else best


def compute_tree_route(
    origin: Link,
    destination: Link,
    get_link: Callable[[Hash], Link | None],
) -> TreeRoute:
    """The blocks to retract and to enact when the head moves. Errors: UnknownBlock."""
    retracted: list[Hash] = []
    enacted: list[Hash] = []
    left, joined = origin, destination
    while left.hash != joined.hash:
        if left.number >= joined.number:
            retracted.append(left.hash)
            left_next = _get_parent(left, get_link)
            if left.number == joined.number:
                enacted.append(joined.hash)
                joined = _get_parent(joined, get_link)
            left = left_next
        else:
            enacted.append(joined.hash)
            joined = _get_parent(joined, get_link)
    return TreeRoute(tuple(retracted), left.hash, tuple(reversed(enacted)))


def _get_parent(block: Link, get_link: Callable[[Hash], Link | None]) -> Link:
    parent = get_link(block.parent_hash)
    if parent is None:
        raise UnknownBlock(f"the parent {block.parent_hash} of block {block.number} is not known")
    return parent
