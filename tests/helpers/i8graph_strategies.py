"""Hypothesis strategies: graphs that pass the check, with tensors and inputs that fit them."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from runtime.tensor import ops
from runtime.tensor.check import check_graph
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import Graph, InputSpec
from runtime.tensor.value import OPERAND, DType, Int8Array, IntArray, TensorSpec, ValueType
from tests.helpers.i8graph_oracle import Matrix

COLS_MAX = 96
OPS_MAX = 10
ROWS_MAX = 3

Types = tuple[ValueType, ...]


@dataclass(frozen=True)
class Program:
    """A checked graph with what it runs on, as arrays and as lists."""

    graph: Graph
    tensors: list[IntArray]
    inputs: Int8Array

    @property
    def tensor_lists(self) -> list[Matrix]:
        return [tensor.tolist() for tensor in self.tensors]

    @property
    def input_lists(self) -> Matrix:
        rows: Matrix = self.inputs.tolist()
        return rows


def fill(rng: random.Random, rows: int, cols: int, low: int, high: int) -> Matrix:
    """Entries in the range, its ends often among them."""
    return [
        [rng.choice((low, high, rng.randint(low, high))) for _ in range(cols)] for _ in range(rows)
    ]


def fill_tensors(rng: random.Random, graph: Graph) -> list[IntArray]:
    """Content for each tensor of the graph, in its declared range."""
    return [
        np.array(fill(rng, t.rows, t.cols, t.low, t.high), t.dtype.array_dtype)
        for t in graph.tensors
    ]


class _Builder:
    """A graph in the making; each attempt adds one op that passes the check, or none."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        limit = draw(st.sampled_from([63, 63, 127]))
        self.input = InputSpec(draw(st.integers(1, 12)), *self.draw_bounds(limit))
        self.tensors: list[TensorSpec] = []
        self.ops: list[ops.Op] = []

    def graph(self) -> Graph:
        return Graph(self.input, tuple(self.tensors), tuple(self.ops))

    def try_add(self) -> None:
        types: Types = (ValueType(DType.I8, self.input.cols, self.input.bounds),)
        if self.ops:
            types = check_graph(self.graph()).values
        kept = len(self.tensors)
        op = self.draw(st.sampled_from(_MAKERS))(self, types)
        if op is not None:
            self.ops.append(op)
            try:
                if check_graph(self.graph()).output.cols <= COLS_MAX:
                    return
            except GraphError:
                pass
            self.ops.pop()
        del self.tensors[kept:]

    def draw_source(
        self, types: Types, suits: Callable[[ValueType], bool] = lambda _: True
    ) -> int | None:
        """A value that suits; the newest most often, so that graphs become deep."""
        suited = [i for i, value in enumerate(types) if suits(value)]
        return self.draw(st.sampled_from([*suited, suited[-1]])) if suited else None

    def draw_bounds(self, limit: int) -> tuple[int, int]:
        low, high = sorted(self.draw(st.tuples(*[st.integers(-limit, limit)] * 2)))
        return low, high

    def add_tensor(self, rows: int, cols: int, dtype: DType, low: int, high: int) -> int:
        name = f"t{len(self.tensors)}"
        self.tensors.append(TensorSpec(name, rows, cols, dtype, low, high))
        return len(self.tensors) - 1

    def draw_factor(self, cols: int) -> tuple[int, int]:
        factor = self.draw(st.sampled_from([d for d in range(1, cols + 1) if cols % d == 0]))
        return factor, cols // factor

    def draw_image(self, cols: int) -> ops.Image:
        height, rest = self.draw_factor(cols)
        width, channels = self.draw_factor(rest)
        return ops.Image(height, width, channels)

    def draw_window(self, image: ops.Image) -> ops.Window:
        height, width, *strides = self.draw(st.tuples(*[st.integers(1, 3)] * 4))
        return ops.Window(min(height, image.height), min(width, image.width), *strides)


_Maker = Callable[[_Builder, Types], ops.Op | None]


def _matmul(b: _Builder, types: Types) -> ops.Op | None:
    source = b.draw_source(
        types, lambda value: value.dtype is DType.I8 and value.bounds.is_within(OPERAND)
    )
    if source is None:
        return None
    positions, inner = b.draw_factor(types[source].cols)
    tensor = b.add_tensor(inner, b.draw(st.integers(1, 8)), DType.I8, *b.draw_bounds(63))
    return ops.Matmul(source, tensor, positions)


def _addb(b: _Builder, types: Types) -> ops.Op | None:
    source = b.draw_source(types, lambda value: value.dtype is DType.I32)
    if source is None:
        return None
    positions, width = b.draw_factor(types[source].cols)
    limit = b.draw(st.sampled_from([10, 2**20, 2**30]))
    return ops.Addb(source, b.add_tensor(1, width, DType.I32, *b.draw_bounds(limit)), positions)


def _lut(b: _Builder, types: Types) -> ops.Op | None:
    source = b.draw_source(types, lambda value: value.dtype is DType.I8)
    if source is None:
        return None
    return ops.Lut(source, b.add_tensor(1, 256, DType.I8, *b.draw_bounds(127)))


