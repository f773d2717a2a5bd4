"""What calibration rows tell of each value of a network: how far its numbers reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from chain.models.errors import BadNumbers, BadShape
from chain.models.layers import Dense, FloatArray, FloatModel
from runtime.tensor.value import OPERAND_MAX

ROWS_MAX: Final = 512
"""More rows hardly change a range; the first ones are taken."""

NUMBERS_MAX: Final = 200_000
"""Numbers of one value that are looked at, evenly spread."""

COLUMN_RATIO_MAX: Final = 2**12
"""How much coarser one column's steps may be than another's."""

CLIPS: Final = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""Parts of the largest number at which an operand may be clipped."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a value's numbers go from zero."""

    largest: float
    clip: float
    """Where clipping costs an operand least, by the mean square of the error."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What is known of the values of a network."""

    reaches: tuple[Reach, ...]
    factors: dict[tuple[int, int], FloatArray]
    """For each value that dense layers read, and their width: by what columns are divided."""
    divided: dict[tuple[int, int], Reach]
    """The reach of such a value once it is divided."""


def calibrate(model: FloatModel, rows: FloatArray) -> Calibration:
    """Runs the network on the rows. Raises `BadShape`, `BadNumbers`."""
    ensure_rows(model, rows)
    values = model.run(rows[:ROWS_MAX])
    for index, value in enumerate(values):
        if not np.isfinite(value).all():
            name = type(model.layers[index - 1]).__name__
            raise BadNumbers(f"layer {index - 1} ({name}): expected finite numbers, got others")
    factors: dict[tuple[int, int], FloatArray] = {}
    divided: dict[tuple[int, int], Reach] = {}
    for layer in model.layers:
        if isinstance(layer, Dense):
            width, value = len(layer.weights), values[layer.source]
            factor = _balance(value, width)
            factors[layer.source, width] = factor
            divided[layer.source, width] = _measure(value.reshape(-1, width) / factor)
    return Calibration(tuple(map(_measure, values)), factors, divided)


def ensure_rows(model: FloatModel, rows: FloatArray) -> None:
    """Raises unless the rows are some that the network takes."""
    if rows.ndim != 2 or len(rows) == 0 or rows.shape[1] != model.cols:
        raise BadShape(f"expected rows of {model.cols} numbers, got {list(rows.shape)}")
    if not np.isfinite(rows).all():
        raise BadNumbers("expected rows of finite numbers, got others")


def compute_cosine(left: Sequence[float] | FloatArray, right: FloatArray) -> float:
    """The mean cosine of the angle between the rows of two matrices; 1 is no difference."""
    a, b = np.asarray(left, np.float64), right.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1) / np.maximum(lengths, 1e-30)).mean())


def _measure(value: FloatArray) -> Reach:
    numbers = np.abs(value).ravel()
    largest = float(numbers.max())
    if largest == 0:
        return Reach(1.0, 1.0)
    sample = numbers[:: max(1, numbers.size // NUMBERS_MAX)]
    return Reach(largest, min(_compute_loss(sample, largest * part) for part in CLIPS)[1])


def _balance(value: FloatArray, width: int) -> FloatArray:
    """Factors that lessen the spread between the columns of a position.

    The square root leaves as much of the spread to the weights. Source: G. Xiao and others,
    "SmoothQuant", 2023, with the weights' part left out, so that layers share the divided value.
    """
    largest = np.abs(value.reshape(-1, width)).max(axis=0).astype(np.float64)
    largest = (
        np.maximum(largest, largest.max() / COLUMN_RATIO_MAX) if largest.any() else largest + 1
    )
    balanced: FloatArray = np.sqrt(largest / np.exp(np.log(largest).mean())).astype(np.float32)
    return balanced


def _compute_loss(numbers: FloatArray, clip: float) -> tuple[float, float]:
    step = clip / OPERAND_MAX
    kept = np.minimum(np.rint(numbers / step), OPERAND_MAX) * step
    return float(((numbers - kept) ** 2).mean()), clip
