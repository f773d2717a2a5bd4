"""Networks in integers: how close they come, and what is refused before anything runs."""

from pathlib import Path

import numpy as np
import pytest

from chain.models.calibrate import calibrate, compute_cosine
from chain.models.errors import BadNumbers, BadShape, DoesNotFit
from chain.models.layers import (
    AddBias,
    Curve,
    Dense,
    FloatArray,
    FloatModel,
    Layer,
    Normalise,
    Rectify,
    Shares,
    Sum,
)
from chain.models.onnx_file import load_onnx
from chain.models.onnx_import import import_onnx
from chain.models.quantise import Quantised, quantise, quantise_rows
from chain.training.digits import Digits, load_digits
from chain.training.mlp import train_mlp
from runtime.tensor import ops, run_graph
from runtime.tensor.replay import verify_replay
from runtime.tensor.value import OPERAND
from tests.helpers import i8graph_oracle as oracle
from tests.helpers.float_blocks import draw_block

ONNX = Path(__file__).parents[2] / "fixtures" / "onnx"


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


def scale(images: np.ndarray) -> FloatArray:
    return (images / 63).astype(np.float32)


def run(model: Quantised, rows: FloatArray) -> FloatArray:
    inputs = quantise_rows(rows, model.input_scale).astype(np.int8)
    output = run_graph(model.checked.graph, model.tensors, inputs)
    return (output * model.output_scale).astype(np.float32)


def draw(seed: int, *shape: int) -> FloatArray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("network", ["mlp", "lenet", "sklearn"])
def test_digits_are_told_as_well_as_before(digits: Digits, network: str, per_channel: bool) -> None:
    if network == "mlp":
        mlp = train_mlp(digits.train_images / 63, digits.train_labels, 32, 10, seed=0)
        first, last = mlp.weights_1.astype(np.float32), mlp.weights_2.astype(np.float32)
        biases = (mlp.bias_1.astype(np.float32), mlp.bias_2.astype(np.float32))
        layers = (Dense(0, first), AddBias(1, biases[0]), Rectify(2), Dense(3, last))
        model = FloatModel(64, (*layers, AddBias(4, biases[1])))
    elif network == "lenet":
        model = import_onnx(load_onnx(ONNX / "lenet.onnx"))
    else:
        model = import_onnx(load_onnx(ONNX / "sklearn_mlp.onnx"), "probabilities")
    rows, labels = scale(digits.test_images), digits.test_labels
    quantised = quantise(model, scale(digits.train_images), per_channel=per_channel)
    in_floats, in_integers = model.run(rows)[-1], run(quantised, rows)
    before = float((in_floats.argmax(axis=1) == labels).mean())
    after = float((in_integers.argmax(axis=1) == labels).mean())
    assert before >= 0.965
    assert after >= before - 0.006
    assert compute_cosine(in_integers, in_floats) > 0.998


def test_a_transformers_block_runs_in_integers() -> None:
    model, rows = draw_block(seed=1, positions=8, width=32, heads=4), draw(2, 48, 8 * 32)
    quantised = quantise(model, rows[:32], per_channel=True)
    assert compute_cosine(run(quantised, rows[32:]), model.run(rows[32:])[-1]) > 0.998
    names = {type(op).__name__ for op in quantised.checked.graph.ops}
    assert names >= {"Bmm", "Softmax", "Norm", "Lut", "Requantb", "Matmul", "Transpose"}
    assert len(quantised.checked.matmuls) == 6


def test_a_block_is_replayed_and_equals_the_oracle() -> None:
    model, rows = draw_block(seed=3, positions=3, width=8, heads=2), draw(4, 16, 24)
    quantised = quantise(model, rows, per_channel=True)
    checked, inputs = quantised.checked, quantise_rows(rows, quantised.input_scale)
    output = run_graph(checked.graph, quantised.tensors, inputs.astype(np.int8))
    tensors = [tensor.tolist() for tensor in quantised.tensors]
    assert output[:2].tolist() == oracle.evaluate(checked.graph, tensors, inputs[:2].tolist())[-1]
    assert verify_replay(checked, quantised.tensors, inputs.astype(np.int8), output) is None
    output[5, 7] += 1
    found = verify_replay(checked, quantised.tensors, inputs.astype(np.int8), output)
    assert found is not None
    assert (found.row, found.col) == (5, 7)


def test_channels_of_very_different_size_need_scales_of_their_own() -> None:
    weights = draw(5, 16, 4) * np.array([1, 0.1, 0.01, 0.001], np.float32)
    model, rows = FloatModel(16, (Dense(0, weights),)), draw(6, 200, 16)

    def find_reach(*, per_channel: bool) -> list[int]:
        """The largest integer weight of each column."""
        reach: list[int] = (
            np.abs(quantise(model, rows, per_channel=per_channel).tensors[0]).max(axis=0).tolist()
        )
        return reach

    assert find_reach(per_channel=True) == [63] * 4
    assert find_reach(per_channel=False)[2:] == [1, 0]


def test_columns_that_reach_far_do_not_blur_the_others() -> None:
    """One column in eight is fifty times as large, as after a transformer's norms."""
    weights = draw(20, 16, 16)
    gain = np.where(np.arange(16) % 8 == 0, 50, 1).astype(np.float32)
    weights /= gain[:, None]
    spread = Normalise(0, 1, gain, np.zeros(16, np.float32))
    model, rows = FloatModel(16, (spread, Dense(1, weights))), draw(21, 200, 16)
    exact = model.run(rows)[-1]
    by_tensor, by_channel = (
        compute_cosine(run(quantise(model, rows, per_channel=each), rows), exact)
        for each in (False, True)
    )
    assert by_tensor < 0.95
    assert by_channel > 0.995