def _gather(b: _Builder, types: Types) -> ops.Op | None:
    source = b.draw_source(types, lambda value: value.bounds.low >= 0 and value.bounds.high < 300)
    if source is None:
        return None
    rows = types[source].bounds.high + 1 + b.draw(st.integers(0, 2))
    dtype = b.draw(st.sampled_from([DType.I8, DType.I32]))
    return ops.Gather(source, b.add_tensor(rows, b.draw(st.integers(1, 3)), dtype, -100, 100))


def _pair(kind: type[ops.Add | ops.Mul8 | ops.Concat]) -> _Maker:
    def make(b: _Builder, types: Types) -> ops.Op | None:
        left = b.draw_source(types)
        assert left is not None
        right = b.draw_source(
            types,
            lambda value: kind is ops.Concat or value.cols == types[left].cols,
        )
        return None if right is None else kind(left, right)

    return make


def _of_one(make: Callable[[_Builder, int, ValueType], ops.Op]) -> _Maker:
    def draw(b: _Builder, types: Types) -> ops.Op | None:
        source = b.draw_source(types)
        assert source is not None
        return make(b, source, types[source])

    return draw


def _im2col(b: _Builder, source: int, value: ValueType) -> ops.Op:
    image = b.draw_image(value.cols)
    window = b.draw_window(image)
    pads = (b.draw(st.integers(0, size - 1)) for size in (window.height, window.width))
    return ops.Im2col(source, image, window, *pads)


def _pool(kind: type[ops.PoolMax | ops.PoolSum]) -> _Maker:
    def make(b: _Builder, source: int, value: ValueType) -> ops.Op:
        image = b.draw_image(value.cols)
        return kind(source, image, b.draw_window(image))

    return _of_one(make)


def _transpose(b: _Builder, source: int, value: ValueType) -> ops.Op:
    image = b.draw_image(value.cols)
    return ops.Transpose(source, image, *b.draw(st.permutations([0, 1, 2])))


def _draw_clamp(b: _Builder) -> tuple[int, int, int]:
    low, high = b.draw_bounds(b.draw(st.sampled_from([63, 127, 1000, 2**31 - 1])))
    return b.draw(st.sampled_from([0, 1, 7, 20, 31, 62])), low, high


def _requant(b: _Builder, source: int, value: ValueType) -> ops.Op:
    multiplier = b.draw_bounds(b.draw(st.sampled_from([3, 2**20, 2**31 - 1])))[0]
    return ops.Requant(source, multiplier, *_draw_clamp(b))


def _requantb(b: _Builder, source: int, value: ValueType) -> ops.Op:
    positions, width = b.draw_factor(value.cols)
    limit = b.draw(st.sampled_from([3, 2**20, 2**31 - 1]))
    tensor = b.add_tensor(1, width, DType.I32, *b.draw_bounds(limit))
    return ops.Requantb(source, tensor, positions, *_draw_clamp(b))


def _bmm(b: _Builder, types: Types) -> ops.Op | None:
    def suits(value: ValueType) -> bool:
        return value.dtype is DType.I8 and value.bounds.is_within(OPERAND)

    left, right = b.draw_source(types, suits), b.draw_source(types, suits)
    if left is None or right is None:
        return None
    groups, rest = b.draw_factor(types[left].cols)
    rows, inner = b.draw_factor(rest)
    return ops.Bmm(left, right, groups, rows, inner)


def _softmax(b: _Builder, source: int, value: ValueType) -> ops.Op:
    shares = b.draw(st.sampled_from([1, 63, 255, 2**15]))
    return ops.Softmax(source, b.draw_factor(value.cols)[0], shares)


def _norm(b: _Builder, source: int, value: ValueType) -> ops.Op:
    bits = b.draw(st.sampled_from([0, 4, 10, 24]))
    return ops.Norm(source, b.draw_factor(value.cols)[0], bits)


def _slice(b: _Builder, source: int, value: ValueType) -> ops.Op:
    start = b.draw(st.integers(0, value.cols - 1))
    return ops.Slice(source, start, b.draw(st.integers(start + 1, value.cols)))


_MAKERS: list[_Maker] = [
    _matmul,
    _matmul,
    _addb,
    _of_one(lambda b, source, _: ops.Relu(source)),
    _of_one(lambda b, source, _: ops.Clip8(source)),
    _of_one(lambda b, source, _: ops.Shr(source, b.draw(st.integers(0, 31)))),
    _pair(ops.Add),
    _pair(ops.Mul8),
    _lut,
    _of_one(_im2col),
    _pool(ops.PoolMax),
    _pool(ops.PoolSum),
    _gather,
    _pair(ops.Concat),
    _of_one(_transpose),
    _of_one(_slice),
    _of_one(lambda b, source, _: ops.Isoftmax(source)),
    _of_one(lambda b, source, _: ops.Argmax(source)),
    _of_one(_requant),
    _of_one(_requant),
    _of_one(_requantb),
    _bmm,
    _of_one(_softmax),
    _of_one(_norm),
]


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A random program whose graph passes the check."""
    builder = _Builder(draw)
    for _ in range(draw(st.integers(1, OPS_MAX))):
        builder.try_add()
    if not builder.ops:
        builder.ops.append(ops.Relu(0))
    graph = builder.graph()
    rng = random.Random(draw(st.integers(0, 2**32)))
    spec = graph.input
    rows = fill(rng, draw(st.integers(1, ROWS_MAX)), spec.cols, spec.low, spec.high)
    return Program(graph, fill_tensors(rng, graph), np.array(rows, np.int8))
