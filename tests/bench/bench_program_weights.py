"""What posting jobs of programs costs, and judging claims; see `tests/helpers/weighing.py`.

One slot of each program, as dear as a claim may be or nearly so; a model's rows by both verifiers.
"""

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from pallets.market import ComputeToData, Evaluate, Infer, JobSpec, Posted, Render, Train
from pallets.market.claims import make_task
from pallets.verify.cases import Case, load_case
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
from runtime.task import ProgramTask, RowsTask
from runtime.tensor.blob import blob_root
from runtime.tensor.interpreter import compute_product
from tests.bench.bench_ai_weights import TERMS, apply, make_large_model, put_blobs, register
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.helpers.slot_work import run_program, run_slot
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import begin_economy

Judged: TypeAlias = tuple[Cost, Case]
"""What judging a claim took, and what it counts."""


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
    put_blobs(chain, ALICE, [rows, labels, scene])
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


def weigh_claim(book: Book, chain: ChainStage, case: str, number: int) -> Judged:
    """What judging the first slot of a job takes, and what it counts of it."""
    verify, records = chain.runtime.verify, chain.runtime.registry.records
    job = economy.get_job(chain, number)
    task = make_task(job, 0, lambda _: b"")
    if isinstance(task, ProgramTask):
        output, trace = run_program(records, job, 0, lambda _: b""), b""
    else:
        assert isinstance(task, RowsTask), "no case is a commission"
        payload = run_slot(records, job, 0)
        size = len(payload) - job.trace_row_bytes * task.rows
        output, trace = payload[:size], payload[size:]
    root = blob_root(output)
    request = ClaimRequest(
        SlotId(number, 0), BOB, job.verifier, b"", task, root, output, trace, Hash.zero()
    )
    counted = load_case(request, records, chain.runtime.host)
    assert counted is not None, "its blobs are in the state"
    cost = book.run("", f"judging {case}", chain, lambda: verify.open_claim(request))
    return cost, counted


def weigh_programs(book: Book, chain: ChainStage) -> None:
    """Posting a job of each program, and judging its first slot."""
    for case, spec in make_specs(chain).items():
        post = make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, TERMS)
        number = chain.runtime.market.next_job.get()
        book.call("", case, chain, ALICE, post)
        apply(chain, ALICE, post)
        cost, counted = weigh_claim(book, chain, case, number)
        book.slope("verify.CELL", case, Cost(0, 0), replace(cost, proof_bytes=0), counted.cells)


def weigh_models(book: Book, chain: ChainStage) -> None:
    """Judging rows of a small model and of one as large as there may be, by both verifiers."""
    rng = np.random.default_rng(3)
    blob = rng.integers(-63, 63, (256, 256), np.int8, True).tobytes()
    large = make_large_model()
    put_blobs(chain, ALICE, [blob, blob[:64], *large.blobs])
    record = register(chain, ALICE, large.body)
    replay, freivalds = VerifierId.REPLAY, VerifierId.FREIVALDS

    def weigh(verifier: VerifierId, model: int, inputs: bytes, total: int, rows: int) -> Judged:
        spec = Infer(model, None, blob_root(inputs), total, rows, 1)
        number = chain.runtime.market.next_job.get()
        apply(chain, ALICE, make_call("Market", "post", spec, Posted(UNIT), verifier, TERMS))
        case = f"{rows} rows of model {model}, {verifier.name}"
        return weigh_claim(book, chain, case, number)

    for verifier, base in ((freivalds, "verify.FREIVALDS"), (replay, "verify.REPLAY")):
        small, few = weigh(verifier, economy.MODEL, blob[:64], 1, 1)
        book.note(base, "a row", small)
    for verifier, slope, rows in (
        (freivalds, "verify.CHECKED_CELL", 1),
        (replay, "verify.CELL", 8),
        (replay, "verify.CELL", 1),
    ):
        cost, counted = weigh(verifier, record, blob, 256, rows)
        book.slope(slope, "a large model", Cost(0, 0), replace(cost, proof_bytes=0), counted.cells)
    read = counted.blob_bytes - few.blob_bytes
    paths = cost.proof_bytes - small.proof_bytes - read
    book.note("verify.BLOB", "a tensor", Cost(0, paths).divide(counted.blobs - few.blobs))
    book.note("verify.BLOB_BYTE", "of a tensor", Cost(0, read).divide(read))


def weigh_products(book: Book, chain: ChainStage) -> None:
    """A product as a replay makes it, of rows so long that it takes double precision."""
    rng = np.random.default_rng(5)
    a, b = (rng.integers(-63, 64, shape, np.int8) for shape in ((78, 8_192), (8_192, 78)))
    cost = book.run("", "a product of 50 million MACs", chain, lambda: compute_product(a, b))
    book.slope("verify.MAC", "a product", Cost(0, 0), cost, 78 * 78 * 8_192)


def weigh(book: Book) -> None:
    """Posting and judging."""
    chain = begin_economy()
    weigh_products(book, chain)
    weigh_models(book, chain)
    weigh_programs(book, chain)


if __name__ == "__main__":
    weigh(Book())
