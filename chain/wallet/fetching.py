"""Fetching tensors, operands and products from a node that serves them; all of it is proven."""

from typing import Final

import msgspec
import numpy as np

from chain.blobs import BlobStore
from chain.wallet.chain_reader import from_hex, to_hex
from chain.wallet.errors import BadAnswer, WalletError
from chain.wallet.rpc import RpcClient
from runtime.frame.ai_types import ModelInfo, TensorInfo, TensorType
from runtime.primitives import Hash, Root
from runtime.programs import MatrixProduct
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import (
    COLUMN_MULTIPLE,
    STRIP_ROWS,
    result_root,
    verify_strip,
)
from runtime.tensor.value import Int8Array, Int32Array

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


class RowsJson(msgspec.Struct):
    """The answer of `blob_getRows`."""

    rows: int
    cols: int
    data: str


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


async def fetch_operands(rpc: RpcClient, program: MatrixProduct, store: BlobStore) -> int:
    """Stores the operands of a product that are not in the store; returns how many.

    Raises `NotServed`, and `BadAnswer` where bytes do not belong to the root.
    """
    shapes = {program.a: (program.m, program.k), program.b: (program.n, program.k)}
    missing = [root for root in shapes if root not in store]
    for root in missing:
        matrix = await _fetch_strips(rpc, root, shapes[root], f"operand 0x{root.hex()}")
        if store.put_matrix(matrix) != root:
            raise BadAnswer("blob_getStrip", f"another operand than 0x{root.hex()}")
    return len(missing)


async def fetch_result(rpc: RpcClient, root: Root, shape: tuple[int, int]) -> Int32Array:
    """A product by its root, strip by strip. `NotServed`, `BadAnswer`."""
    rows, cols = shape
    if 4 * rows * cols > MATRIX_BYTES_MAX:
        raise NotServed(f"the result has {4 * rows * cols} bytes, above {MATRIX_BYTES_MAX}")
    method = "blob_getRows"
    parts: list[bytes] = []
    for first in range(0, rows, STRIP_ROWS):
        found = await rpc.call_or_none(RowsJson, method, to_hex(root), first, STRIP_ROWS)
        if found is None:
            raise NotServed(f"the node does not have result 0x{root.hex()}")
        part = from_hex(found.data, method)
        if (found.rows, found.cols, len(part)) != (rows, cols, 4 * STRIP_ROWS * cols):
            raise BadAnswer(method, f"rows of {found.rows} x {found.cols}, not {rows} x {cols}")
        parts.append(part)
    result = np.frombuffer(b"".join(parts), "<i4").reshape(rows, cols).astype(np.int32, copy=False)
    if result_root(result) != root:
        raise BadAnswer(method, f"other rows than those of 0x{root.hex()}")
    return result


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
    """The padded operand: the transposed tensor."""
    rows = info.cols + -info.cols % STRIP_ROWS
    cols = info.rows + -info.rows % COLUMN_MULTIPLE
    return await _fetch_strips(rpc, info.root, (rows, cols), f"tensor {info.name!r}")


async def _fetch_strips(rpc: RpcClient, root: Root, shape: tuple[int, int], what: str) -> Int8Array:
    """A padded operand, strip by strip, each proven as it comes."""
    rows, cols = shape
    if rows * cols > MATRIX_BYTES_MAX:
        raise NotServed(f"{what} has {rows * cols} bytes, above {MATRIX_BYTES_MAX}")
    strips: list[bytes] = []
    method = "blob_getStrip"
    for index in range(rows // STRIP_ROWS):
        found = await rpc.call_or_none(StripJson, method, to_hex(root), index)
        if found is None:
            raise NotServed(f"the node does not have {what}")
        strip = from_hex(found.strip, method)
        try:
            path = tuple(Hash(from_hex(node, method)) for node in found.path)
            verify_strip(root, rows, cols, index, strip, path)
        except ValueError as error:  # a hash of another length, or a BadOpening
            raise BadAnswer(method, f"strip {index} of {what}: {error}") from error
        strips.append(strip)
    return np.frombuffer(b"".join(strips), np.int8).reshape(rows, cols)
