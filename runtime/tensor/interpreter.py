"""The reference interpreter: a checked graph on a matrix of samples, in exact integers.

A run stops at each MATMUL until it is given the product: `run_graph` computes it at once, a
provider has it mined, a verifier takes it from a claim.
"""

from dataclasses import dataclass

import numpy as np

from runtime.tensor.check import (
    CheckedGraph,
    CheckedTensors,
    check_graph,
    ensure_inputs,
    ensure_tensors,
)
from runtime.tensor.errors import GraphError
from runtime.tensor.graph import Graph
from runtime.tensor.ops import Matmul
from runtime.tensor.product import compute_products
from runtime.tensor.value import (
    Arrays,
    DType,
    Int8Array,
    Int32Array,
    IntArray,
    Tensors,
    ensure_array,
)


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """The two factors of one MATMUL of a run."""

    op: int
    """The index of the MATMUL among the graph's ops."""
    tensor: int
    a: Int8Array
    """int8[rows * positions, k]"""
    b: Int8Array
    """int8[k, n]: the tensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One MATMUL of a finished run."""

    operands: Operands
    product: Int32Array
    """int32[rows * positions, n]"""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A finished run: its output and every MATMUL on the way."""

    output: IntArray
    layers: tuple[Layer, ...]


class GraphRun:
    """One run of a graph, which waits at each MATMUL in `pending` for `resume`.

    ``inputs`` is int8[rows, cols]. Creating it runs all up to the first MATMUL; `GraphError` if a
    tensor or the inputs are not as the graph declares them.
    """

    def __init__(self, checked: CheckedGraph, tensors: Tensors, inputs: Int8Array) -> None:
        is_checked = isinstance(tensors, CheckedTensors) and tensors.graph is checked.graph
        if not is_checked:
            ensure_tensors(checked.graph, tensors)
        ensure_inputs(checked.graph, inputs)
        self.checked = checked
        self.values: list[IntArray] = [inputs]
        """What is computed so far: the input, then each op's result, all of [rows, cols]."""
        self.pending: Operands | None = None
        """The factors of the product that the run waits for; None once it is finished."""
        self._arrays = Arrays(self.values, tensors)
        self._advance()

    @property
    def output(self) -> IntArray:
        """The last value; only a finished run has one."""
        if self.pending is not None:
            raise ValueError(f"the run waits for the product of op {self.pending.op}")
        return self.values[-1]

    def resume(self, product: Int32Array) -> None:
        """Goes on with the pending MATMUL's product, up to the next one or the end.

        `GraphError` if the product has another shape or leaves the range that the check found for
        it; whether it is the right one is not checked here.
        """
        if self.pending is None:
            raise ValueError("the run is finished: no product is pending")
        op = self.pending.op
        shape = (self.pending.a.shape[0], self.pending.b.shape[1])
        try:
            ensure_array(product, DType.I32, shape, self.checked.values[op + 1].bounds, "a product")
        except GraphError as error:
            raise error.at(op, Matmul.__name__) from None
        self._append(op, product)

    def compute_next(self) -> None:
        """Goes on with the pending MATMUL's own product: the check has shown its range."""
        if self.pending is None:
            raise ValueError("the run is finished: no product is pending")
        self._append(self.pending.op, compute_product(self.pending.a, self.pending.b))

    def _append(self, op: int, product: Int32Array) -> None:
        rows, cols = self.values[0].shape[0], self.checked.values[op + 1].cols
        self.values.append(product.reshape(rows, cols))
        self._advance()

    def _advance(self) -> None:
        self.pending = None
        ops = self.checked.graph.ops
        while len(self.values) <= len(ops):
            index = len(self.values) - 1
            op = ops[index]
            if isinstance(op, Matmul):
                b = self._arrays.tensors[op.tensor].astype(np.int8, copy=False)
                self.pending = Operands(index, op.tensor, op.get_operand(self._arrays), b)
                return
            self.values.append(op.run(self._arrays))


def compute_product(a: Int8Array, b: Int8Array) -> Int32Array:
    """The exact int32[m, n] product of two int8 matrices in [-63, 63]; k at most `INNER_MAX`."""
    return compute_products(a, b)


def trace_graph(graph: Graph, tensors: Tensors, inputs: Int8Array) -> Trace:
    """The whole run, each product computed here."""
    run = GraphRun(check_graph(graph), tensors, inputs)
    layers: list[Layer] = []
    while run.pending is not None:
        layer = Layer(run.pending, compute_product(run.pending.a, run.pending.b))
        layers.append(layer)
        run.resume(layer.product)
    return Trace(run.output, tuple(layers))


def run_graph(graph: Graph, tensors: Tensors, inputs: Int8Array) -> IntArray:
    """The output: [rows, cols] of the output's dtype; ``inputs`` is int8[rows, cols]."""
    return trace_graph(graph, tensors, inputs).output
