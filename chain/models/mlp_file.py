"""scikit-learn's perceptrons as plain arrays in an `.npz`.

scikit-learn itself saves pickles, which run code when they are read, so those are not. The arrays
have the names of the fitted attributes: `coefs_0`, `intercepts_0`, `coefs_1` …, and `activation`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from chain.array_file import BadArrayFile, load_arrays
from chain.models.errors import BadFile, BadNumbers, BadShape
from chain.models.layers import AddBias, Curve, Dense, FloatArray, FloatModel, Layer, Rectify

ACTIVATIONS: Final = ("relu", "tanh", "logistic", "identity")
LAYERS_MAX: Final = 64
FILE_BYTES_MAX: Final = 2**30


def load_mlp(path: Path) -> FloatModel:
    """The network, whose output are the scores before softmax. A `ModelError` of any kind."""
    try:
        arrays = load_arrays(path, FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise BadFile(f"{path}: expected an archive of arrays (.npz); {error}") from error
    return make_mlp(arrays)


def make_mlp(arrays: Mapping[str, npt.NDArray[np.generic]]) -> FloatModel:
    """The network of a perceptron's arrays."""
    activation = str(arrays["activation"]) if "activation" in arrays else "relu"
    if activation not in ACTIVATIONS:
        raise BadFile(f"expected an activation of {', '.join(ACTIVATIONS)}, got {activation!r}")
    count = sum(name.startswith("coefs_") for name in arrays)
    if not 1 <= count <= LAYERS_MAX:
        raise BadFile(f"expected arrays coefs_0, intercepts_0, coefs_1 …, got {sorted(arrays)}")
    layers: list[Layer] = []
    cols, width = 0, None
    for index in range(count):
        weights = _get_floats(arrays, f"coefs_{index}", 2)
        bias = _get_floats(arrays, f"intercepts_{index}", 1)
        rows, width_next = weights.shape
        if width not in (None, rows) or bias.shape != (width_next,):
            raise BadShape(
                f"coefs_{index}: expected [{width or 'n'}, m] and a bias of m, "
                f"got {list(weights.shape)} and {list(bias.shape)}"
            )
        cols, width = cols or rows, width_next
        layers.append(Dense(len(layers), weights))
        layers.append(AddBias(len(layers), bias))
        if index < count - 1:
            layers += _make_activation(activation, len(layers))
    return FloatModel(cols, tuple(layers))


def _make_activation(name: str, source: int) -> list[Layer]:
    if name == "relu":
        return [Rectify(source)]
    if name == "identity":
        return []
    return [Curve(source, "sigmoid" if name == "logistic" else name)]


def _get_floats(
    arrays: Mapping[str, npt.NDArray[np.generic]], name: str, dimensions: int
) -> FloatArray:
    array = arrays.get(name)
    if array is None or array.ndim != dimensions or array.dtype.kind not in "iuf" or not array.size:
        got = "none" if array is None else f"{array.dtype}{list(array.shape)}"
        raise BadShape(f"expected an array {name} of {dimensions} dimensions, got {got}")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise BadNumbers(f"array {name}: expected finite numbers, got others")
    return numbers
