"""`blob_*`: tensors and files that are too large for the state, by root, to whoever asks.

Only nodes serve them whose operator wants to (`rpc.blobs`): a model's weights may be a secret.
"""

from chain.blobs import BlobError, BlobMissing, BlobStore
from chain.rpc.jsonrpc import INTERNAL_ERROR, RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hash, to_hex
from chain.rpc.parameters import Number32
from runtime.primitives import Root


class BlobMethods:
    """What is in the node's store, each answer provable against the root."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    @rpc("blob_getStrip", safe=True, in_worker=True)
    def get_strip(self, root: bytes, index: Number32) -> object:
        """32 rows of a matrix with their Merkle path and the whole shape; null if it is unknown."""
        try:
            opened = self._store.get_strip(_to_root(root), index)
        except BlobMissing:
            return None
        except BlobError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        return {
            "rows": opened.rows,
            "cols": opened.cols,
            "strip": to_hex(opened.strip),
            "path": [to_hex(node) for node in opened.path],
        }

    @rpc("blob_getChunk", safe=True, in_worker=True)
    def get_chunk(self, root: bytes, index: Number32) -> object:
        """1 KiB of a stored file with its Merkle path and the whole size; null if it is unknown."""
        try:
            opened = self._store.get_chunk(_to_root(root), index)
        except BlobMissing:
            return None
        except BlobError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        return {
            "size": str(opened.size_bytes),
            "chunk": to_hex(opened.chunk),
            "path": [to_hex(node) for node in opened.path],
        }

    @rpc("blob_getBytes", safe=True, in_worker=True)
    def get_bytes(self, root: bytes) -> str | None:
        """The bytes behind a blob root; null if they are unknown."""
        try:
            return to_hex(self._store.get_bytes(_to_root(root)))
        except BlobMissing:
            return None
        except BlobError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error


def _to_root(root: bytes) -> Root:
    return Root(to_hash(root, Root.zero()))
