"""Model files in safetensors: the tensors by name, the graph and the scales beside them.

Nothing in such a file is executable. The graph is in the metadata, as the hex of its SCALE bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from chain.models.errors import BadFile
from chain.models.quantise import Quantised
from chain.wallet.model_file import ModelFile, load_model_file
from runtime.errors import CodecError
from runtime.tensor import GraphError, check_graph, decode_graph, encode_graph, ensure_tensors
from runtime.tensor.value import IntArray

SUFFIX: Final = ".safetensors"
FORMAT: Final = "soberana i8graph v1"


@dataclass(frozen=True, slots=True, eq=False)
class ScaledModel:
    """A model and what its integers stand for."""

    model: ModelFile
    input_scale: float
    output_scale: float


def dump_scaled_model(quantised: Quantised, path: Path) -> None:
    """Writes a model file. Raises `BadFile` if that fails."""
    graph = quantised.checked.graph
    tensors = {
        spec.name: np.ascontiguousarray(tensor)
        for spec, tensor in zip(graph.tensors, quantised.tensors, strict=True)
    }
    metadata = {
        "format": FORMAT,
        "graph": encode_graph(graph).hex(),
        "input_scale": repr(quantised.input_scale),
        "output_scale": repr(quantised.output_scale),
    }
    try:
        path.write_bytes(save(tensors, metadata))
    except OSError as error:
        raise BadFile(f"{path}: cannot be written: {error.strerror}") from error


def load_scaled_model(path: Path) -> ScaledModel:
    """A model that `dump_scaled_model` wrote, checked again. `BadFile`."""
    try:
        metadata, arrays = _read(path)
        if metadata.get("format") != FORMAT:
            raise BadFile(f"{path}: expected the format {FORMAT!r}, got {metadata.get('format')!r}")
        checked = check_graph(decode_graph(bytes.fromhex(metadata.get("graph", ""))))
        missing = [spec.name for spec in checked.graph.tensors if spec.name not in arrays]
        if missing:
            raise BadFile(f"{path}: it has no tensor named {missing[0]}")
        tensors = tuple(arrays[spec.name] for spec in checked.graph.tensors)
        ensure_tensors(checked.graph, tensors)
        scales = [float(metadata.get(f"{end}_scale", "1")) for end in ("input", "output")]
        if not all(0 < scale < float("inf") for scale in scales):
            raise BadFile(f"{path}: expected scales above 0, got {scales}")
    except OSError as error:
        raise BadFile(f"{path}: it cannot be read: {error.strerror or error}") from error
    except (SafetensorError, GraphError, CodecError, ValueError) as error:
        raise BadFile(f"{path}: expected a model in safetensors; {error}") from error
    return ScaledModel(ModelFile(checked, tensors), *scales)


def load_any_model(path: Path) -> ModelFile:
    """A model from either kind of model file. `BadFile`, `BadModelFile`."""
    return load_scaled_model(path).model if path.suffix == SUFFIX else load_model_file(path)


def _read(path: Path) -> tuple[Mapping[str, str], dict[str, IntArray]]:
    with safe_open(path, framework="numpy") as file:
        names = file.keys()
        # Whether they are integers is checked with the graph.
        arrays = {name: cast("IntArray", file.get_tensor(name)) for name in names}
        return file.metadata() or {}, arrays
