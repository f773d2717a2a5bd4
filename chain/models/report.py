"""What quantising cost: a network and its integer form on the same rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from chain.models.calibrate import compute_cosine, ensure_rows
from chain.models.layers import FloatArray, FloatModel
from chain.models.quantise import Quantised, quantise_rows
from runtime.tensor import run_graph

BATCH_ROWS: Final = 64


@dataclass(frozen=True, slots=True)
class Report:
    """The two compared."""

    rows: int
    cosine: float
    """Mean cosine between the outputs, 1 where they point the same way."""
    agreement: float
    """The share of rows whose largest output is the same."""
    before: float | None = None
    """The share of rows that the network gets right; None without labels."""
    after: float | None = None


def compare(
    model: FloatModel,
    quantised: Quantised,
    rows: FloatArray,
    labels: npt.NDArray[np.int64] | None = None,
) -> Report:
    """Runs both. Raises `BadShape`, `BadNumbers`."""
    ensure_rows(model, rows)
    exact = np.concatenate([model.run(batch)[-1] for batch in _split(rows)])
    found = np.concatenate([run_scaled(quantised, batch) for batch in _split(rows)])
    chosen, chosen_after = exact.argmax(axis=1), found.argmax(axis=1)
    cosine, agreement = compute_cosine(found, exact), float((chosen == chosen_after).mean())
    if labels is None:
        return Report(len(rows), cosine, agreement)
    right, right_after = chosen == labels, chosen_after == labels
    return Report(len(rows), cosine, agreement, float(right.mean()), float(right_after.mean()))


def run_scaled(quantised: Quantised, rows: FloatArray) -> FloatArray:
    """The output in the network's own numbers."""
    inputs = quantise_rows(rows, quantised.input_scale)
    output = run_graph(quantised.checked.graph, quantised.tensors, inputs)
    return (output * quantised.output_scale).astype(np.float32)


def _split(rows: FloatArray) -> Iterator[FloatArray]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]
