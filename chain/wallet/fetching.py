"""Fetching a model's tensors from a node that serves them; nothing unproven is kept."""

from typing import Final

import msgspec
import numpy as np

from chain.blobs import BlobStore
from chain.wallet.chain_reader import from_hex, to_hex
from chain.wallet.errors import BadAnswer, WalletError
from chain.wallet.rpc import RpcClient
from runtime.frame.ai_types import ModelInfo, TensorInfo, TensorType
from runtime.primitives import Hash
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import (
    COLUMN_MULTIPLE,
    STRIP_ROWS,
    verify_strip,
)
from runtime.tensor.value import Int8Array

MATRIX_BYTES_MAX: Final = 2**30
"""More is not fetched: it is held in memory until it is whole."""


class NotServed(WalletError):
    """The node does not have a tensor, or does not serve any."""


class StripJson(msgspec.Struct):
    """The answer of `blob_getStrip`."""

    rows: int
    cols: int
    strip: str
    path: list[str]


async def fetch_model(rpc: RpcClient, model: ModelInfo, store: BlobStore) -> int:
    """Stores the tensors that are neither in the state nor in the store; returns how many.

    Raises `NotServed`, and `BadAnswer` where bytes do not belong to the root.
    """
    missing = [info for info in model.tensors if info.blob is None and info.root not in store]
    for info in missing:
        if info.dtype is TensorType.INT32:
            store.put_bytes(await _fetch_bytes(rpc, info))
        else:
            store.put_matrix(await _fetch_matrix(rpc, info))
    return len(missing)


async def _fetch_bytes(rpc: RpcClient, info: TensorInfo) -> bytes:
    method = "blob_getBytes"
    found = await rpc.call_or_none(str, method, to_hex(info.root))
    if found is None:
        raise NotServed(f"the node does not have tensor {info.name!r}")
    data = from_hex(found, method)
    if blob_root(data) != info.root:
        raise BadAnswer(method, f"other bytes than those of tensor {info.name!r}")
    return data


async def _fetch_matrix(rpc: RpcClient, info: TensorInfo) -> Int8Array:
    """The padded operand, strip by strip: the transposed tensor."""
    rows = info.cols + -info.cols % STRIP_ROWS
    cols = info.rows + -info.rows % COLUMN_MULTIPLE
    if rows * cols > MATRIX_BYTES_MAX:
        raise NotServed(f"tensor {info.name!r} has {rows * cols} bytes, above {MATRIX_BYTES_MAX}")
    strips: list[bytes] = []
    method = "blob_getStrip"
    for index in range(rows // STRIP_ROWS):
        found = await rpc.call_or_none(StripJson, method, to_hex(info.root), index)
        if found is None:
            raise NotServed(f"the node does not have tensor {info.name!r}")
        strip = from_hex(found.strip, method)
        try:
            path = tuple(Hash(from_hex(node, method)) for node in found.path)
            verify_strip(info.root, rows, cols, index, strip, path)
        except ValueError as error:  # a hash of another length, or a BadOpening
            raise BadAnswer(method, f"strip {index} of tensor {info.name!r}: {error}") from error
        strips.append(strip)
    return np.frombuffer(b"".join(strips), np.int8).reshape(rows, cols)
