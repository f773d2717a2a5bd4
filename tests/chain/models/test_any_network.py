"""Any network of small layers becomes a graph that passes the check and stays near the floats."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.models.calibrate import compute_cosine
from chain.models.layers import (
    CURVES,
    AddBias,
    Conv,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    LargestOf,
    Layer,
    MeanOf,
    Normalise,
    Product,
    Rectify,
    Reorder,
    Shares,
    Sum,
)
from chain.models.quantise import quantise, quantise_rows
from runtime.tensor import run_graph
from runtime.tensor.ops import Image, Window
from tests.helpers import i8graph_oracle as oracle

ROWS, SIDE = 24, 4
IMAGE = Image(SIDE, SIDE, 2)
COLS = IMAGE.size


class Grower:
    """Adds random layers, each to a value of as many columns as the input has."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.layers: list[Layer] = []
        self.whole = [0]
        """The values of so many columns."""

    def draw(self, *shape: int, deviation: float = 1.0) -> FloatArray:
        return self.numbers.normal(0, deviation, shape).astype(np.float32)

    def grow(self) -> None:
        source = self.random.choice(self.whole)
        self.random.choice(
            (self.dense, self.convolve, self.pool, self.bend, self.sum, self.norm, self.attend)
        )(source)
        self.whole.append(len(self.layers))

    def add(self, layer: Layer) -> int:
        self.layers.append(layer)
        return len(self.layers)

    def dense(self, source: int) -> None:
        positions = self.random.choice((1, 2, 8))
        width = COLS // positions
        product = self.add(Dense(source, self.draw(width, width, deviation=width**-0.5), positions))
        if self.random.random() < 0.7:
            self.add(AddBias(product, self.draw(width)))

    def convolve(self, source: int) -> None:
        weights = self.draw(18, 2, deviation=0.25)
        self.add(Conv(source, IMAGE, Window(3, 3), (1, 1), weights))

    def pool(self, source: int) -> None:
        """A pool, and a layer that makes as many columns again."""
        kind = self.random.choice((LargestOf, MeanOf))
        pooled = self.add(kind(source, IMAGE, Window(2, 2, 2, 2)))
        self.add(Dense(pooled, self.draw(COLS // 4, COLS, deviation=0.3)))

    def bend(self, source: int) -> None:
        name = self.random.choice(sorted(CURVES))
        self.add(self.random.choice((Rectify(source), Curve(source, name))))

    def sum(self, source: int) -> None:
        self.add(Sum(source, self.random.choice(self.whole)))

    def norm(self, source: int) -> None:
        width = self.random.choice((8, 16))
        gain, bias = self.draw(width), self.draw(width)
        self.add(Normalise(source, COLS // width, gain, bias))

    def attend(self, source: int) -> None:
        turned = self.add(Reorder(source, Image(2, 4, 4), (0, 2, 1)))
        scores = self.add(Product(source, turned, 2, 4, 4, 0.5))
        shares = self.add(Shares(scores, 8))
        self.add(Product(shares, source, 2, 4, 4))


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 7), st.booleans())
def test_any_network_runs_in_integers(seed: int, count: int, per_channel: bool) -> None:
    grower = Grower(seed)
    for _ in range(count):
        grower.grow()
    model, rows = FloatModel(COLS, tuple(grower.layers)), grower.draw(ROWS, COLS)
    quantised = quantise(model, rows, per_channel=per_channel)
    graph, inputs = quantised.checked.graph, quantise_rows(rows, quantised.input_scale)
    found = run_graph(graph, quantised.tensors, inputs)
    tensors = [tensor.tolist() for tensor in quantised.tensors]
    assert found[:2].tolist() == oracle.evaluate(graph, tensors, inputs[:2].tolist())[-1]
    exact = model.run(rows)[-1]
    if np.abs(exact).max() > 0:
        assert compute_cosine(found * quantised.output_scale, exact) > 0.8
