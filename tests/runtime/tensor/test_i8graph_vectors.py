"""The published vectors of i8graph, against the interpreter and against the oracle."""

import json
from typing import Any, get_args

import numpy as np
import pytest

from runtime.tensor import ops
from runtime.tensor.check import check_graph
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import decode_graph, encode_graph
from runtime.tensor.interpreter import run_graph
from runtime.tensor.value import DType
from tests.helpers.i8graph_oracle import compute_exp2
from tests.helpers.i8graph_vectors import FOLDER, describe, dump_vectors

REFUSED = "refused.json"
FILES = sorted(path.name for path in FOLDER.glob("*.json"))


def load(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="ascii"))
    return cases


CASES = [
    pytest.param(case, id=f"{name.removesuffix('.json')}: {case['name']}")
    for name in FILES
    if name != REFUSED
    for case in load(name)
]


def test_the_files_are_what_the_oracle_makes() -> None:
    files = {name: (FOLDER / name).read_text(encoding="ascii") for name in FILES}
    assert files == dump_vectors()


def test_each_op_has_its_file() -> None:
    names = {member.__name__.lower() + ".json" for member in get_args(get_args(ops.Op)[0])}
    assert names == set(FILES) - {REFUSED}


@pytest.mark.parametrize("case", CASES)
def test_the_interpreter_gives_the_output(case: dict[str, Any]) -> None:
    graph = decode_graph(bytes.fromhex(case["graph"]))
    assert encode_graph(graph).hex() == case["graph"]
    assert [describe(op) for op in graph.ops] == case["ops"]
    tensors = [
        np.array(content, spec.dtype.array_dtype)
        for spec, content in zip(graph.tensors, case["tensors"], strict=True)
    ]
    output = run_graph(graph, tensors, np.array(case["input"], np.int8))
    assert output.tolist() == case["output"]
    assert output.dtype == DType[case["dtype"]].array_dtype


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in load(REFUSED)])
def test_the_check_refuses_at_that_op(case: dict[str, Any]) -> None:
    graph = decode_graph(bytes.fromhex(case["graph"]))
    with pytest.raises(GraphError) as caught:
        check_graph(graph)
    assert caught.value.op == case["op"]


def test_the_table_of_powers_is_exact() -> None:
    assert tuple(compute_exp2(i) for i in range(16)) == ops.EXP2
