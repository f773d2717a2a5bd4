"""Model files: an i8graph and its tensors in one `.npz` archive, nothing in it executable."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt

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
        loaded: object = np.load(io.BytesIO(_read(path)), allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise BadModelFile(path, "it holds a single array")
        archive = cast("Mapping[str, IntArray]", loaded)  # the arrays are checked below
        with loaded:
            names = set(archive)
            if GRAPH_NAME not in names:
                raise BadModelFile(path, f"it has no array named {GRAPH_NAME}")
            checked = check_graph(decode_graph(archive[GRAPH_NAME].tobytes()))
            wanted = [spec.name for spec in checked.graph.tensors]
            missing = [name for name in wanted if name not in names]
            if missing:
                raise BadModelFile(path, f"it has no tensor named {missing[0]}")
            tensors = tuple(archive[name] for name in wanted)
        ensure_tensors(checked.graph, tensors)
    except OSError as error:
        raise BadModelFile(path, f"it cannot be read: {error.strerror or error}") from error
    except (GraphError, CodecError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadModelFile(path, str(error)) from error
    return ModelFile(checked, tensors)


def load_rows_file(path: Path) -> Int8Array:
    """A matrix int8[rows, cols] small enough for a blob; `BadRowsFile`."""
    try:
        loaded: object = np.load(io.BytesIO(_read(path)), allow_pickle=False)
    except OSError as error:
        raise BadRowsFile(path, f"it cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadRowsFile(path, str(error)) from error
    if not isinstance(loaded, np.ndarray):
        raise BadRowsFile(path, "it is an archive")
    rows = cast("npt.NDArray[np.int8]", loaded)  # the dtype is checked next
    if rows.dtype != np.int8 or rows.ndim != 2 or rows.size == 0:
        raise BadRowsFile(path, f"got {rows.dtype}{list(rows.shape)}")
    if rows.nbytes > BLOB_BYTES_MAX:
        raise BadRowsFile(path, f"got {rows.nbytes} bytes, a blob has at most {BLOB_BYTES_MAX}")
    return np.ascontiguousarray(rows)


def dump_rows_file(rows: Int8Array | IntArray, path: Path) -> None:
    """Writes a matrix that `load_rows_file`, or anything that knows NumPy, reads."""
    try:
        with path.open("wb") as stream:
            np.save(stream, rows, allow_pickle=False)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        raw = stream.read(FILE_BYTES_MAX + 1)
    if len(raw) > FILE_BYTES_MAX:
        raise ValueError(f"more than {FILE_BYTES_MAX} bytes")
    return raw
