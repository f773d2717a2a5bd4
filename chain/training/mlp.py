"""A perceptron of one hidden layer, trained in floating point by Adam.

Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from runtime.tensor.value import IntArray

FloatArray: TypeAlias = npt.NDArray[np.float64]

EPOCHS = 200
BATCH_ROWS = 64
LEARNING_RATE = 0.003
WEIGHT_DECAY = 0.0005
"""Keeps the largest weight small, and with it the steps of the quantised ones."""
MOMENTUM, SCALING, TINY = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """Scores = relu(x · weights_1 + bias_1) · weights_2 + bias_2."""

    weights_1: FloatArray
    bias_1: FloatArray
    weights_2: FloatArray
    bias_2: FloatArray

    @property
    def parameters(self) -> tuple[FloatArray, ...]:
        """All four arrays, which training changes in place."""
        return self.weights_1, self.bias_1, self.weights_2, self.bias_2

    def compute_scores(self, inputs: FloatArray) -> FloatArray:
        """float64[rows, classes]."""
        return self.compute_hidden(inputs) @ self.weights_2 + self.bias_2

    def compute_hidden(self, inputs: FloatArray) -> FloatArray:
        """float64[rows, hidden], none negative."""
        return np.maximum(inputs @ self.weights_1 + self.bias_1, 0)


def train_mlp(inputs: FloatArray, labels: IntArray, hidden: int, classes: int, seed: int) -> Mlp:
    """The perceptron that tells the labels of ``inputs`` float64[rows, cols] in [0, 1]."""
    rng = np.random.default_rng(seed)
    mlp = Mlp(
        _draw_weights(rng, inputs.shape[1], hidden),
        np.zeros(hidden),
        _draw_weights(rng, hidden, classes),
        np.zeros(classes),
    )
    wanted = np.eye(classes)[labels]
    adam = _Adam(mlp.parameters)
    for epoch in range(EPOCHS):
        rate = LEARNING_RATE * (1 - epoch / EPOCHS)
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), BATCH_ROWS):
            batch = order[start : start + BATCH_ROWS]
            adam.step(_compute_gradients(mlp, inputs[batch], wanted[batch]), rate)
    return mlp


class _Adam:
    """Moves parameters in place, each entry at a pace of its own."""

    def __init__(self, parameters: tuple[FloatArray, ...]) -> None:
        self._parameters = parameters
        self._means = [np.zeros_like(parameter) for parameter in parameters]
        self._squares = [np.zeros_like(parameter) for parameter in parameters]
        self._steps = 0

    def step(self, gradients: tuple[FloatArray, ...], rate: float) -> None:
        """One step against the gradients."""
        self._steps += 1
        for i, gradient in enumerate(gradients):
            self._means[i] += (1 - MOMENTUM) * (gradient - self._means[i])
            self._squares[i] += (1 - SCALING) * (gradient**2 - self._squares[i])
            mean = self._means[i] / (1 - MOMENTUM**self._steps)
            spread = np.sqrt(self._squares[i] / (1 - SCALING**self._steps))
            np.subtract(self._parameters[i], rate * mean / (spread + TINY), out=self._parameters[i])


def _draw_weights(rng: np.random.Generator, rows: int, cols: int) -> FloatArray:
    return rng.normal(0, np.sqrt(2 / rows), (rows, cols))


def _compute_gradients(mlp: Mlp, inputs: FloatArray, wanted: FloatArray) -> tuple[FloatArray, ...]:
    """Of the mean cross entropy, in the order of `Mlp.parameters`."""
    hidden = mlp.compute_hidden(inputs)
    scores = hidden @ mlp.weights_2 + mlp.bias_2
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    error = (shares - wanted) / len(inputs)
    back = (error @ mlp.weights_2.T) * (hidden > 0)
    return (
        inputs.T @ back + WEIGHT_DECAY * mlp.weights_1,
        back.sum(axis=0),
        hidden.T @ error + WEIGHT_DECAY * mlp.weights_2,
        error.sum(axis=0),
    )
