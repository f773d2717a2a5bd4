"""The interpreter against the oracle in plain Python integers, and the checks around a run."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.tensor import ops
from runtime.tensor.check import CheckedTensors, check_graph, check_tensors
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import Graph, InputSpec
from runtime.tensor.interpreter import GraphRun, compute_product, run_graph, trace_graph
from runtime.tensor.value import (
    DType,
    IntArray,
    Interval,
    TensorSpec,
    dump_array,
    find_range,
    load_array,
)
from tests.helpers import i8graph_oracle as oracle
from tests.helpers.i8graph_strategies import Program, programs


def finish(program: Program) -> GraphRun:
    run = GraphRun(check_graph(program.graph), program.tensors, program.inputs)
    while run.pending is not None:
        run.resume(compute_product(run.pending.a, run.pending.b))
    return run


def two_layers() -> tuple[Graph, list[IntArray], np.ndarray]:
    rng = np.random.default_rng(7)
    graph = Graph(
        InputSpec(6, -63, 63),
        (
            TensorSpec("w1", 6, 4, DType.I8, -63, 63),
            TensorSpec("b1", 1, 4, DType.I32, -500, 500),
            TensorSpec("w2", 4, 3, DType.I8, -63, 63),
        ),
        (
            ops.Matmul(0, 0),
            ops.Addb(1, 1),
            ops.Relu(2),
            ops.Shr(3, 6),
            ops.Clip8(4),
            ops.Matmul(5, 2),
        ),
    )
    tensors: list[IntArray] = [
        rng.integers(-63, 64, (6, 4), np.int8),
        rng.integers(-500, 501, (1, 4), np.int32),
        rng.integers(-63, 64, (4, 3), np.int8),
    ]
    return graph, tensors, rng.integers(-63, 64, (5, 6), np.int8)


@given(programs())
def test_every_value_equals_the_oracles(program: Program) -> None:
    run = finish(program)
    expected = oracle.evaluate(program.graph, program.tensor_lists, program.input_lists)
    assert [value.tolist() for value in run.values] == expected
    assert run_graph(program.graph, program.tensors, program.inputs).tolist() == expected[-1]


@given(programs())
def test_a_run_computes_the_same_products_itself(program: Program) -> None:
    run = GraphRun(check_graph(program.graph), program.tensors, program.inputs)
    while run.pending is not None:
        run.compute_next()
    for value, given_ in zip(run.values, finish(program).values, strict=True):
        assert np.array_equal(value, given_)
    with pytest.raises(ValueError, match="no product is pending"):
        run.compute_next()


@given(programs())
def test_every_value_is_as_the_check_said(program: Program) -> None:
    run = finish(program)
    rows = len(program.inputs)
    for value, known in zip(run.values, run.checked.values, strict=True):
        assert (value.dtype, value.shape) == (known.dtype.array_dtype, (rows, known.cols))
        assert known.bounds.low <= value.min()
        assert value.max() <= known.bounds.high


@given(programs())
def test_rows_do_not_influence_each_other(program: Program) -> None:
    whole = run_graph(program.graph, program.tensors, program.inputs)
    for i, row in enumerate(program.inputs):
        alone = run_graph(program.graph, program.tensors, row[None])
        assert np.array_equal(alone[0], whole[i])


@pytest.mark.parametrize("inner", [1, 64, 4226, 4227, 2**14])
def test_products_are_exact_at_the_ends_of_the_range(inner: int) -> None:
    # 4227 is the first inner dimension whose sums float32 would not hold
    a = np.full((2, inner), 63, np.int8)
    b = np.full((inner, 3), -63, np.int8)
    b[0, 1], a[1, 0] = 62, 1
    expected = [
        [sum(x * y for x, y in zip(row, col, strict=True)) for col in b.T.tolist()]
        for row in a.tolist()
    ]
    assert compute_product(a, b).tolist() == expected


def test_a_run_waits_for_each_product() -> None:
    graph, tensors, inputs = two_layers()
    run = GraphRun(check_graph(graph), tensors, inputs)
    assert run.pending is not None
    assert (run.pending.op, run.pending.tensor) == (0, 0)
    assert np.array_equal(run.pending.a, inputs)
    with pytest.raises(ValueError, match="waits for the product of op 0"):
        _ = run.output
    run.resume(compute_product(run.pending.a, run.pending.b))
    assert run.pending is not None
    assert (run.pending.op, run.pending.tensor) == (5, 2)
    run.resume(np.zeros((5, 3), np.int32))  # taken as it is: nothing is checked but shape and range
    assert run.pending is None
    assert not run.output.any()
    with pytest.raises(ValueError, match="no product is pending"):
        run.resume(np.zeros((5, 3), np.int32))


def test_the_trace_holds_every_product() -> None:
    graph, tensors, inputs = two_layers()
    trace = trace_graph(graph, tensors, inputs)
    assert [layer.operands.op for layer in trace.layers] == [0, 5]
    for layer in trace.layers:
        exact = layer.operands.a.astype(np.int64) @ layer.operands.b.astype(np.int64)
        assert np.array_equal(layer.product, exact)
        assert layer.operands.a.dtype == np.int8
        assert np.abs(layer.operands.a).max() <= 63
    assert np.array_equal(trace.output, trace.layers[-1].product)


@pytest.mark.parametrize(
    "product, message",
    [
        (np.zeros((5, 3), np.int32), r"op 0 \(Matmul\): expected a product I32\[5, 4\]"),
        (np.zeros((5, 4), np.int64), r"op 0 \(Matmul\): expected a product I32\[5, 4\], got int64"),
        (np.full((5, 4), 6 * 63 * 63 + 1, np.int32), r"op 0 \(Matmul\): expected a product within"),
    ],
)
def test_an_impossible_product_is_refused(product: IntArray, message: str) -> None:
    graph, tensors, inputs = two_layers()
    run = GraphRun(check_graph(graph), tensors, inputs)
    with pytest.raises(GraphError, match=message):
        run.resume(product)  # type: ignore[arg-type]
    assert run.pending is not None


@pytest.mark.parametrize("at, value", [((0, 0), 64), ((4, 5), -64)])
def test_inputs_out_of_range_are_refused(at: tuple[int, int], value: int) -> None:
    graph, tensors, inputs = two_layers()
    inputs[at] = value
    with pytest.raises(GraphError, match="inputs within"):
        run_graph(graph, tensors, inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((0, 6), np.int8),
        np.zeros((5, 7), np.int8),
        np.zeros((5, 6), np.int16),
        np.zeros(6, np.int8),
    ],
)
def test_inputs_of_another_shape_are_refused(inputs: IntArray) -> None:
    graph, tensors, _ = two_layers()
    with pytest.raises(GraphError):
        run_graph(graph, tensors, inputs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "index, tensor, message",
    [
        (0, np.full((6, 4), 64, np.int8), "tensor w1 within"),
        (0, np.zeros((4, 6), np.int8), "tensor w1 I8"),
        (1, np.full((1, 4), -501, np.int32), "tensor b1 within"),
        (1, np.zeros((1, 4), np.int64), "tensor b1 I32"),
    ],
)
def test_tensors_other_than_declared_are_refused(
    index: int, tensor: IntArray, message: str
) -> None:
    graph, tensors, inputs = two_layers()
    tensors[index] = tensor
    with pytest.raises(GraphError, match=message):
        run_graph(graph, tensors, inputs)


def test_tensors_that_were_checked_for_this_graph_are_not_checked_again() -> None:
    graph, tensors, inputs = two_layers()
    checked, other = check_graph(graph), check_graph(replace(graph, ops=graph.ops[:1]))
    wrong = tuple(np.full_like(each, 64) for each in tensors)
    GraphRun(checked, CheckedTensors(checked.graph, wrong), inputs)
    for given_ in (wrong, CheckedTensors(other.graph, wrong)):
        with pytest.raises(GraphError, match="tensor w1 within"):
            GraphRun(checked, given_, inputs)
    with pytest.raises(GraphError, match="tensor w1 within"):
        check_tensors(graph, wrong)
    known = check_tensors(graph, tuple(tensors))
    assert len(known) == len(tensors)
    assert np.array_equal(run_graph(graph, known, inputs), run_graph(graph, tensors, inputs))


def test_tensors_may_be_a_mapping_by_index() -> None:
    graph, tensors, inputs = two_layers()
    by_index = dict(enumerate(tensors))
    assert np.array_equal(run_graph(graph, by_index, inputs), run_graph(graph, tensors, inputs))


@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from(DType), st.data())
def test_arrays_survive_their_bytes(
    rows: int, cols: int, dtype: DType, data: st.DataObject
) -> None:
    entries = st.integers(dtype.bounds.low, dtype.bounds.high)
    matrix = data.draw(st.lists(entries, min_size=rows * cols, max_size=rows * cols))
    array = np.array(matrix, dtype.array_dtype).reshape(rows, cols)
    written = dump_array(array)
    assert np.array_equal(load_array(written, dtype, rows, cols), array)
    with pytest.raises(GraphError):
        load_array(written + b"\0", dtype, rows, cols)
    width = dtype.array_dtype.itemsize
    first = int.from_bytes(written[:width], "little", signed=dtype is not DType.U8)
    assert first == matrix[0]


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=24), st.booleans(), st.integers(1, 3))
def test_the_range_is_that_of_all_entries_however_they_lie(
    entries: list[int], is_turned: bool, step: int
) -> None:
    array = np.array(entries, np.int8).reshape(-1, 1) - np.zeros((1, 3), np.int8)
    seen = (array.T if is_turned else array)[::step]
    listed = [int(each) for each in seen.ravel()]
    assert find_range(seen) == Interval(min(listed), max(listed))
