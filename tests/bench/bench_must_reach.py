"""What this chain has to reach, and what it reaches here: each figure with its goal.

The quickest of some rounds by the clock; for imports also the median, and the same in processor
time, which others on the machine disturb less. The last column is how many times better than the
goal. More rounds are an argument: `python -m tests.bench.bench_must_reach 30`.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns

import numpy as np
import trio

from chain.blas import use_one_blas_thread
from chain.client.signatures import open_signature_process
from chain.collector import collect_rarely
from runtime.audit import draw_audit
from runtime.primitives import Hash
from runtime.tensor import load_graph, run_graph
from runtime.tensor.chunks import commit_chunks, get_chunk, verify_chunk
from runtime.tensor.freivalds import find_wrong_row
from runtime.tensor.product import compute_products
from runtime.tensor.replay import verify_replay
from runtime.tensor.value import load_array
from tests.helpers.market_blocks import import_market_blocks, make_market_blocks
from tests.helpers.market_stage import make_classifier
from tests.helpers.stopwatch import Stopwatch

ROUNDS = 9
BATCH, SIDE, CHUNKS = 450, 1_024, 20


def measure_us(run: Callable[[], object], rounds: int) -> float:
    """Microseconds by the clock, the quickest."""
    times: list[int] = []
    for _ in range(rounds + 1):  # the first one warms up
        begun = perf_counter_ns()
        run()
        times.append(perf_counter_ns() - begun)
    return min(times[1:]) / 1_000


def show(name: str, got: float, goal: float, unit: str, *, is_rate: bool = False) -> None:
    """One row."""
    ratio = got / goal if is_rate else goal / got
    sign = ">=" if is_rate else "<="
    print(f"{name:52} {got:10,.1f} {unit:8} goal {sign} {goal:8,.0f}   x{ratio:6.2f}", flush=True)


def measure_replay(rounds: int) -> None:
    """450 pictures of digits, 64 pixels each, through two layers."""
    weights = make_classifier()
    checked = load_graph(weights.body.graph)
    tensors = [
        load_array(blob, spec.dtype, spec.rows, spec.cols)
        for blob, spec in zip(weights.blobs, checked.graph.tensors, strict=True)
    ]
    inputs = np.random.default_rng(1).integers(-63, 63, (BATCH, 64), np.int8, True)
    output = run_graph(checked.graph, tensors, inputs)

    def run() -> None:
        assert verify_replay(checked, tensors, inputs, output) is None

    show("replay of 450 digits", measure_us(run, rounds) / 1_000, 5, "ms")


def measure_freivalds(rounds: int) -> None:
    """A product of 1,024 x 1,024 x 1,024, checked and made again."""
    rng = np.random.default_rng(2)
    a, b = (rng.integers(-63, 64, (SIDE, SIDE), np.int8) for _ in range(2))
    product = compute_products(a, b)

    def check() -> None:
        assert find_wrong_row(a, b, product, b"seed") is None

    checking = measure_us(check, rounds) / 1_000
    multiplying = measure_us(lambda: compute_products(a, b), rounds) / 1_000
    show("Freivalds, n = 1,024", checking, 40, "ms")
    show("Freivalds beside the product in BLAS", checking, multiplying, "ms")


def measure_audit(rounds: int) -> None:
    """Twenty chunks of 4 MiB: drawn, and checked against the root."""
    content = bytes(range(256)) * (4 << 12)
    tree, size = commit_chunks(content), len(content)
    drawn = draw_audit(Hash.zero(), 0, Hash.zero(), size, CHUNKS)
    opened = [(index, get_chunk(content, index), tree.get_path(index)) for index in drawn]

    def run() -> None:
        draw_audit(Hash.zero(), 0, Hash.zero(), size, CHUNKS)
        for index, chunk, path in opened:
            verify_chunk(tree.root, size, index, chunk, path)

    show("retrievability audit of 20 chunks", measure_us(run, rounds) / 1_000, 1, "ms")


def measure_market(rounds: int) -> None:
    """Blocks as full of posts, locks and submissions as their weight allows, signatures unseen.

    First all in one thread, then as in a node: with a process that checks signatures meanwhile,
    whose processor time is not counted.
    """
    made = trio.run(make_market_blocks, 40, 2)
    with collect_rarely(), open_signature_process() as beside:
        for how, ahead in (("alone", None), ("with signatures beside", beside)):
            clock, processor = list[float](), list[float]()
            for _ in range(max(3, rounds // 3) + 1):  # the first one warms up
                watch = Stopwatch()
                import_market_blocks(made, watch, ahead)
                clock.append(made.calls / (watch.wall_ns / 1e9))
                processor.append(made.calls / (watch.processor_ns / 1e9))
            for by, rates in (("clock", clock[1:]), ("processor", processor[1:])):
                for which, rate in (("best", max(rates)), ("median", median(rates))):
                    name = f"market calls {how}, {by}, {which}"
                    show(name, rate, 3_000, "calls/s", is_rate=True)


def main() -> None:
    """Prints a row for each."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with use_one_blas_thread():  # as in a node
        measure_replay(rounds)
        measure_freivalds(rounds)
        measure_audit(rounds)
        measure_market(rounds)


if __name__ == "__main__":
    main()
