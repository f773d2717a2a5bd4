"""Verdicts on whole graphs: honest claims hold, every altered one is placed."""

import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.tensor import ops
from runtime.tensor.check import CheckedGraph, check_graph
from runtime.tensor.errors import ClaimTooLarge, GraphError
from runtime.tensor.graph import Graph, InputSpec
from runtime.tensor.interpreter import run_graph, trace_graph
from runtime.tensor.replay import (
    CELLS_MAX,
    REPLAY_MACS_MAX,
    ensure_checkable,
    ensure_replayable,
    verify_freivalds,
    verify_replay,
)
from runtime.tensor.value import DType, Int8Array, Int32Array, IntArray, TensorSpec
from tests.helpers.i8graph_strategies import Program, fill, fill_tensors, programs

LAYERS = Graph(
    InputSpec(8, -63, 63),
    (
        TensorSpec("w1", 8, 6, DType.I8, -63, 63),
        TensorSpec("b1", 1, 6, DType.I32, -999, 999),
        TensorSpec("w2", 6, 4, DType.I8, -63, 63),
    ),
    (
        ops.Matmul(0, 0),
        ops.Addb(1, 1),
        ops.Relu(2),
        ops.Shr(3, 7),
        ops.Clip8(4),
        ops.Matmul(5, 2),
        ops.Relu(6),
    ),
)


@pytest.fixture
def layers() -> Program:
    rng = random.Random(11)
    return Program(LAYERS, fill_tensors(rng, LAYERS), np.array(fill(rng, 5, 8, -63, 63), np.int8))


def get_products(program: Program) -> list[Int32Array]:
    trace = trace_graph(program.graph, program.tensors, program.inputs)
    return [layer.product.copy() for layer in trace.layers]


def check(
    graph: Graph, tensors: list[IntArray], inputs: Int8Array
) -> tuple[CheckedGraph, list[IntArray], Int8Array]:
    return check_graph(graph), tensors, inputs


@given(programs(), st.binary(max_size=8))
def test_honest_claims_hold(program: Program, seed: bytes) -> None:
    given_ = program.graph, program.tensors, program.inputs
    output = run_graph(*given_)
    assert verify_replay(*check(*given_), output) is None
    assert verify_freivalds(*check(*given_), get_products(program), output, seed) is None


@given(programs(), st.data())
def test_an_altered_output_is_placed(program: Program, data: st.DataObject) -> None:
    given_ = program.graph, program.tensors, program.inputs
    output = run_graph(*given_).copy()
    row = data.draw(st.integers(0, output.shape[0] - 1))
    col = data.draw(st.integers(0, output.shape[1] - 1))
    right = int(output[row, col])
    output[row, col] ^= 1 << data.draw(st.integers(0, 6))
    last = len(program.graph.ops) - 1
    for found in (
        verify_replay(*check(*given_), output),
        verify_freivalds(*check(*given_), get_products(program), output, b"claim"),
    ):
        assert found is not None
        assert (found.op, found.row, found.col) == (last, row, col)
        assert found.what == f"expected {right}, got {output[row, col]}"


@given(programs(), st.data())
def test_an_altered_product_is_placed(program: Program, data: st.DataObject) -> None:
    given_ = program.graph, program.tensors, program.inputs
    products = get_products(program)
    assume(products)
    layer = data.draw(st.integers(0, len(products) - 1))
    row = data.draw(st.integers(0, products[layer].shape[0] - 1))
    products[layer][row, 0] += data.draw(st.sampled_from([-1, 1, 100, -(2**20)]))
    output = run_graph(*given_)
    found = verify_freivalds(*check(*given_), products, output, b"claim")
    assert found is not None
    assert found.op == check_graph(program.graph).matmuls[layer].op
    # Outside the interval of the check it is refused before any row is looked at.
    assert found.row in (row, None)


def test_a_claim_consistent_with_its_own_false_product_fails(layers: Program) -> None:
    # All that follows from the wrong accumulator is computed honestly: only the product tells.
    products = get_products(layers)
    products[0][3, 2] += 512
    hidden = np.maximum(products[0] + layers.tensors[1], 0) >> 7
    clipped = np.clip(hidden, -63, 63).astype(np.int8)
    products[1] = (clipped.astype(np.int32) @ layers.tensors[2].astype(np.int32)).astype(np.int32)
    output = np.maximum(products[1], 0)
    found = verify_freivalds(
        check_graph(LAYERS), layers.tensors, layers.inputs, products, output, b"claim"
    )
    assert found is not None
    assert (found.op, found.row) == (0, 3)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_products_is_no_claim(layers: Program, count: int) -> None:
    products = [*get_products(layers), np.zeros((5, 4), np.int32)][:count]
    given_ = layers.graph, layers.tensors, layers.inputs
    found = verify_freivalds(*check(*given_), products, run_graph(*given_), b"claim")
    assert found is not None
    assert found.what == f"expected 2 products, got {count}"


def test_an_output_of_another_shape_or_dtype_is_wrong(layers: Program) -> None:
    given_ = layers.graph, layers.tensors, layers.inputs
    output = run_graph(*given_)
    for wrong in (output[:4], output[:, :3], output.astype(np.int64), output.reshape(4, 5)):
        found = verify_replay(*check(*given_), wrong)
        assert found is not None
        assert found.what.startswith("expected int32[5, 4], got")


def test_bad_inputs_are_no_fault_of_the_claim(layers: Program) -> None:
    inputs = layers.inputs.copy()
    inputs[0, 0] = 64
    output = run_graph(layers.graph, layers.tensors, layers.inputs)
    with pytest.raises(GraphError, match="inputs within"):
        verify_replay(check_graph(layers.graph), layers.tensors, inputs, output)
    with pytest.raises(GraphError, match="inputs within"):
        verify_freivalds(check_graph(layers.graph), layers.tensors, inputs, [], output, b"")


def test_the_largest_claims() -> None:
    checked = check_graph(LAYERS)
    assert checked.macs == 8 * 6 + 6 * 4
    rows = min(REPLAY_MACS_MAX // checked.macs, CELLS_MAX // checked.work)
    ensure_replayable(checked, rows)
    with pytest.raises(ClaimTooLarge, match="at most"):
        ensure_replayable(checked, rows + 1)
    weights = 8 * 6 + 6 * 4
    rows = (CELLS_MAX - weights) // checked.work
    ensure_checkable(checked, rows)
    with pytest.raises(ClaimTooLarge, match="integers"):
        ensure_checkable(checked, rows + 1)


def test_a_claim_of_too_many_macs_is_not_replayed() -> None:
    spec = TensorSpec("w", 1000, 1000, DType.I8, 0, 0)
    graph = Graph(InputSpec(1000, 0, 0), (spec,), (ops.Matmul(0, 0),))
    tensors = [np.zeros((1000, 1000), np.int8)]
    inputs, output = np.zeros((51, 1000), np.int8), np.zeros((51, 1000), np.int32)
    with pytest.raises(ClaimTooLarge, match="at most 50000000 MACs, got 51000000"):
        verify_replay(check_graph(graph), tensors, inputs, output)
    assert verify_replay(check_graph(graph), tensors, inputs[:50], output[:50]) is None
    assert verify_freivalds(check_graph(graph), tensors, inputs, [output], output, b"") is None
