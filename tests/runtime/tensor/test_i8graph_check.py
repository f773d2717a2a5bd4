"""The check: what it refuses and why, what it accepts to the last unit, what it reports."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.tensor import ops
from runtime.tensor.check import MatmulShape, check_graph
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import Graph, InputSpec, encode_graph
from runtime.tensor.value import DType, Interval, TensorSpec
from tests.helpers.i8graph_oracle import norm, requant
from tests.helpers.i8graph_refusals import REFUSALS, WEIGHTS, model

numbers = st.integers(-(2**40), 2**40)
intervals = st.tuples(numbers, numbers).map(lambda pair: Interval(min(pair), max(pair)))


def draw_inside(data: st.DataObject, interval: Interval) -> int:
    return data.draw(
        st.one_of(
            st.sampled_from([interval.low, interval.high]),
            st.integers(interval.low, interval.high),
        )
    )


@pytest.mark.parametrize("name", REFUSALS)
def test_the_check_refuses(name: str) -> None:
    refusal = REFUSALS[name]
    with pytest.raises(GraphError, match=refusal.message) as caught:
        check_graph(refusal.graph)
    assert caught.value.op == refusal.op
    if refusal.op is not None:
        kind = type(refusal.graph.ops[refusal.op]).__name__
        assert str(caught.value).startswith(f"op {refusal.op} ({kind}): expected ")


def test_a_graph_of_more_bytes_than_a_record_holds_is_refused() -> None:
    many = model(*[ops.Relu(i) for i in range(512)])
    assert check_graph(many).output.cols == 12
    names = tuple(TensorSpec(f"{i:032}", 1, 1, DType.I8, 0, 0) for i in range(128))
    with pytest.raises(GraphError, match="at most 4096 bytes"):
        check_graph(replace(many, tensors=names))


def test_what_the_check_reports() -> None:
    padded = ops.Im2col(0, ops.Image(2, 3, 2), ops.Window(2, 2), 1, 1)
    kernel = TensorSpec("kernel", 8, 5, DType.I8, -3, 2)
    graph = Graph(
        InputSpec(12, 1, 10),
        (kernel, WEIGHTS),
        (padded, ops.Matmul(1, 0, 12), ops.PoolSum(2, ops.Image(3, 4, 5), ops.Window(3, 4))),
    )
    checked = check_graph(graph)
    assert [(v.dtype, v.cols, v.bounds) for v in checked.values] == [
        (DType.I8, 12, Interval(1, 10)),
        (DType.I8, 96, Interval(0, 10)),
        (DType.I32, 60, Interval(-240, 160)),
        (DType.I32, 5, Interval(-2880, 1920)),
    ]
    assert checked.matmuls == (MatmulShape(op=1, tensor=0, positions=12, k=8, n=5),)
    assert checked.macs == 12 * 8 * 5
    assert checked.work == 12 + 96 + 96 + 60


@pytest.mark.parametrize(
    "high, passes", [(2**31 - 1 - 12 * 63 * 63, True), (2**31 - 12 * 63 * 63, False)]
)
def test_the_last_bias_that_fits_i32(high: int, passes: bool) -> None:
    bias = TensorSpec("b", 1, 4, DType.I32, -5, high)
    graph = model(ops.Matmul(0, 0), ops.Addb(1, 1), tensors=(WEIGHTS, bias))
    if passes:
        assert check_graph(graph).output.bounds.high == 2**31 - 1
    else:
        with pytest.raises(GraphError, match=r"op 1 \(Addb\)"):
            check_graph(graph)


@given(intervals, intervals, st.integers(1, 2**20), st.data())
def test_intervals_hold_what_their_members_make(
    left: Interval, right: Interval, count: int, data: st.DataObject
) -> None:
    x, y = draw_inside(data, left), draw_inside(data, right)
    results = {
        "sum": (left + right, x + y),
        "product": (left * right, x * y),
        "repeated": (left.compute_sum(count), x * count),
        "hull": (left.compute_hull(right), y),
        "clamped": (left.clamp(-63, 63), min(max(x, -63), 63)),
    }
    for name, (interval, member) in results.items():
        assert interval.low <= member <= interval.high, name


@given(intervals, intervals)
def test_intervals_are_no_wider_than_needed(left: Interval, right: Interval) -> None:
    ends = [(x, y) for x in (left.low, left.high) for y in (right.low, right.high)]
    products, sums = [x * y for x, y in ends], [x + y for x, y in ends]
    assert left * right == Interval(min(products), max(products))
    assert left + right == Interval(min(sums), max(sums))


def test_a_good_graph_encodes_within_a_record() -> None:
    assert len(encode_graph(model(ops.Relu(0)))) < 100


@given(
    st.integers(-(2**31), 2**31 - 1), st.integers(0, 62), st.integers(-128, 127), st.integers(0, 99)
)
def test_the_range_of_a_requant_is_reached_at_its_ends(
    multiplier: int, bits: int, low: int, width: int
) -> None:
    high = min(low + width, 127)
    wide = (-(2**31), 2**31 - 1)
    graph = Graph(InputSpec(1, low, high), (), (ops.Requant(0, multiplier, bits, *wide),))
    ends = [requant(end, multiplier, bits, *wide) for end in (low, high)]
    assert check_graph(graph).output.bounds == Interval(min(ends), max(ends))


@pytest.mark.parametrize("width", [1, 2, 3, 5, 17, 64])
def test_no_row_makes_a_norm_leave_its_range(width: int) -> None:
    """Rows of one outlier, of nearly equal integers, and of halves are the extreme ones."""
    graph = Graph(InputSpec(width, -128, 127), (), (ops.Norm(0, 1, 10),))
    bounds, largest = check_graph(graph).output.bounds, 0
    for x, y in ((-128, 127), (0, 1), (0, -1), (0, 2), (-1, 1), (5, 5), (126, 127)):
        for count in range(width + 1):
            entries = norm([x] * count + [y] * (width - count), 10)
            assert bounds.low <= min(entries)
            assert max(entries) <= bounds.high
            largest = max(largest, *map(abs, entries))
    assert width == 1 or bounds.high <= 4 * largest
