"""Whom to believe, which labels follow, and who earns what; integers only, nothing is stored.

A labeller weighs as much as it is more often right than wrong, squared: a guesser, who is wrong at
least half of the time, weighs nothing, and a good labeller outweighs two mediocre ones.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pallets.rounds.labels import Labels
from pallets.rounds.types import GoldLabel
from runtime.primitives import AccountId

Items: TypeAlias = npt.NDArray[np.intp]
"""Numbers of items."""


def compute_majority(
    answers: Mapping[AccountId, Labels], weights: Mapping[AccountId, int], classes: int
) -> Labels:
    """The label with the most weight for each item; the lowest of those that have it."""
    items = len(next(iter(answers.values())))
    votes = np.zeros((items, classes), np.int64)
    for who in sorted(answers):
        votes[np.arange(items), answers[who]] += weights[who]
    labels: Labels = votes.argmax(axis=1).astype(np.uint8)
    return labels


def count_right(
    answers: Mapping[AccountId, Labels], items: Items, labels: Labels
) -> dict[AccountId, int]:
    """How many of these items each labeller gave these labels."""
    return {who: int((answers[who][items] == labels).sum()) for who in sorted(answers)}


def split_gold(gold: Sequence[GoldLabel]) -> tuple[Items, Labels]:
    """The items and the labels of what was hidden."""
    items = np.array([each.item for each in gold], np.intp)
    return items, np.array([each.label for each in gold], np.uint8)


def compute_weight(right: int, asked: int) -> int:
    """The square of how many more answers were right than wrong, 0 where none were."""
    return max(0, 2 * right - asked) ** 2


def split_pool(pool: int, weights: Mapping[AccountId, int]) -> dict[AccountId, int]:
    """The pool by weight, exactly; what rounding leaves goes to the heaviest, lowest account first.

    At least one weight is above zero. It depends on accounts and weights, not on their order.
    """
    total = sum(weights.values())
    assert total > 0, "a pool is split among somebody; qed"
    shares = {who: pool * weights[who] // total for who in sorted(weights)}
    heaviest = min(shares, key=lambda who: (-weights[who], who))
    shares[heaviest] += pool - sum(shares.values())
    return shares
