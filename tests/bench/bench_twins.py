"""How much sooner the compiled twins of the programs give the bytes of the rules.

Prints the median of each by processor time, and their ratio.
"""

from statistics import median
from time import thread_time_ns

import numpy as np

from consensus.kernels.programs import ProgramTwins, ensure_twins_exact
from runtime.model import check_model
from runtime.primitives import Hash
from runtime.programs import (
    SCENE,
    Evaluation,
    Inputs,
    Metric,
    Program,
    ProgramRunner,
    Raytrace,
    ReferenceRunner,
    Sgd,
    Statistics,
)
from runtime.tensor import Graph, InputSpec, check_graph
from runtime.tensor.ops import Slice
from tests.helpers.programs_vectors import FOUR_BALLS, NO_ROOT

ROUNDS = 15


def make_slots() -> dict[str, tuple[Program, Inputs]]:
    """A slot of each program as a job may have it."""
    rng = np.random.default_rng(4)
    rows = rng.integers(-63, 64, (1_024, 64), np.int8).tobytes()
    labels = rng.integers(0, 10, 1_024).astype(np.uint8).tobytes()
    sgd = Sgd(NO_ROOT, NO_ROOT, 1_024, 64, 32, 10, 64, 2_000, 7, 7, 4, Hash(b"s" * 32), 64, 64)
    linear = Sgd(NO_ROOT, NO_ROOT, 1_024, 64, 0, 10, 64, 2_000, 7, 7, 4, Hash(b"s" * 32), 64, 64)
    scores = check_graph(Graph(InputSpec(64, -63, 63), (), (Slice(0, 0, 10),)))
    return {
        "raytrace, 64 x 64, four spheres": (
            Raytrace(NO_ROOT, 256, 256, 64),
            Inputs((SCENE.encode(FOUR_BALLS),)),
        ),
        "int-sgd, 64 steps of 64-32-10": (sgd, Inputs((rows, labels))),
        "int-sgd, 64 steps of 64-10": (linear, Inputs((rows, labels))),
        "stats, 1,024 rows": (
            Statistics(NO_ROOT, 1_024, 64, 0, -63, 63, (1, 2, 3), 5),
            Inputs((rows,)),
        ),
        "eval, 1,024 rows": (
            Evaluation(NO_ROOT, NO_ROOT, 1_024, 1_024, 10, Metric.CONFUSION),
            Inputs((rows, labels), check_model(scores, ())),
        ),
    }


def time_once(runner: ProgramRunner, program: Program, inputs: Inputs) -> int:
    """Nanoseconds of processor time."""
    start = thread_time_ns()
    runner.run_program(program, 0, inputs)
    return thread_time_ns() - start


def main() -> None:
    """Both in turn, so that a busy machine slows both."""
    ensure_twins_exact()
    rules, twins = ReferenceRunner(), ProgramTwins()
    for name, (program, inputs) in make_slots().items():
        pairs = [
            (time_once(rules, program, inputs), time_once(twins, program, inputs))
            for _ in range(ROUNDS)
        ]
        by_rules, by_twins = (median(each) / 1e6 for each in zip(*pairs, strict=True))
        ratio = by_rules / by_twins
        print(f"{name:34} rules {by_rules:8.3f} ms  twin {by_twins:8.3f} ms  {ratio:5.1f} times")


if __name__ == "__main__":
    main()
