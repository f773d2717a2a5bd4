"""What posting and judging jobs of programs cost here, beside the weight that they declare.

One slot of each program, as dear as a claim may be or nearly so; the rest is as in
`bench_ai_weights`.
"""

from dataclasses import replace
from time import perf_counter_ns

import numpy as np

from pallets.market import ComputeToData, Evaluate, JobSpec, Posted, Render, Train
from pallets.market.claims import make_task
from runtime.claim import ClaimRequest
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT, Hash
from runtime.programs import (
    SCENE,
    Colour,
    Evaluation,
    Metric,
    Raytrace,
    Sgd,
    Sphere,
    Statistics,
    Vector,
)
from runtime.programs.scene import SPHERES_MAX
from runtime.tensor.blob import blob_root
from tests.bench.bench_ai_weights import ROUNDS, TERMS, apply, report, show
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, make_economy
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.helpers.slot_work import run_program


def make_specs(chain: ChainStage) -> dict[str, JobSpec]:
    """The dear ones; their blobs are in the state."""
    rng = np.random.default_rng(4)
    rows = rng.integers(-63, 64, (1_024, 64), np.int8).tobytes()
    labels = rng.integers(0, 10, 1_024).astype(np.uint8).tobytes()
    mirrors = tuple(
        Sphere(Vector(0, 0, side << 14), side << 16, Colour(9, 9, 9), 255)
        for side in range(20, 20 + SPHERES_MAX)
    )
    scene = SCENE.encode(replace(FOUR_BALLS, spheres=mirrors))
    for blob in (rows, labels, scene):
        apply(chain, ALICE, make_call("Registry", "put_blob", blob))
    roots = (blob_root(rows), blob_root(labels))
    sgd = Sgd(*roots, 1_024, 64, 32, 10, 64, 2_000, 7, 7, 4, Hash(b"s" * 32), 96, 96)
    linear = replace(sgd, hidden=0, batch=1, steps=380, steps_per_slot=380)
    table = Statistics(roots[0], 65_536, 1, 0, -63, 62, (0, 0, 0), 5)
    evaluation = Evaluation(*roots, 1_024, 1_024, 10, Metric.CONFUSION)
    return {
        "train(96 steps, perceptron)": Train(sgd, None),
        "train(380 steps, linear)": Train(linear, None),
        "render(80 x 80, 16 mirrors)": Render(Raytrace(blob_root(scene), 80, 80, 80)),
        "compute to data(64 KiB)": ComputeToData(table, None),
        "eval(1,024 rows)": Evaluate(evaluation, economy.MODEL, None),
    }


def report_claim(name: str, chain: ChainStage, number: int) -> None:
    """What judging the first slot of a job takes, beside the weight that verify gives it."""
    verify, records = chain.runtime.verify, chain.runtime.registry.records
    job = economy.get_job(chain, number)
    task = make_task(job, 0, lambda _: b"")
    output = run_program(records, job, 0, lambda _: b"")
    at, root = SlotId(number, 0), blob_root(output)
    request = ClaimRequest(at, BOB, job.verifier, b"", task, root, output, b"", Hash.zero())
    best, declared = float("inf"), 0
    for _ in range(ROUNDS):
        mark = chain.runtime.state.mark()
        begin = perf_counter_ns()
        declared = verify.open_claim(request).weight.ref_time
        best = min(best, (perf_counter_ns() - begin) / 1_000)
        chain.runtime.state.rollback_to(mark)
    show(f"verify {name}", best, declared / 10**6)


def main() -> None:
    """Prints two rows for each."""
    chain = make_economy()
    chain.begin_block(BOB)
    for name, spec in make_specs(chain).items():
        post = make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, TERMS)
        report(f"market.post {name}", chain, ALICE, post)
        number = chain.runtime.market.next_job.get()
        apply(chain, ALICE, post)
        report_claim(name, chain, number)


if __name__ == "__main__":
    main()
