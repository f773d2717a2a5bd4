"""Integer tensors: matrix commitments, the i8graph and its interpreter, the checks of claims."""

from runtime.tensor.check import (
    CheckedGraph,
    check_graph,
    ensure_inputs,
    ensure_tensors,
    load_graph,
)
from runtime.tensor.errors import ClaimTooLarge, GraphError
from runtime.tensor.graph import Graph, InputSpec, decode_graph, encode_graph
from runtime.tensor.interpreter import GraphRun, run_graph, trace_graph
from runtime.tensor.value import DType, TensorSpec

__all__ = [
    "CheckedGraph",
    "ClaimTooLarge",
    "DType",
    "Graph",
    "GraphError",
    "GraphRun",
    "InputSpec",
    "TensorSpec",
    "check_graph",
    "load_graph",
    "decode_graph",
    "encode_graph",
    "ensure_inputs",
    "ensure_tensors",
    "run_graph",
    "trace_graph",
]