def test_a_dead_column_with_a_bias_does_no_harm() -> None:
    weights = draw(7, 8, 3)
    weights[:, 1] = 1e-36
    weights[:, 2] = 0
    bias = np.array([0.1, 2.0, -3.0], np.float32)
    model, rows = FloatModel(8, (Dense(0, weights), AddBias(1, bias))), draw(8, 64, 8)
    found = run(quantise(model, rows, per_channel=True), rows)
    assert np.allclose(found[:, 1:], [2.0, -3.0], atol=0.01)


@pytest.mark.parametrize("name", ["gelu", "tanh", "sigmoid"])
def test_a_curve_is_a_table(name: str) -> None:
    model, rows = FloatModel(6, (Curve(0, name),)), draw(9, 300, 6)
    quantised = quantise(model, rows)
    exact = model.run(rows)[-1]
    assert np.abs(run(quantised, rows) - exact).max() < 0.06
    assert sum(isinstance(op, ops.Lut) for op in quantised.checked.graph.ops) == 1


def test_numbers_beyond_the_calibrated_reach_are_clipped() -> None:
    inputs = quantise_rows(np.array([[1e9, -1e9, 0.26, 0.24]], np.float32), 0.5)
    assert inputs.tolist() == [[63, -63, 1, 0]]
    model, rows = FloatModel(4, (Dense(0, draw(10, 4, 4)),)), draw(11, 50, 4)
    quantised = quantise(model, rows)
    assert quantised.checked.graph.input.bounds == OPERAND
    assert np.isfinite(run(quantised, rows * 1e6)).all()


def test_the_reach_of_zeros_is_one() -> None:
    model = FloatModel(3, (Dense(0, np.zeros((3, 2), np.float32)),))
    zeros = np.zeros((5, 3), np.float32)
    assert [reach.largest for reach in calibrate(model, zeros).reaches] == [1, 1]
    assert not run(quantise(model, zeros, per_channel=True), zeros).any()


NAN = np.full((4, 2), np.nan, np.float32)


@pytest.mark.parametrize(
    "layer", [Dense(0, NAN), AddBias(0, NAN[:, 0]), Normalise(0, 1, NAN[:, 0], NAN[:, 0])]
)
def test_weights_that_are_no_numbers_are_refused(layer: Layer) -> None:
    with pytest.raises(BadNumbers, match=r"layer 0 \(\w+\): expected finite weights"):
        quantise(FloatModel(4, (layer,)), draw(1, 5, 4))


@pytest.mark.parametrize(
    "rows, error, message",
    [
        (draw(1, 5, 3), BadShape, r"rows of 4 numbers, got \[5, 3\]"),
        (draw(1, 0, 4), BadShape, r"rows of 4 numbers, got \[0, 4\]"),
        (draw(1, 4), BadShape, r"rows of 4 numbers, got \[4\]"),
        (np.full((2, 4), np.inf, np.float32), BadNumbers, "rows of finite numbers"),
        (np.full((2, 4), 3e38, np.float32), BadNumbers, r"layer 0 \(Sum\): expected finite"),
    ],
)
def test_rows_that_do_not_calibrate_are_refused(
    rows: FloatArray, error: type[Exception], message: str
) -> None:
    with np.errstate(over="ignore"), pytest.raises(error, match=message):
        quantise(FloatModel(4, (Sum(0, 0),)), rows)


def test_what_would_leave_i32_is_refused() -> None:
    weights = np.full((4, 2), 1e-6, np.float32)
    bias = np.array([1e9, 0], np.float32)
    with pytest.raises(DoesNotFit, match="expected a bias within i32"):
        quantise(FloatModel(4, (Dense(0, weights), AddBias(1, bias))), draw(1, 5, 4) * 1e-3)
    big = np.array([2.1e9 * 1e-9 / 63**2], np.float32)
    with pytest.raises(DoesNotFit, match=r"op 1 \(Addb\): expected a result within"):
        quantise(FloatModel(2**16, (Dense(0, _tall()), AddBias(1, big))), _far())


def _tall() -> FloatArray:
    return np.full((2**16, 1), 1e-6, np.float32)


def _far() -> FloatArray:
    return np.full((1, 2**16), 1e-3, np.float32)


def test_too_many_tensors_and_no_layer_are_refused() -> None:
    layers: list[Layer] = []
    for _ in range(70):
        layers.append(Dense(len(layers), np.eye(2, dtype=np.float32)))
        layers.append(AddBias(len(layers), np.ones(2, np.float32)))
    with pytest.raises(DoesNotFit, match="does not fit an i8graph"):
        quantise(FloatModel(2, tuple(layers)), draw(1, 5, 2))
    with pytest.raises(DoesNotFit, match="at least one layer"):
        quantise(FloatModel(2, ()), draw(1, 5, 2))


def test_shares_sum_to_one_within_their_steps() -> None:
    model, rows = FloatModel(12, (Shares(0, 3),)), draw(12, 40, 12)
    found = run(quantise(model, rows), rows)
    assert np.allclose(found.reshape(40, 3, 4).sum(axis=2), 1, atol=4 / 4095)
    assert np.abs(found - model.run(rows)[-1]).max() < 0.03
