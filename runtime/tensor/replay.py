"""Verdicts on a claimed output: by running the whole graph again, or by checking its products.

Both answer None where the claim holds and the first `Mismatch` where it does not. A graph, tensors
or inputs that break their rules are no fault of the claim and raise `GraphError`.
"""

from collections.abc import Sequence

import numpy as np

from runtime.frozen import frozen
from runtime.tensor.check import CheckedGraph
from runtime.tensor.errors import ClaimTooLarge, GraphError
from runtime.tensor.freivalds import ROUNDS, find_wrong_row
from runtime.tensor.interpreter import GraphRun
from runtime.tensor.value import Int8Array, Int32Array, IntArray, Tensors

REPLAY_MACS_MAX = 50_000_000
"""The most multiply-accumulates of a claim that is replayed: some tens of milliseconds."""
CELLS_MAX = 2**25
"""The most integers that a claim reads or writes, the matrices of its products included."""


@frozen
class Mismatch:
    """Where a claim departs from what the graph computes."""

    op: int
    """The op whose claimed result is wrong."""
    row: int | None
    """The row of that result, where one is known."""
    col: int | None
    what: str
    """What was expected and what was claimed."""


def verify_replay(
    checked: CheckedGraph, tensors: Tensors, inputs: Int8Array, output: IntArray
) -> Mismatch | None:
    """Compares a claimed output with the graph's own, computed anew.

    `ClaimTooLarge` beyond `REPLAY_MACS_MAX` or `CELLS_MAX`.
    """
    ensure_replayable(checked, len(inputs))
    run = GraphRun(checked, tensors, inputs)
    while run.pending is not None:
        run.compute_next()
    return _compare(run, output)


def verify_freivalds(
    checked: CheckedGraph,
    tensors: Tensors,
    inputs: Int8Array,
    products: Sequence[Int32Array],
    output: IntArray,
    seed: bytes,
    rounds: int = ROUNDS,
) -> Mismatch | None:
    """Checks each claimed product of the graph's MATMULs in order, and computes all else anew.

    ``products`` holds int32[rows * positions, n] for each MATMUL. ``seed`` binds the check to the
    claim. A wrong claim passes with probability 2^(-31 · rounds). `ClaimTooLarge` beyond
    `CELLS_MAX`.
    """
    ensure_checkable(checked, len(inputs))
    run = GraphRun(checked, tensors, inputs)
    for product in products:
        factors = run.pending
        if factors is None:
            return _refuse(run, f"{len(run.checked.matmuls)} products", len(products))
        try:
            run.resume(product)
        except GraphError as error:
            return Mismatch(factors.op, None, None, str(error))
        bound = seed + factors.op.to_bytes(4, "little")
        row = find_wrong_row(factors.a, factors.b, product, bound, rounds)
        if row is not None:
            return Mismatch(factors.op, row, None, "the row is not that of the product")
    if run.pending is not None:
        return _refuse(run, f"{len(run.checked.matmuls)} products", len(products))
    return _compare(run, output)


def ensure_replayable(checked: CheckedGraph, rows: int) -> None:
    """Raises `ClaimTooLarge` if replaying so many samples takes more than a claim may."""
    macs = checked.macs * rows
    if macs > REPLAY_MACS_MAX:
        raise ClaimTooLarge(f"at most {REPLAY_MACS_MAX} MACs", macs)
    _ensure_cells(checked.work * rows)


def ensure_checkable(checked: CheckedGraph, rows: int) -> None:
    """Raises `ClaimTooLarge` if Freivalds' check of so many samples takes more than it may."""
    weights = sum(shape.k * shape.n for shape in checked.matmuls)
    _ensure_cells(checked.work * rows + weights)


def _ensure_cells(cells: int) -> None:
    if cells > CELLS_MAX:
        raise ClaimTooLarge(f"at most {CELLS_MAX} integers", cells)


def _compare(run: GraphRun, output: IntArray) -> Mismatch | None:
    expected = run.output
    if (output.dtype, output.shape) != (expected.dtype, expected.shape):
        what = f"{expected.dtype}{list(expected.shape)}"
        return _refuse(run, what, f"{output.dtype}{list(output.shape)}")
    if output.tobytes() == expected.tobytes():
        return None
    row, col = (int(at) for at in np.argwhere(output != expected)[0])
    what = f"expected {expected[row, col]}, got {output[row, col]}"
    return Mismatch(len(run.checked.graph.ops) - 1, row, col, what)


def _refuse(run: GraphRun, expected: str, got: object) -> Mismatch:
    last = len(run.checked.graph.ops) - 1
    return Mismatch(last, None, None, f"expected {expected}, got {got}")
