"""Files of models, rows, labels and perceptrons: what comes back, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from chain.models.errors import BadFile, BadNumbers, BadShape, DoesNotFit, ModelError
from chain.models.layers import Curve, Dense, FloatArray, FloatModel
from chain.models.mlp_file import load_mlp
from chain.models.model_files import (
    dump_scaled_model,
    load_any_model,
    load_scaled_model,
)
from chain.models.quantise import Quantised, quantise
from chain.models.report import compare
from chain.models.rows_file import load_float_rows, load_labels
from chain.wallet.model_file import BadModelFile


def draw(seed: int, *shape: int) -> FloatArray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@pytest.fixture(scope="module")
def quantised() -> Quantised:
    return quantise(FloatModel(8, (Dense(0, draw(1, 8, 3)),)), draw(2, 20, 8), per_channel=True)


def test_a_model_comes_back(tmp_path: Path, quantised: Quantised) -> None:
    path = tmp_path / "m.safetensors"
    dump_scaled_model(quantised, path)
    found = load_scaled_model(path)
    assert found.model.checked == quantised.checked
    assert all(map(np.array_equal, found.model.tensors, quantised.tensors))
    assert found.input_scale == quantised.input_scale
    assert found.output_scale == quantised.output_scale
    assert load_any_model(path).checked == quantised.checked
    with pytest.raises(BadFile, match="cannot be written"):
        dump_scaled_model(quantised, tmp_path / "no" / "m.safetensors")


def test_other_kinds_of_model_files_are_still_read(tmp_path: Path) -> None:
    with pytest.raises(BadModelFile, match="cannot be read"):
        load_any_model(tmp_path / "none.npz")


def test_a_model_file_that_is_cut_off_or_changed_is_refused(
    tmp_path: Path, quantised: Quantised
) -> None:
    path = tmp_path / "m.safetensors"
    dump_scaled_model(quantised, path)
    data = path.read_bytes()
    for size in (0, 4, 8, 100, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(BadFile):
            load_scaled_model(path)
    weights = quantised.tensors[0].tobytes()
    path.write_bytes(data.replace(weights, b"\x40" + weights[1:]))
    with pytest.raises(BadFile, match=r"tensor w0 within \[-63, 63\], got \[-63, 64\]"):
        load_scaled_model(path)


def test_a_model_file_of_something_else_is_refused(tmp_path: Path, quantised: Quantised) -> None:
    path = tmp_path / "m.safetensors"
    dump_scaled_model(quantised, path)
    start = path.read_bytes().index(b'"graph":"') + len(b'"graph":"')
    graph = path.read_bytes()[start:].split(b'"')[0].decode()
    own = {"format": "soberana i8graph v1", "graph": graph}
    first = {"w0": quantised.tensors[0]}
    for tensors, metadata, message in (
        ({"w": np.zeros(3)}, {}, "expected the format"),
        (first, own, "no tensor named m1"),
        ({}, {**own, "graph": "00"}, "expected a model in safetensors"),
        ({}, {**own, "graph": "no hex"}, "expected a model in safetensors"),
        (
            {"w0": quantised.tensors[0].astype(np.float32), "m1": quantised.tensors[1]},
            own,
            "tensor w0 I8",
        ),
        (
            {"w0": quantised.tensors[0], "m1": quantised.tensors[1]},
            {**own, "input_scale": "-1"},
            "expected scales above 0",
        ),
    ):
        path.write_bytes(save(tensors, metadata))
        with pytest.raises(BadFile, match=message):
            load_scaled_model(path)


def test_rows_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    rows = load_float_rows(path)
    assert rows.dtype == np.float32
    assert rows.tolist() == np.arange(24).reshape(2, 12).tolist()
    np.save(path, np.array([1, 0, 2], np.int8))
    assert load_labels(path, 3).tolist() == [1, 0, 2]
    with pytest.raises(BadShape, match=r"expected 4 integers, one a row, got int8\[3\]"):
        load_labels(path, 4)
    for array, error in (
        (np.zeros(3), BadShape),
        (np.zeros((0, 3)), BadShape),
        (np.array([["a"]]), BadFile),
        (np.array([[1j]]), BadFile),
        (np.array([[np.nan]]), BadNumbers),
        (np.array([[1e300]]), BadNumbers),
    ):
        np.save(path, array)
        with pytest.raises(error):
            load_float_rows(path)
    np.save(path, np.array([{}]), allow_pickle=True)
    with pytest.raises(BadFile, match="array of numbers"):
        load_float_rows(path)
    path.write_bytes(b"\x93NUMPY")
    with pytest.raises(BadFile):
        load_float_rows(path)
    with pytest.raises(BadFile, match="cannot be read"):
        load_float_rows(tmp_path / "none.npy")
    np.savez(tmp_path / "b.npz", a=np.zeros(3))
    with pytest.raises(BadFile, match="got an archive"):
        load_float_rows(tmp_path / "b.npz")


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_a_perceptron_computes_what_scikit_learn_does(tmp_path: Path, activation: str) -> None:
    from sklearn.neural_network import MLPClassifier

    rows, labels = draw(3, 60, 5), np.arange(60) % 3
    fitted = MLPClassifier((4, 6), activation=activation, max_iter=3, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        fitted.fit(rows, labels)
    arrays = {f"coefs_{i}": each for i, each in enumerate(fitted.coefs_)}
    arrays |= {f"intercepts_{i}": each for i, each in enumerate(fitted.intercepts_)}
    np.savez(tmp_path / "mlp.npz", activation=activation, **arrays)
    scores = load_mlp(tmp_path / "mlp.npz").run(rows)[-1]
    assert scores.argmax(axis=1).tolist() == fitted.predict(rows).tolist()


GOOD = {"coefs_0": draw(1, 4, 3), "intercepts_0": draw(2, 3)}
BAD: dict[str, tuple[dict[str, np.ndarray], type[ModelError], str]] = {
    "nothing": ({"a": draw(1, 2)}, BadFile, "expected arrays coefs_0"),
    "no bias": ({"coefs_0": GOOD["coefs_0"]}, BadShape, "an array intercepts_0 of 1 dim"),
    "a gap": ({**GOOD, "coefs_2": draw(1, 3, 2)}, BadShape, "coefs_1 of 2 dimensions, got none"),
    "bias": ({**GOOD, "intercepts_0": draw(1, 4)}, BadShape, r"\[4, 3\] and \[4\]"),
    "text": ({**GOOD, "coefs_0": np.array([["a"]])}, BadShape, "coefs_0 of 2 dimensions"),
    "no number": ({**GOOD, "intercepts_0": np.full(3, np.nan)}, BadNumbers, "finite numbers"),
    "activation": ({**GOOD, "activation": np.array("swish")}, BadFile, "got 'swish'"),
    "chain": (
        {**GOOD, "coefs_1": draw(1, 4, 2), "intercepts_1": draw(1, 2)},
        BadShape,
        r"coefs_1: expected \[3, m\]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_perceptrons_that_do_not_chain_are_refused(tmp_path: Path, name: str) -> None:
    arrays, error, message = BAD[name]
    np.savez(tmp_path / "mlp.npz", allow_pickle=False, **arrays)
    with pytest.raises(error, match=message):
        load_mlp(tmp_path / "mlp.npz")


def _write_pickle(path: Path) -> None:
    np.savez(path, coefs_0=np.array([{}], object))


def _write_array(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


@pytest.mark.parametrize(
    "write", [_write_pickle, _write_array, lambda path: path.write_bytes(b"PK")]
)
def test_pickles_and_other_files_are_no_perceptrons(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    with pytest.raises(BadFile):
        load_mlp(tmp_path / "none.npz")
    write(tmp_path / "mlp.npz")
    with pytest.raises(BadFile):
        load_mlp(tmp_path / "mlp.npz")


def test_the_report_counts_what_is_right(quantised: Quantised) -> None:
    model, rows = FloatModel(8, (Dense(0, draw(1, 8, 3)),)), draw(4, 200, 8)
    labels = model.run(rows)[-1].argmax(axis=1)
    labels[:50] = (labels[:50] + 1) % 3
    report = compare(model, quantised, rows, labels)
    assert report.before == 0.75
    assert report.after is not None
    assert abs(report.after - 0.75) < 0.03
    assert report.agreement > 0.96
    assert report.cosine > 0.997
    plain = compare(model, quantised, rows)
    assert (plain.before, plain.after, plain.rows) == (None, None, 200)
    with pytest.raises(BadShape):
        compare(model, quantised, rows[:, :7])


def test_more_ops_than_a_graph_holds_are_refused() -> None:
    model = FloatModel(2, tuple(Curve(i, "tanh") for i in range(600)))
    with pytest.raises(DoesNotFit):
        quantise(model, draw(5, 4, 2))
