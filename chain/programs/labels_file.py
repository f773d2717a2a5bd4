"""Labels of rows in a NumPy file: one class a row."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from chain.array_file import BadArrayFile, load_array
from chain.wallet.errors import WalletError
from chain.wallet.model_file import FILE_BYTES_MAX

Labels: TypeAlias = npt.NDArray[np.uint8]

CLASSES_MAX = 64


class BadLabelsFile(WalletError):
    """The file holds no labels of so many rows."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: expected the classes of rows (.npy); {why}")


def load_labels_file(path: Path, count: int) -> Labels:
    """uint8[count], each from 0 to 63; `BadLabelsFile`."""
    try:
        loaded = load_array(path, FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise BadLabelsFile(path, str(error)) from error
    if loaded.shape != (count,) or loaded.dtype.kind not in "iu":
        raise BadLabelsFile(path, f"got {loaded.dtype}{list(loaded.shape)} for {count} rows")
    if loaded.min() < 0 or loaded.max() >= CLASSES_MAX:
        raise BadLabelsFile(path, f"got classes from {loaded.min()} to {loaded.max()}")
    return loaded.astype(np.uint8)
