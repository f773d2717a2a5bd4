"""A trained model from the output of a training's last segment, as any node computes it."""

import numpy as np

from runtime.programs import Sgd
from runtime.programs.sgd import to_operand
from runtime.tensor import Graph, InputSpec, TensorSpec
from runtime.tensor.ops import Addb, Clip8, Matmul, Relu, Shr
from runtime.tensor.value import OPERAND_MAX, DType, Int8Array, IntArray


def export_model(program: Sgd, output: bytes) -> tuple[Graph, tuple[IntArray, ...]]:
    """The graph of scores, and its tensors: whole parts of the weights. `ProgramError`."""
    weights = program.load_weights(output)
    tensors = [*_split(to_operand(weights.first))]
    ops: list[Matmul | Addb | Shr | Relu | Clip8] = [Matmul(0, 0), Addb(1, 1)]
    if weights.second is not None:
        tensors += _split(to_operand(weights.second))
        ops += [Shr(2, program.shift), Relu(3), Clip8(4), Matmul(5, 2), Addb(6, 3)]
    names = ("w1", "b1", "w2", "b2")[: len(tensors)]
    specs = tuple(_describe(name, tensor) for name, tensor in zip(names, tensors, strict=True))
    graph = Graph(InputSpec(program.cols, -OPERAND_MAX, OPERAND_MAX), specs, tuple(ops))
    return graph, tuple(tensors)


def _split(weights: Int8Array) -> tuple[IntArray, IntArray]:
    """The weights, and the last row as biases: it multiplied a constant."""
    biases = weights[-1:].astype(np.int32) * OPERAND_MAX
    return np.ascontiguousarray(weights[:-1]), biases


def _describe(name: str, tensor: IntArray) -> TensorSpec:
    rows, cols = tensor.shape
    if tensor.dtype == np.int8:
        return TensorSpec(name, rows, cols, DType.I8, -OPERAND_MAX, OPERAND_MAX)
    return TensorSpec(name, rows, cols, DType.I32, int(tensor.min()), int(tensor.max()))
