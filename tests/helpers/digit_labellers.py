"""Seven who label handwritten digits: four classifiers of different skill, three who guess."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from chain.training import load_digits
from chain.training.mlp import FloatArray, train_mlp
from pallets.rounds import GoldLabel
from runtime.tensor.value import Int8Array

CLASSES = 10
ITEMS, GOLD_ITEMS = 400, 40
HONEST, LABELLERS = 4, 7

LabelRows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DigitItems:
    """Images to be labelled, their true labels, and what the four honest labellers say."""

    images: Int8Array
    truth: LabelRows
    honest: LabelRows
    """int64[4, items]: a kernel machine, neighbours, a perceptron, centroids; the best first."""


@cache
def make_digit_items(split: int) -> DigitItems:
    """A split of all 1,797 digits: the classifiers learn from others than they label."""
    digits, rng = load_digits(), np.random.default_rng(split)
    images = np.concatenate([digits.train_images, digits.test_images])
    labels = np.concatenate([digits.train_labels, digits.test_labels]).astype(np.int64)
    order = rng.permutation(len(images))
    chosen, rest = order[:ITEMS], order[ITEMS:]
    learnt = [rng.choice(rest, size, replace=False) for size in (1_300, 1_000, 500)]
    known = [(images[each] / 63, labels[each]) for each in learnt]
    asked = images[chosen] / 63
    mlp = train_mlp(*known[1], hidden=32, classes=CLASSES, seed=0)
    honest = (
        label_by_kernel(*known[0], asked),
        label_by_neighbours(*known[1], asked),
        mlp.compute_scores(asked).argmax(axis=1),
        label_by_centroid(*known[2], asked),
    )
    return DigitItems(images[chosen], labels[chosen], np.stack(honest))


def make_answers(items: DigitItems, seed: int) -> LabelRows:
    """int64[7, items]: behind the honest come two guessers who agree, and one more."""
    rng = np.random.default_rng(seed)
    together, alone = rng.integers(0, CLASSES, (2, ITEMS))
    return np.vstack([items.honest, together, together, alone])


def hide_gold(items: DigitItems, seed: int) -> tuple[GoldLabel, ...]:
    """Forty of the items, with their true labels."""
    chosen = np.random.default_rng(1_000 + seed).choice(ITEMS, GOLD_ITEMS, replace=False)
    return tuple(GoldLabel(int(at), int(items.truth[at])) for at in sorted(chosen))


def compute_hidden_accuracy(
    labels: npt.ArrayLike, items: DigitItems, gold: tuple[GoldLabel, ...]
) -> float:
    """The share of right labels among the items that were not gold."""
    asked = np.setdiff1d(np.arange(ITEMS), [each.item for each in gold])
    return float((np.asarray(labels)[asked] == items.truth[asked]).mean())


def label_by_kernel(known: FloatArray, labels: LabelRows, asked: FloatArray) -> LabelRows:
    """Ridge regression on Gaussian kernels."""
    kernel = np.exp(-0.4 * compute_distances(known, known)) + 0.01 * np.eye(len(known))
    weights = np.linalg.solve(kernel, np.eye(CLASSES)[labels])
    scores: FloatArray = np.exp(-0.4 * compute_distances(asked, known)) @ weights
    found: LabelRows = scores.argmax(axis=1)
    return found


def label_by_neighbours(known: FloatArray, labels: LabelRows, asked: FloatArray) -> LabelRows:
    """The label of two of the three nearest images, or of the nearest."""
    nearest = labels[np.argsort(compute_distances(asked, known), axis=1)[:, :3]]
    is_agreed = nearest[:, 1] == nearest[:, 2]
    return np.where(is_agreed, nearest[:, 1], nearest[:, 0])


def label_by_centroid(known: FloatArray, labels: LabelRows, asked: FloatArray) -> LabelRows:
    """The class whose mean image is the nearest."""
    means = np.stack([known[labels == label].mean(axis=0) for label in range(CLASSES)])
    found: LabelRows = compute_distances(asked, means).argmin(axis=1)
    return found


def compute_distances(left: FloatArray, right: FloatArray) -> FloatArray:
    """Squared distances of all rows to all rows."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)
    distances: FloatArray = squares - 2 * left @ right.T
    return distances
