"""The published vectors: made anew from the specification's words, and met by the node."""

import json
from typing import Any

import numpy as np
import pytest

from consensus.difficulty import DifficultyParams, compute_drift, compute_target
from consensus.kernels.backend import ProductBackend, never_cancelled
from consensus.pouw.noise import compute_noise, compute_seeds, expand_operand
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import MatrixWork, SeededWork, Work, solve
from consensus.pouw.ticket import compute_ticket, compute_transcript
from consensus.pouw.verify import InvalidSeal, verify_seal
from consensus.pouw.witness import WITNESS
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import (
    Int8Matrix,
    commit_matrix,
    commit_result,
    pad_operand,
)
from runtime.work_summary import Lane
from tests.helpers import pouw_vectors as vectors
from tests.helpers.backends import BACKENDS, for_every_backend
from tests.helpers.naive_pouw import Matrix, blake2_256
from tests.helpers.pouw_stage import compute_noise_matrix


def load(name: str) -> Any:
    return json.loads((vectors.FOLDER / f"{name}.json").read_text("utf-8"))


def to_operand(matrix: Matrix) -> Int8Matrix:
    return np.array(matrix, np.int8)


def spread(label: str, rows: int, cols: int) -> Int8Matrix:
    return to_operand(vectors.spread(label, rows, cols))


@pytest.mark.parametrize("name", list(vectors.make_all()))
def test_file_is_what_the_specification_gives(name: str) -> None:
    document = vectors.make_all()[name]
    assert (vectors.FOLDER / f"{name}.json").read_text("utf-8") == vectors.dump(document)


@pytest.mark.parametrize("case", load("commitment"), ids=lambda case: str(case["shape"]))
def test_commitments(case: dict[str, Any]) -> None:
    if case["kind"] == "operand":
        operand = spread(case["label"], *case["shape"])
        assert list(pad_operand(operand).shape) == case["padded"]
        commitment = commit_matrix(operand)
    else:
        m, n, k = case["shape"]
        a, bt = spread(case["labels"][0], m, k), spread(case["labels"][1], n, k)
        commitment = commit_result(a.astype(np.int32) @ bt.T.astype(np.int32))
    count = commitment.leaves_count
    assert [leaf.hex() for leaf in commitment.levels[0][:count]] == case["leaves"]
    assert [node.hex() for node in commitment.get_path(count - 1)] == case["path_of_last"]
    assert commitment.root.hex() == case["root"]


@pytest.mark.parametrize("case", load("noise"), ids=lambda case: str(case["shape"]))
def test_seeds_and_noise(case: dict[str, Any]) -> None:
    m, n, k = case["shape"]
    roots = Root(bytes.fromhex(case["root_a"])), Root(bytes.fromhex(case["root_b"]))
    seeds = compute_seeds(Hash(bytes.fromhex(case["pre_hash"])), (m, n, k), *roots)
    assert seeds.job_key.hex() == case["job_key"]
    assert seeds.seed_a.hex() == case["seed_a"]
    assert seeds.seed_b.hex() == case["seed_b"]
    assert compute_noise(seeds.seed_a, 0, 1, k).left[0].tolist() == case["left_a_row_0"]
    last = compute_noise(seeds.seed_b, n - 1, 1, k)
    assert last.left[0].tolist() == case["left_b_last_row"]
    step = [last.plus[-64:].tolist(), last.minus[-64:].tolist()]
    assert step == case["permutations_b_last_step"]
    assert compute_noise_matrix(last)[0].tolist() == case["noise_b_last_row"]
    author = AccountId(vectors.AUTHOR)
    for name in (b"A", b"B"):
        row = expand_operand(seeds.job_key, name, author, 7, (1, 2), k)[0]
        assert row.tolist() == case[f"seeded_{name.decode().lower()}_row_1"]


@pytest.mark.parametrize("case", load("transcript"), ids=lambda case: case["operands"])
def test_transcripts_and_tickets(case: dict[str, Any]) -> None:
    k = case["k"]
    strips = {
        "random": (vectors.spread(f"A' {k}", 32, k, 253), vectors.spread(f"B' {k}", 32, k, 253)),
        "largest": ([[126] * k] * 32, [[126] * k] * 32),
        "smallest": ([[126] * k] * 32, [[-126] * k] * 32),
        "zero": ([[0] * k] * 32, vectors.spread(f"B' {k}", 32, k, 253)),
    }
    a_noised, bt_noised = map(to_operand, strips[case["operands"]])
    words = compute_transcript(a_noised, bt_noised)
    assert words.tolist() == case["transcript"]
    seed_a = bytes.fromhex(case["seed_a"])
    assert compute_ticket(seed_a, words, case["i"], case["j"]).hex() == case["ticket"]
    for backend in BACKENDS.values():
        run = backend.run(a_noised, bt_noised, None, never_cancelled)
        assert run.transcripts[0, 0].tolist() == case["transcript"], backend.name


@pytest.mark.parametrize(
    "case", load("seal"), ids=lambda case: f"lane {case['lane']}, {case['shape']}"
)
@for_every_backend
def test_seals(case: dict[str, Any], backend: ProductBackend) -> None:
    m, n, k = case["shape"]
    params = PowParams(SeededShape(m, n, k))
    pre_hash, author = Hash(bytes.fromhex(case["pre_hash"])), AccountId(vectors.AUTHOR)
    work: Work = SeededWork(case["nonce"])
    if case["lane"] != Lane.SEEDED:
        a, bt = spread(case["labels"][0], m, k), spread(case["labels"][1], n, k)
        work = MatrixWork(Lane(case["lane"]), a, bt)
    target = int(case["hardest_target"])
    done = solve(pre_hash, author, work, target, params, backend)
    assert done.tickets == len(case["tickets"])
    best = min(map(bytes.fromhex, case["tickets"]), key=lambda each: each[::-1])
    assert done.best_ticket == best
    assert done.seal is not None
    assert SEAL.encode(done.seal).hex() == case["seal"]
    if done.witness is None:
        assert case["witness_bytes"] is None
    else:
        encoded = WITNESS.encode(done.witness)
        assert len(encoded) == case["witness_bytes"]
        assert blake2_256(encoded).hex() == case["witness_blake2_256"]
    verify_seal(pre_hash, author, done.seal, done.witness, target, params)
    assert solve(pre_hash, author, work, target - 1, params, backend).seal is None
    with pytest.raises(InvalidSeal, match="seal: target"):
        verify_seal(pre_hash, author, done.seal, done.witness, target - 1, params)


def test_difficulty() -> None:
    document = load("difficulty")
    numbers = {name: int(value) for name, value in document["params"].items()}
    params = DifficultyParams(**numbers)
    for case in document["targets"]:
        assert compute_target(case["drift_ms"], params) == int(case["target"]), case
    assert sum(case["is_rounding_trap"] for case in document["targets"]) >= 5
    drift = 0
    for case in document["chain"]:
        drift = compute_drift(drift, case["interval_ms"], params)
        assert drift == case["drift_ms"]
        assert compute_target(drift, params) == int(case["target"])
