"""What each kind of body must satisfy: nothing wrong is registered, so nothing else checks it."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, assert_never

from pallets.registry.declarations import BadBody, BlobMissing, RootMismatch
from pallets.registry.types import (
    CHUNK_BYTES,
    PARALLEL_MAX,
    Availability,
    Dataset,
    Model,
    Provider,
    is_ascending,
)
from runtime.errors import CodecError
from runtime.frame.ai_types import BLOB_BYTES_MAX, TensorInfo, TensorType
from runtime.primitives import Root
from runtime.tensor import GraphError, TensorSpec, ensure_tensors, load_graph
from runtime.tensor.blob import tensor_root
from runtime.tensor.check import CheckedGraph
from runtime.tensor.value import IntArray, load_array

GetBlob: TypeAlias = Callable[[Root], bytes | None]
"""A blob's bytes, None unless the record's owner pays for it."""


def count_tensor_bytes(body: Model | Dataset | Provider) -> int:
    """The bytes that `ensure_body` reads and hashes, as far as they can be right."""
    if not isinstance(body, Model) or body.avail is not Availability.ON_CHAIN:
        return 0
    return sum(
        min(
            tensor.rows * tensor.cols * (1 if tensor.dtype is TensorType.INT8 else 4),
            BLOB_BYTES_MAX,
        )
        for tensor in body.tensors
    )


def ensure_body(body: Model | Dataset | Provider, get_blob: GetBlob) -> None:
    """Raises `BadBody`, `BlobMissing` or `RootMismatch` unless the body is as its kind asks."""
    match body:
        case Model():
            _ensure_model(body, get_blob)
        case Dataset():
            _ensure_dataset(body)
        case Provider():
            _ensure_provider(body)
        case _:
            assert_never(body)


def _ensure_model(body: Model, get_blob: GetBlob) -> None:
    """The graph passes its check, and the tensors are the ones it declares."""
    try:
        checked = load_graph(body.graph)
    except (CodecError, GraphError) as error:
        raise BadBody(str(error)) from error
    declared = [_describe(spec) for spec in checked.graph.tensors]
    given = [(each.name, each.rows, each.cols, each.dtype) for each in body.tensors]
    if given != declared:
        raise BadBody(f"expected the tensors {declared}, got {given}")
    if body.macs_per_row != checked.macs:
        raise BadBody(f"expected {checked.macs} MACs, got {body.macs_per_row}")
    if body.avail is Availability.ON_CHAIN:
        _ensure_blobs(checked, body.tensors, get_blob)
    elif any(tensor.blob is not None for tensor in body.tensors):
        raise BadBody("a model that is not on chain names no blobs")


def _describe(spec: TensorSpec) -> tuple[str, int, int, TensorType]:
    # The check has refused U8, the only DType that is no TensorType.
    return spec.name, spec.rows, spec.cols, TensorType(spec.dtype)


def _ensure_blobs(checked: CheckedGraph, tensors: Sequence[TensorInfo], get_blob: GetBlob) -> None:
    """Every tensor's blob has its size, its range and its root."""
    arrays: list[IntArray] = []
    for tensor, spec in zip(tensors, checked.graph.tensors, strict=True):
        content = None if tensor.blob is None else get_blob(tensor.blob)
        if content is None:
            raise BlobMissing(f"no blob for tensor {tensor.name!r}")
        try:
            arrays.append(load_array(content, spec.dtype, spec.rows, spec.cols))
        except GraphError as error:
            raise BadBody(str(error)) from error
    try:
        ensure_tensors(checked.graph, arrays)
    except GraphError as error:
        raise BadBody(str(error)) from error
    for tensor, spec, array in zip(tensors, checked.graph.tensors, arrays, strict=True):
        root = tensor_root(array, spec.dtype)
        if root != tensor.root:
            raise RootMismatch(f"tensor {tensor.name!r}: expected {tensor.root}, got {root}")


def _ensure_dataset(body: Dataset) -> None:
    if body.chunk_bytes != CHUNK_BYTES:
        raise BadBody(f"expected chunks of {CHUNK_BYTES} bytes, got {body.chunk_bytes}")
    if body.items < 1 or body.size_bytes < 1:
        raise BadBody("a dataset has at least one item of at least one byte")
    if (body.cipher_root is None) != (body.key_commit is None):
        raise BadBody("an encrypted dataset commits to its key, any other has none")


def _ensure_provider(body: Provider) -> None:
    kinds = [price.kind for price in body.prices]
    if not kinds or not is_ascending(kinds):
        raise BadBody("a provider names at least one kind of job, in order, each once")
    if not is_ascending([attribute.name for attribute in body.attributes]):
        raise BadBody("attributes are in the order of their names, each once")
    if not 1 <= body.max_parallel <= PARALLEL_MAX:
        raise BadBody(f"expected 1 to {PARALLEL_MAX} jobs at a time, got {body.max_parallel}")
