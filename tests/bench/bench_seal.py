"""What the work proof costs here: the price of the proof, mining speed, and verification of a seal.

Ratios count; absolute figures are this machine's. Each product is measured beside the plain float32
product of the same operands, in turn, and the medians of the rounds are compared, in processor time
so that they also hold while other programs run. BLAS gets one core, as the backend has one.
Other sizes than the usual ones are arguments: `python -m tests.bench.bench_seal 4096`.
"""

import os
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns, process_time_ns

import numpy as np

from consensus.kernels.backend import Peel, never_cancelled
from consensus.kernels.select import select_backend
from consensus.pouw.noise import add_noise, compute_noise
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork, SeededWork, Work, solve
from consensus.pouw.verify import verify_seal
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int8Matrix
from runtime.work_summary import Lane

ROUNDS = 3
SIDES = (256, 1024, 2048)
"""m = n = k of the products."""

VERIFIED_K = (1024, 4096, 16_384)
VERIFICATIONS = 51
EASY = 2**256 - 1
PRE_HASH, AUTHOR = Hash.zero(), AccountId.zero()
BACKEND = select_backend("auto")


class Timed:
    """Medians over rounds: milliseconds by the wall clock and of the processor."""

    def __init__(self) -> None:
        self._wall: list[int] = []
        self._processor: list[int] = []

    def run(self, work: Callable[[], object]) -> None:
        """Adds one round."""
        wall, processor = perf_counter_ns(), process_time_ns()
        work()
        self._wall.append(perf_counter_ns() - wall)
        self._processor.append(process_time_ns() - processor)

    @property
    def wall_ms(self) -> float:
        return median(self._wall) / 1e6

    @property
    def processor_ms(self) -> float:
        return median(self._processor) / 1e6


def make_operand(rows: int, cols: int, seed: int) -> Int8Matrix:
    return np.random.default_rng(seed).integers(-63, 64, (rows, cols)).astype(np.int8)


def measure_products(side: int) -> None:
    """Prints one row: plain float32, mined only, with exact peel, and the whole of `solve`."""
    a, bt = make_operand(side, side, 1), make_operand(side, side, 2)
    noise_a, noise_b = (compute_noise(bytes([each] * 32), 0, side, side) for each in (1, 2))
    a_noised, bt_noised = add_noise(a, noise_a), add_noise(bt, noise_b)
    peel = Peel(a, noise_a, noise_b)
    left, right = a.astype(np.float32), bt.astype(np.float32).T
    params = PowParams(SeededShape(side, side, side))
    task = MatrixWork(Lane.TASK, a, bt)
    runs: dict[str, Callable[[], object]] = {
        "plain": lambda: left @ right,
        "mine": lambda: BACKEND.run(a_noised, bt_noised, None, never_cancelled),
        "peel": lambda: BACKEND.run(a_noised, bt_noised, peel, never_cancelled),
        "task": lambda: solve(PRE_HASH, AUTHOR, task, 0, params, BACKEND),
        "seeded": lambda: solve(PRE_HASH, AUTHOR, SeededWork(1), 0, params, BACKEND),
    }
    times = {name: Timed() for name in runs}
    for _ in range(ROUNDS + (side < 1000) * 20):
        for name, run in runs.items():
            times[name].run(run)
    plain = times["plain"].processor_ms
    print(f"  {side:5}  {side**3 / times['plain'].wall_ms / 1e6:6.1f}", end="")
    for name in ("mine", "peel", "task", "seeded"):
        speed = side**3 / times[name].wall_ms / 1e6
        print(f"   {speed:6.2f} {times[name].processor_ms / plain:5.2f}x", end="")
    print()


def measure_verification(k: int) -> None:
    """Prints one row: the median over verifications of one seal of every lane."""
    params = PowParams(SeededShape(64, 64, k))
    a, bt = make_operand(64, k, 1), make_operand(64, k, 2)
    works: tuple[Work, ...] = (
        SeededWork(1),
        MatrixWork(Lane.TASK, a, bt),
        MatrixWork(Lane.PRIVATE, a, bt),
    )
    print(f"  {k:5}", end="")
    for work in works:
        done = solve(PRE_HASH, AUTHOR, work, EASY, params, BACKEND)
        seal, witness = done.seal, done.witness
        assert seal is not None, "every ticket wins; qed"
        timed = Timed()
        for _ in range(VERIFICATIONS):
            timed.run(lambda: verify_seal(PRE_HASH, AUTHOR, seal, witness, EASY, params))  # noqa: B023
        print(f"   {timed.wall_ms:8.2f}", end="")
    print()


def main() -> None:
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when numpy is loaded
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "tests.bench.bench_seal", *sys.argv[1:]]
        os.execve(sys.executable, command, environment)
    print(f"backend {BACKEND.name}, one core")
    print("\nGMAC/s, and processor time as a multiple of the plain float32 product's")
    print("  m=n=k   plain     mined only    exact product     solve (Task)   solve (Seeded)")
    for side in map(int, sys.argv[1:] or SIDES):
        measure_products(side)
    print("\nVerification of one seal, ms")
    print("      k     Seeded       Task    Private")
    for k in VERIFIED_K:
        measure_verification(k)


if __name__ == "__main__":
    main()
