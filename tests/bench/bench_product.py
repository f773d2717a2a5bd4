"""What a proof costs over the bare product, on one core and on all, for square products.

The price is measured within one backend: everything a miner does for one product, beside the plain
exact int8 product of the same operands by the same kernels. All of it is counted: range checks,
leaves and roots, noise, packing, fold, tickets, and for the exact result the peel. B is new every
time. The runs of one row take turns and medians are compared, in processor time on one core, which
also holds while other programs run; then by the wall clock on all cores. BLAS gets the same cores.
Other sizes are arguments: `python -m tests.bench.bench_product 4096`.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter_ns, process_time_ns

import numpy as np

from chain.miner.cores import ThreadCores
from consensus.kernels.backend import ONE_CORE, Cores, Operand, ProductBackend, never_cancelled
from consensus.kernels.numba_backend import NumbaBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.noise import compute_noise
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.solve import MatrixWork, SeededWork, Work, solve
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int8Matrix
from runtime.work_summary import Lane

SIDES = (1024, 2048, 4096)
ROUNDS = 5
NUMPY_SIDE_MAX = 2048
"""A larger product takes numpy many seconds."""

BLAS_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Would have BLAS work as for another processor than this one."""

Run = Callable[[], object]


def make_operand(side: int, seed: int) -> Int8Matrix:
    return np.random.default_rng(seed).integers(-63, 64, (side, side)).astype(np.int8)


def prove(backend: ProductBackend, work: Work, side: int) -> None:
    params = PowParams(SeededShape(side, side, side))
    solve(Hash.zero(), AccountId.zero(), work, 0, params, backend)


def mine_only(backend: ProductBackend, a: Int8Matrix, bt: Int8Matrix) -> None:
    """As a Task is proven, but for its result, which nobody wants."""
    side, seed = len(a), bytes(32)
    backend.compute_leaves(a)
    backend.compute_leaves(bt)
    left = Operand(a, compute_noise(seed, 0, side, side))
    right = Operand(bt, compute_noise(seed, 0, side, side))
    backend.search(left, right, seed, never_cancelled, wants_product=False)


def make_runs(side: int, cores: Cores, *, has_numpy: bool) -> dict[str, Run]:
    a, bt = make_operand(side, 1), make_operand(side, 2)
    left, right = a.astype(np.float32), bt.astype(np.float32).T
    backend, task = NumbaBackend(cores), MatrixWork(Lane.TASK, a, bt)
    runs: dict[str, Run] = {
        "float32": lambda: left @ right,
        "plain": partial(backend.multiply, a, bt),
        "mine": partial(mine_only, backend, a, bt),
        "peel": partial(prove, backend, task, side),
        "seeded": partial(prove, backend, SeededWork(1), side),
    }
    if has_numpy:
        runs["numpy"] = partial(prove, NumpyBackend(), task, side)
    return runs


def measure(runs: dict[str, Run], clock: Callable[[], int]) -> dict[str, float]:
    """The median of each in milliseconds; they take turns, after one round that is not counted."""
    times: dict[str, list[int]] = {name: [] for name in runs}
    for number in range(ROUNDS + 1):
        for name, run in runs.items():
            begun = clock()
            run()
            if number:
                times[name].append(clock() - begun)
    return {name: median(each) / 1e6 for name, each in times.items()}


def print_row(side: int, took: dict[str, float]) -> None:
    plain = took["plain"]
    print(f"  {side:5}  {side**3 / plain / 1e6:7.1f}  {took['float32'] / plain:7.2f}x", end="")
    for name in ("mine", "peel", "seeded", "numpy"):
        print(f"  {took[name] / plain:6.3f}x" if name in took else "       -", end="")
    print()


def main() -> None:
    threads = os.cpu_count() or 1
    wanted = {name: value for name, value in os.environ.items() if name not in BLAS_SETTINGS}
    if os.environ.get("BENCH_CORES") is None:  # BLAS reads its settings when numpy is loaded
        for number in (1, threads):
            settings = {"OPENBLAS_NUM_THREADS": str(number), "BENCH_CORES": str(number)}
            command = [sys.executable, "-m", "tests.bench.bench_product", *sys.argv[1:]]
            if os.spawnve(os.P_WAIT, sys.executable, command, {**wanted, **settings}):
                raise SystemExit(1)
        return
    count = int(os.environ["BENCH_CORES"])
    layout = NumbaBackend(ONE_CORE).layout
    clock, by = (process_time_ns, "processor time") if count == 1 else (perf_counter_ns, "the wall")
    print(f"{count} core(s), layout {layout.name}, medians of {ROUNDS} by {by}; times over plain:")
    print("   side  GMAC/s   float32    mine  +result   seeded    numpy")
    for side in [int(each) for each in sys.argv[1:]] or SIDES:
        cores: Cores = ONE_CORE if count == 1 else ThreadCores(count)
        runs = make_runs(side, cores, has_numpy=count == 1 and side <= NUMPY_SIDE_MAX)
        print_row(side, measure(runs, clock))
    if count == 1:
        print("goals at 4096: mine <= 1.2, +result <= 1.3; with AVX512-VNNI float32 >= 3")


if __name__ == "__main__":
    main()
