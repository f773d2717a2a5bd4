"""The published vectors of the programs: the oracle makes them again, the node gives the same."""

import json
from typing import Any

import pytest

from consensus.kernels.programs import ProgramTwins
from runtime.codec import codec_of
from runtime.model import LoadedModel, check_model
from runtime.programs import (
    Evaluation,
    Inputs,
    Program,
    ProgramRunner,
    Raytrace,
    ReferenceRunner,
    Sgd,
    Statistics,
)
from runtime.tensor import Graph, InputSpec, check_graph
from runtime.tensor.ops import Slice
from tests.helpers.programs_vectors import FOLDER, MAKERS, write

PROGRAMS: dict[str, Any] = {
    "int_sgd_v1": Sgd,
    "raytrace_v1": Raytrace,
    "eval_v1": Evaluation,
    "stats_v1": Statistics,
}
BLOBS = ("rows", "labels", "scene")


def read(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())
    return cases


@pytest.mark.parametrize("name", MAKERS)
def test_the_oracle_makes_the_file_again(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == write(MAKERS[name]())


@pytest.mark.parametrize("runner", [ReferenceRunner(), ProgramTwins()], ids=["rules", "twins"])
@pytest.mark.parametrize(
    "name, case",
    [(name, case) for name in PROGRAMS for case in read(name)],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_a_case_gives_the_published_bytes(
    runner: ProgramRunner, name: str, case: dict[str, Any]
) -> None:
    parameters = bytes.fromhex(case["parameters"])
    codec = codec_of(PROGRAMS[name])
    program: Program = codec.decode(parameters)
    assert codec.encode(program) == parameters
    blobs = tuple(bytes.fromhex(case[key]) for key in BLOBS if key in case)
    inputs = Inputs(blobs, make_identity(4) if name == "eval_v1" else None)
    expected = bytes.fromhex(case["output"])
    assert program.count_slots() == 1
    assert program.plan(inputs).output_bytes == len(expected)
    assert runner.run_program(program, 0, inputs) == expected


def make_identity(cols: int) -> LoadedModel:
    """A model whose scores are its inputs."""
    return check_model(check_graph(Graph(InputSpec(cols, -63, 63), (), (Slice(0, 0, cols),))), ())
