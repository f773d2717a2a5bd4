"""Graphs as bytes: what is written is read, and nothing that is read brings a node down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import CodecError
from runtime.tensor import ops
from runtime.tensor.check import check_graph
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import GRAPH_BYTES_MAX, Graph, decode_graph, encode_graph
from runtime.tensor.value import DType
from tests.helpers.i8graph_refusals import model
from tests.helpers.i8graph_strategies import Program, programs


def check_bytes(data: bytes) -> Graph | None:
    """The graph if it decodes and passes; no other errors are expected than these two."""
    try:
        graph = decode_graph(data)
        check_graph(graph)
    except (CodecError, GraphError):
        return None
    return graph


@given(programs())
def test_a_graph_survives_its_bytes(program: Program) -> None:
    data = encode_graph(program.graph)
    assert decode_graph(data) == program.graph
    assert encode_graph(decode_graph(data)) == data


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_read(data: bytes) -> None:
    graph = check_bytes(data)
    assert graph is None or encode_graph(graph) == data


@given(programs(), st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), min_size=1))
def test_altered_graphs_are_refused_or_read(
    program: Program, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(encode_graph(program.graph))
    for at, flip in changes:
        data[at % len(data)] ^= flip
    graph = check_bytes(bytes(data))
    assert graph is None or encode_graph(graph) == data


@given(programs(), st.data())
def test_a_graph_cut_short_or_made_longer_is_refused(program: Program, data: st.DataObject) -> None:
    good = encode_graph(program.graph)
    cut = data.draw(st.integers(0, len(good) - 1))
    for wrong in (good[:cut], good + b"\0"):
        with pytest.raises(CodecError):
            decode_graph(wrong)


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(CodecError, match="at most 4096 bytes, got 4097"):
        decode_graph(bytes(GRAPH_BYTES_MAX + 1))


@pytest.mark.parametrize("index", [17, 100, 255])
def test_an_unknown_op_is_refused(index: int) -> None:
    data = bytearray(encode_graph(model(ops.Relu(0), tensors=())))
    assert data[-2] == 2
    data[-2] = index
    with pytest.raises(CodecError):
        decode_graph(bytes(data))


def test_indices_that_are_frozen() -> None:
    # A registered graph must mean the same for ever.
    names = "Matmul Addb Relu Clip8 Shr Add Mul8 Lut Im2col PoolMax PoolSum Gather Concat Transpose"
    kinds = [getattr(ops, name) for name in [*names.split(), "Slice", "Isoftmax", "Argmax"]]
    assert [kind.SCALE_INDEX for kind in kinds] == list(range(17))
    assert [dtype.name for dtype in DType] == ["I8", "I32", "U8"]
