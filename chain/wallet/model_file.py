"""Model files: an i8graph and its tensors in one `.npz` archive, nothing in it executable."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np

from chain.array_file import BadArrayFile, load_array, load_arrays
from chain.wallet.errors import WalletError
from runtime.errors import CodecError
from runtime.frame.ai_types import BLOB_BYTES_MAX
from runtime.tensor import GraphError, check_graph, decode_graph, encode_graph, ensure_tensors
from runtime.tensor.check import CheckedGraph
from runtime.tensor.graph import Graph
from runtime.tensor.value import Int8Array, IntArray

GRAPH_NAME: Final = "graph"
FILE_BYTES_MAX: Final = 64 * 2**20
"""Far more than fits on the chain."""


class BadModelFile(WalletError):
    """The file holds no model that the chain would take."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: expected a model file (.npz of a graph and its tensors); {why}")


class BadRowsFile(WalletError):
    """The file holds no rows of int8 numbers."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: expected rows of int8 numbers (.npy); {why}")


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """A checked graph and its tensors, in the graph's order."""

    checked: CheckedGraph
    tensors: tuple[IntArray, ...]


def dump_model_file(graph: Graph, tensors: tuple[IntArray, ...], path: Path) -> None:
    """Writes a model file; the graph's tensors keep their names."""
    arrays = {spec.name: tensor for spec, tensor in zip(graph.tensors, tensors, strict=True)}
    content = io.BytesIO()
    graph_bytes = np.frombuffer(encode_graph(graph), np.uint8)
    np.savez_compressed(content, allow_pickle=False, **{GRAPH_NAME: graph_bytes}, **arrays)
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error


def load_model_file(path: Path) -> ModelFile:
    """A model whose graph passes the chain's check; `BadModelFile`."""
    try:
        arrays = load_arrays(path, FILE_BYTES_MAX)
        if GRAPH_NAME not in arrays:
            raise BadModelFile(path, f"it has no array named {GRAPH_NAME}")
        checked = check_graph(decode_graph(arrays[GRAPH_NAME].tobytes()))
        wanted = [spec.name for spec in checked.graph.tensors]
        missing = [name for name in wanted if name not in arrays]
        if missing:
            raise BadModelFile(path, f"it has no tensor named {missing[0]}")
        # their dtypes are checked next
        tensors = tuple(cast("IntArray", arrays[name]) for name in wanted)
        ensure_tensors(checked.graph, tensors)
    except (BadArrayFile, GraphError, CodecError) as error:
        raise BadModelFile(path, str(error)) from error
    return ModelFile(checked, tensors)


def load_rows_file(path: Path) -> Int8Array:
    """A matrix int8[rows, cols] small enough for a blob; `BadRowsFile`."""
    try:
        loaded = load_array(path, FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise BadRowsFile(path, str(error)) from error
    if loaded.dtype != np.int8 or loaded.ndim != 2 or loaded.size == 0:
        raise BadRowsFile(path, f"got {loaded.dtype}{list(loaded.shape)}")
    if loaded.nbytes > BLOB_BYTES_MAX:
        raise BadRowsFile(path, f"got {loaded.nbytes} bytes, a blob has at most {BLOB_BYTES_MAX}")
    return np.ascontiguousarray(loaded, np.int8)


def dump_rows_file(rows: Int8Array | IntArray, path: Path) -> None:
    """Writes a matrix that `load_rows_file`, or anything that knows NumPy, reads."""
    try:
        with path.open("wb") as stream:
            np.save(stream, rows, allow_pickle=False)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
