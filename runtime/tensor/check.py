"""What a graph must satisfy before anything runs it: types, shapes and the ranges of its integers.

The interval analysis uses Python's unbounded integers. A graph that passes cannot leave i32, nor
bring a MATMUL an operand outside [-63, 63], whatever its inputs and tensors, as long as those stay
in their declared ranges; `ensure_inputs` and `ensure_tensors` see to that.
"""

from dataclasses import dataclass
from functools import lru_cache

from runtime.frozen import frozen
from runtime.tensor.errors import GraphError, ensure
from runtime.tensor.graph import Graph, decode_graph, encode_graph
from runtime.tensor.ops import Matmul
from runtime.tensor.value import (
    COLS_MAX,
    DType,
    Int8Array,
    IntArray,
    Tensors,
    TensorSpec,
    Types,
    ValueType,
    ensure_array,
)

REMEMBERED = 256
"""Checked graphs that are kept at hand, at most: each comes of some kilobytes."""


@frozen
class MatmulShape:
    """One MATMUL of a graph: for each sample `positions` rows of k, times tensor[k, n]."""

    op: int
    tensor: int
    positions: int
    k: int
    n: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one sample."""
        return self.positions * self.k * self.n


@frozen
class CheckedGraph:
    """A graph that passed, and what the check found out."""

    graph: Graph
    values: tuple[ValueType, ...]
    """Every value's type: the input, then each op's result."""
    matmuls: tuple[MatmulShape, ...]
    macs: int
    """Multiply-accumulates for one sample."""
    work: int
    """Integers read or written outside the products, for one sample."""
    entries: int
    """Integers in all tensors."""

    @property
    def output(self) -> ValueType:
        """The type of the last value."""
        return self.values[-1]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedTensors:
    """The tensors of a graph, which `check_tensors` has let pass: no run looks at them again."""

    graph: Graph
    arrays: tuple[IntArray, ...]

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int, /) -> IntArray:
        return self.arrays[index]


@lru_cache(maxsize=REMEMBERED)
def load_graph(data: bytes) -> CheckedGraph:
    """The graph of some bytes, checked; the ones used last are remembered.

    Every slot of a job runs the same graph. Errors: `CodecError`, `GraphError`.
    """
    return check_graph(decode_graph(data))


def check_graph(graph: Graph) -> CheckedGraph:
    """What is known of the graph; `GraphError` names the first op that breaks a rule."""
    encode_graph(graph)
    _check_input(graph)
    _check_tensors(graph.tensors)
    ensure(len(graph.ops) > 0, "at least one op", 0)
    values = [ValueType(DType.I8, graph.input.cols, graph.input.bounds)]
    types = Types(values, graph.tensors)
    matmuls: list[MatmulShape] = []
    for index, op in enumerate(graph.ops):
        try:
            value = op.infer(types)
            _check_value(value)
        except GraphError as error:
            raise error.at(index, type(op).__name__) from None
        values.append(value)
        if isinstance(op, Matmul):
            tensor = graph.tensors[op.tensor]
            matmuls.append(MatmulShape(index, op.tensor, op.positions, tensor.rows, tensor.cols))
    return CheckedGraph(
        graph,
        tuple(values),
        tuple(matmuls),
        macs=sum(shape.macs for shape in matmuls),
        work=sum(max(value.cols, value.work) for value in values),
        entries=sum(tensor.rows * tensor.cols for tensor in graph.tensors),
    )


def ensure_inputs(graph: Graph, inputs: Int8Array) -> None:
    """Raises `GraphError` unless the samples are int8[rows, cols] in the declared range."""
    ensure(inputs.ndim == 2 and len(inputs) > 0, "a matrix of at least one sample", inputs.shape)
    shape = (inputs.shape[0], graph.input.cols)
    ensure_array(inputs, DType.I8, shape, graph.input.bounds, "inputs")


def ensure_tensors(graph: Graph, tensors: Tensors) -> None:
    """Raises `GraphError` unless every tensor has its declared shape, dtype and range."""
    for index, spec in enumerate(graph.tensors):
        shape = (spec.rows, spec.cols)
        ensure_array(tensors[index], spec.dtype, shape, spec.bounds, f"tensor {spec.name}")


def check_tensors(graph: Graph, tensors: tuple[IntArray, ...]) -> CheckedTensors:
    """The tensors as runs take them that need not check them; `GraphError` as above."""
    ensure_tensors(graph, tensors)
    return CheckedTensors(graph, tensors)


def _check_input(graph: Graph) -> None:
    cols, bounds = graph.input.cols, graph.input.bounds
    ensure(1 <= cols <= COLS_MAX, f"1 to {COLS_MAX} input columns", cols)
    ensure(bounds.low <= bounds.high, "input bounds in order", bounds)


def _check_tensors(tensors: tuple[TensorSpec, ...]) -> None:
    names = [spec.name for spec in tensors]
    ensure(len(names) == len(set(names)), "tensors of different names", names)
    for spec in tensors:
        shape, what = (spec.rows, spec.cols), f"tensor {spec.name!r}"
        ensure(len(spec.name) > 0, "a name for each tensor", repr(spec.name))
        ensure(min(shape) >= 1 and max(shape) <= COLS_MAX, f"{what} up to {COLS_MAX} wide", shape)
        ensure(spec.dtype is not DType.U8, f"{what} of I8 or I32", spec.dtype.name)
        ensure(spec.low <= spec.high, f"{what} with bounds in order", spec.bounds)
        fits = spec.bounds.is_within(spec.dtype.bounds)
        ensure(fits, f"{what} within {spec.dtype.bounds}", spec.bounds)


def _check_value(value: ValueType) -> None:
    ensure(1 <= value.cols <= COLS_MAX, f"a result of 1 to {COLS_MAX} columns", value.cols)
    limits = value.dtype.bounds
    ensure(value.bounds.is_within(limits), f"a result within {limits}", value.bounds)
