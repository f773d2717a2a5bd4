"""Integer tensors: matrix commitments, the i8graph and its interpreter, the checks of claims."""

from runtime.tensor.check import (
    CheckedGraph,
    CheckedTensors,
    check_graph,
    check_tensors,
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
    "CheckedTensors",
    "ClaimTooLarge",
    "DType",
    "Graph",
    "GraphError",
    "GraphRun",
    "InputSpec",
    "TensorSpec",
    "check_graph",
    "check_tensors",
    "load_graph",
    "decode_graph",
    "encode_graph",
    "ensure_inputs",
    "ensure_tensors",
    "run_graph",
    "trace_graph",
]
