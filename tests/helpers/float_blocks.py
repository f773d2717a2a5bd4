"""Networks in floating point for tests and benchmarks: a transformer's block from its weights."""

from collections.abc import Mapping

import numpy as np

from chain.models.layers import (
    AddBias,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    Layer,
    Normalise,
    Product,
    Reorder,
    Shares,
    Sum,
)
from runtime.tensor.ops import Image

MATRICES = ("query", "key", "value", "output", "up", "down")


class BlockBuilder:
    """One block of an encoder: attention, a sum and a norm, two layers with GELU, again both."""

    def __init__(self, weights: Mapping[str, FloatArray], positions: int, heads: int) -> None:
        self.weights, self.positions, self.heads = weights, positions, heads
        self.width = len(weights["query"])
        self.layers: list[Layer] = []

    def add(self, layer: Layer) -> int:
        self.layers.append(layer)
        return len(self.layers)

    def dense(self, source: int, name: str) -> int:
        product = self.add(Dense(source, self.weights[name], self.positions))
        return self.add(AddBias(product, self.weights[f"{name}_bias"]))

    def norm(self, source: int, name: str) -> int:
        gain, bias = self.weights[f"{name}_gain"], self.weights[f"{name}_bias"]
        return self.add(Normalise(source, self.positions, gain, bias))

    def attend(self, source: int) -> int:
        size, heads, inner = self.positions, self.heads, self.width // self.heads
        split = Image(size, heads, inner)
        query = self.add(Reorder(self.dense(source, "query"), split, (1, 0, 2)))
        key = self.add(Reorder(self.dense(source, "key"), split, (1, 2, 0)))
        value = self.add(Reorder(self.dense(source, "value"), split, (1, 0, 2)))
        scores = self.add(Product(query, key, heads, size, inner, inner**-0.5))
        shares = self.add(Shares(scores, heads * size))
        context = self.add(Product(shares, value, heads, size, size))
        return self.add(Reorder(context, Image(heads, size, inner), (1, 0, 2)))

    def build(self) -> FloatModel:
        attended = self.dense(self.attend(0), "output")
        middle = self.norm(self.add(Sum(attended, 0)), "norm_1")
        up = self.add(Curve(self.dense(middle, "up"), "gelu"))
        self.norm(self.add(Sum(self.dense(up, "down"), middle)), "norm_2")
        return FloatModel(self.positions * self.width, tuple(self.layers))


def draw_block(seed: int, positions: int, width: int, heads: int) -> FloatModel:
    """A block with random weights; the inner layer is four times as wide."""
    rng = np.random.default_rng(seed)
    weights: dict[str, FloatArray] = {}
    for name in MATRICES:
        rows = 4 * width if name == "down" else width
        cols = 4 * width if name == "up" else width
        weights[name] = rng.normal(0, rows**-0.5, (rows, cols)).astype(np.float32)
        weights[f"{name}_bias"] = rng.normal(0, 0.1, cols).astype(np.float32)
    for name in ("norm_1", "norm_2"):
        weights[f"{name}_gain"] = rng.normal(1, 0.2, width).astype(np.float32)
        weights[f"{name}_bias"] = rng.normal(0, 0.2, width).astype(np.float32)
    return BlockBuilder(weights, positions, heads).build()
