"""The digits fixture and the model trained on it, judged by the integer interpreter."""

import numpy as np
import pytest

from chain.training.digits import Digits, compute_accuracy, load_digits, train_digits
from chain.training.mlp import train_mlp
from runtime.tensor import Graph, check_graph, encode_graph, run_graph
from runtime.tensor.replay import verify_replay
from runtime.tensor.value import IntArray
from tests.fixtures.make_digits import PATH, make_digits

Model = tuple[Graph, tuple[IntArray, ...]]


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


@pytest.fixture(scope="module")
def model(digits: Digits) -> Model:
    return train_digits(digits.train_images, digits.train_labels)


def test_the_fixture_is_scikit_learns_data(digits: Digits) -> None:
    for name, array in make_digits().items():
        assert np.array_equal(getattr(digits, name), array)
    assert PATH.stat().st_size < 150 * 1024


def test_the_fixtures_shapes_and_ranges(digits: Digits) -> None:
    assert digits.train_images.shape == (1347, 64)
    assert digits.test_images.shape == (450, 64)
    for images in (digits.train_images, digits.test_images):
        assert images.dtype == np.int8
        assert (images.min(), images.max()) == (0, 63)
    for labels in (digits.train_labels, digits.test_labels):
        assert labels.dtype == np.int8
        assert np.unique(labels).tolist() == list(range(10))


def test_no_held_out_image_is_trained_on(digits: Digits) -> None:
    trained = {image.tobytes() for image in digits.train_images}
    assert all(image.tobytes() not in trained for image in digits.test_images)


def test_the_integer_model_tells_digits_it_never_saw(digits: Digits, model: Model) -> None:
    graph, tensors = model
    accuracy = compute_accuracy(graph, tensors, digits.test_images, digits.test_labels)
    assert accuracy >= 0.96


def test_quantising_costs_little(digits: Digits, model: Model) -> None:
    graph, tensors = model
    mlp = train_mlp(digits.train_images / 63, digits.train_labels, 32, 10, seed=0)
    in_floats = mlp.compute_scores(digits.test_images / 63).argmax(axis=1)
    exact = float((in_floats == digits.test_labels).mean())
    integer = compute_accuracy(graph, tensors, digits.test_images, digits.test_labels)
    assert abs(exact - integer) < 0.02


def test_training_again_gives_the_same_model(digits: Digits, model: Model) -> None:
    graph, tensors = train_digits(digits.train_images, digits.train_labels)
    assert graph == model[0]
    assert all(map(np.array_equal, tensors, model[1]))


def test_another_seed_gives_another_model(digits: Digits, model: Model) -> None:
    _, tensors = train_digits(digits.train_images, digits.train_labels, seed=1)
    assert not np.array_equal(tensors[0], model[1][0])


def test_what_is_registered_is_small(model: Model) -> None:
    graph, tensors = model
    assert sum(tensor.nbytes for tensor in tensors) == 2536
    assert len(encode_graph(graph)) < 128
    checked = check_graph(graph)
    assert checked.macs == 64 * 32 + 32 * 10
    assert [(shape.k, shape.n) for shape in checked.matmuls] == [(64, 32), (32, 10)]


def test_a_batch_of_all_held_out_images_is_replayed(digits: Digits, model: Model) -> None:
    graph, tensors = model
    output = run_graph(graph, tensors, digits.test_images).copy()
    assert output.dtype == np.int32
    assert output.shape == (450, 10)
    assert verify_replay(check_graph(graph), tensors, digits.test_images, output) is None
    output[123, 4] += 1
    found = verify_replay(check_graph(graph), tensors, digits.test_images, output)
    assert found is not None
    assert (found.op, found.row, found.col) == (6, 123, 4)
