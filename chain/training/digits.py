"""The demonstration model: a 64-32-10 classifier of handwritten digits as an i8graph.

It is trained in floating point and then quantised: weights to [-63, 63], biases to i32, and between
the layers a shift and a clip bring the accumulators back to operands.
"""

from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

import numpy as np

from chain.training.mlp import FloatArray, Mlp, train_mlp
from runtime.tensor import Graph, InputSpec, TensorSpec, run_graph
from runtime.tensor.ops import Addb, Clip8, Matmul, Relu, Shr
from runtime.tensor.value import OPERAND_MAX, DType, Int8Array, IntArray, Tensors

HIDDEN = 32
CLASSES = 10
CLIPPED_SHARE = 0.0005
"""The share of hidden activations that may be clipped so that the others get finer steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Images int8[n, 64] of 8 x 8 pixels in [0, 63], labels int8[n] from 0 to 9."""

    train_images: Int8Array
    train_labels: Int8Array
    test_images: Int8Array
    """Held out: the training never sees them."""
    test_labels: Int8Array


def load_digits() -> Digits:
    """The 1,347 images to train on and the 450 held out, from the package's own data."""
    data = files("chain.training").joinpath("fixtures", "digits.npz").read_bytes()
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        names = ("train_images", "train_labels", "test_images", "test_labels")
        return Digits(*(arrays[name] for name in names))


def train_digits(
    images: Int8Array, labels: Int8Array, seed: int = 0
) -> tuple[Graph, tuple[IntArray, ...]]:
    """The graph and its four tensors; takes a second or two.

    The output is the i32 score of each class. One machine gives the same result for the same
    arguments every time; another may round differently in training.
    """
    return quantise(train_mlp(images / OPERAND_MAX, labels, HIDDEN, CLASSES, seed), images)


def quantise(mlp: Mlp, images: Int8Array) -> tuple[Graph, tuple[IntArray, ...]]:
    """The model in integers; ``images`` serve to find the range of the hidden activations."""
    weights_1, scale_1 = _to_operands(mlp.weights_1)
    weights_2, scale_2 = _to_operands(mlp.weights_2)
    # Accumulators are the float model's times these scales.
    scale_hidden = OPERAND_MAX * scale_1
    bias_1 = _to_i32(mlp.bias_1 * scale_hidden)
    hidden = np.maximum(images.astype(np.int32) @ weights_1.astype(np.int32) + bias_1, 0)
    largest = int(np.quantile(hidden, 1 - CLIPPED_SHARE))
    bits = max(0, largest.bit_length() - OPERAND_MAX.bit_length())
    half = 1 << bits >> 1  # the shift floors; with a half added it rounds
    bias_2 = _to_i32(mlp.bias_2 * (scale_hidden / 2**bits) * scale_2)
    tensors: tuple[IntArray, ...] = (weights_1, (bias_1 + half).astype(np.int32), weights_2, bias_2)
    specs = tuple(
        _describe(name, tensor)
        for name, tensor in zip(("w1", "b1", "w2", "b2"), tensors, strict=True)
    )
    layers = (Matmul(0, 0), Addb(1, 1), Relu(2), Shr(3, bits), Clip8(4), Matmul(5, 2), Addb(6, 3))
    return Graph(InputSpec(images.shape[1], 0, OPERAND_MAX), specs, layers), tensors


def compute_accuracy(graph: Graph, tensors: Tensors, images: Int8Array, labels: Int8Array) -> float:
    """The share of images whose highest score is that of their label."""
    scores = run_graph(graph, tensors, images)
    return float((scores.argmax(axis=1) == labels).mean())


def _to_operands(weights: FloatArray) -> tuple[Int8Array, float]:
    """The weights as operands of a MATMUL, and what they were multiplied by."""
    scale = OPERAND_MAX / float(np.abs(weights).max())
    return np.rint(weights * scale).astype(np.int8), scale


def _to_i32(bias: FloatArray) -> IntArray:
    return np.rint(bias).astype(np.int32).reshape(1, -1)


def _describe(name: str, tensor: IntArray) -> TensorSpec:
    rows, cols = tensor.shape
    if tensor.dtype == np.int8:
        return TensorSpec(name, rows, cols, DType.I8, -OPERAND_MAX, OPERAND_MAX)
    return TensorSpec(name, rows, cols, DType.I32, int(tensor.min()), int(tensor.max()))
