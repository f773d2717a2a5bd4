"""How fast a machine mines: the bare product, the same with a proof, and checking one seal.

Times are medians of rounds that take turns, so that ratios hold while other programs run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from typing import Final, Protocol, runtime_checkable

import numpy as np

from consensus.kernels.backend import ProductBackend
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork, SeededWork, Work, solve
from consensus.pouw.verify import verify_seal
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix
from runtime.work_summary import Lane

TARGET_EASIEST: Final = (1 << 256) - 1
PRE_HASH, AUTHOR = Hash.zero(), AccountId.zero()


@runtime_checkable
class PlainMultiplier(Protocol):
    """A backend that can also leave the proof out."""

    def multiply(self, a: Int8Matrix, bt: Int8Matrix) -> Int32Matrix:
        """The exact product of int8[m, k] and the transpose of int8[n, k]."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """One square product of `side`, times in milliseconds."""

    side: int
    plain_ms: float
    """The bare product: by the backend where it can, by float32 BLAS elsewhere."""

    is_plain_exact: bool
    """Whether it was the backend's own int8 product."""

    seeded_ms: float
    """Operands expanded, noise, product, transcripts, tickets."""

    task_ms: float
    """Operands committed, the same, and the exact result: what a paid product takes."""

    verify_ms: float
    """Checking one seal of it."""

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the product."""
        return self.side**3


def measure(backend: ProductBackend, side: int, rounds: int) -> Measured:
    """Times the products of one size; a first round that is not counted warms everything up."""
    generator = np.random.default_rng(side)
    a, bt = (generator.integers(-63, 64, (side, side)).astype(np.int8) for _ in range(2))
    params = PowParams(SeededShape(side, side, side))
    task = MatrixWork(Lane.TASK, a, bt)

    def prove(work: Work) -> None:
        solve(PRE_HASH, AUTHOR, work, 0, params, backend)

    is_exact = isinstance(backend, PlainMultiplier)
    left, right = a.astype(np.float32), bt.astype(np.float32).T

    def multiply() -> None:
        if isinstance(backend, PlainMultiplier):
            backend.multiply(a, bt)
        else:
            np.matmul(left, right)

    won = solve(PRE_HASH, AUTHOR, task, TARGET_EASIEST, params, backend)
    seal, witness = won.seal, won.witness
    assert seal is not None, "every ticket wins; qed"

    def verify() -> None:
        verify_seal(PRE_HASH, AUTHOR, seal, witness, TARGET_EASIEST, params)

    runs: tuple[Callable[[], None], ...] = (
        multiply,
        lambda: prove(SeededWork(1)),
        lambda: prove(task),
        verify,
    )
    times: list[list[int]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for each, run in zip(times, runs, strict=True):
            begun = perf_counter_ns()
            run()
            if number:
                each.append(perf_counter_ns() - begun)
    plain, seeded, paid, checked = (median(each) / 1e6 for each in times)
    return Measured(side, plain, is_exact, seeded, paid, checked)
