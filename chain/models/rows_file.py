"""Rows and labels that people have: `.npy` files of numbers."""

from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from chain.array_file import BadArrayFile, load_array
from chain.models.errors import BadFile, BadNumbers, BadShape
from chain.models.layers import FloatArray

FILE_BYTES_MAX: Final = 2**30


def load_float_rows(path: Path) -> FloatArray:
    """Rows of finite numbers, float32[rows, cols]; what has more dimensions is flattened."""
    loaded = load_numbers(path)
    if loaded.ndim < 2 or loaded.size == 0:
        raise BadShape(f"{path}: expected rows of numbers, got {list(loaded.shape)}")
    with np.errstate(over="ignore"):
        rows = loaded.reshape(len(loaded), -1).astype(np.float32)
    if not np.isfinite(rows).all():
        raise BadNumbers(f"{path}: expected finite numbers, got others")
    return rows


def load_labels(path: Path, count: int) -> npt.NDArray[np.int64]:
    """One class, from 0 up, for each of so many rows."""
    loaded = load_numbers(path)
    if loaded.shape != (count,) or loaded.dtype.kind not in "iu":
        raise BadShape(
            f"{path}: expected {count} integers, one a row, got {loaded.dtype}{list(loaded.shape)}"
        )
    return loaded.astype(np.int64)


def load_numbers(path: Path) -> npt.NDArray[np.number]:
    """An array of integers or floats; `BadFile`."""
    try:
        array = load_array(path, FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise BadFile(f"{path}: expected an array of numbers (.npy); {error}") from error
    if array.dtype.kind not in "iuf":
        raise BadFile(f"{path}: expected numbers, got {array.dtype}")
    return cast("npt.NDArray[np.number]", array)  # by its kind
