"""`blob_*`: tensors and files that are too large for the state, by root, to whoever asks.

Only nodes serve them whose operator wants to (`rpc.blobs`): a model's weights may be a secret.
Whole files go over plain HTTP (`chain/rpc/blob_routes.py`).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from chain.blobs import BlobError, BlobMissing, BlobStore
from chain.blobs.audit import DRAWS_DEFAULT, audit_copy
from chain.blobs.fetcher import Fetch, Fetcher
from chain.blobs.source import Source
from chain.rpc.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hash, to_hex
from chain.rpc.parameters import Number32, Number64
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.wallet.errors import BadNodeUrl
from runtime.primitives import Hash, Root

RESULT_ROWS_MAX = 32
"""Rows of a product in one answer: a strip."""


@dataclass(frozen=True, slots=True)
class ServedBlobs:
    """What a node serves, and what brings it more."""

    store: BlobStore
    fetcher: Fetcher


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


class ResultMethods:
    """Products in the node's store, for who asked for them and for who checks them."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    @rpc("blob_getRows", safe=True, in_worker=True)
    def get_rows(self, root: bytes, first: Number32, count: Number32) -> object:
        """Rows of a product, int32, with its whole shape; null if it is unknown.

        All rows together are proven by the root of the tiles.
        """
        if not 1 <= count <= RESULT_ROWS_MAX:
            raise RpcError(INVALID_PARAMS, f"expected 1 to {RESULT_ROWS_MAX} rows, got {count}")
        try:
            found = self._store.get_result_rows(_to_root(root), first, count)
        except BlobMissing:
            return None
        except BlobError as error:
            raise RpcError(INVALID_PARAMS, str(error)) from error
        return {"rows": found.rows, "cols": found.cols, "data": to_hex(found.data)}


class BlobTransferMethods:
    """Has the node fetch files, and audit the copies of others: the operator's."""

    def __init__(self, blobs: ServedBlobs) -> None:
        self._blobs = blobs

    @rpc("blob_fetch")
    def fetch(self, root: bytes, sources: list[str], size: Number64 | None = None) -> object:
        """Fetches a file from nodes, in the background, into the store; how that stands."""
        try:
            fetch = self._blobs.fetcher.request(_to_root(root), size, _to_urls(sources))
        except BlobError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        return _show_fetch(fetch)

    @rpc("blob_fetchState")
    def get_fetch(self, root: bytes) -> object:
        """How a fetch stands; null if nobody asked for it."""
        fetch = self._blobs.fetcher.get(_to_root(root))
        return None if fetch is None else _show_fetch(fetch)

    @rpc("blob_audit")
    async def audit(self, root: bytes, source: str, draws: Number32 = DRAWS_DEFAULT) -> object:
        """Has another node show chunks of its copy, drawn at random, each proven."""
        [url] = _to_urls([source])
        seed = Hash(os.urandom(Hash.LENGTH))
        try:
            passed = await audit_copy(Source(url), _to_root(root), seed, draws)
        except BlobError as error:
            return {"passed": False, "why": str(error)}
        drawn = list(passed.drawn)
        return {"passed": True, "size": str(passed.size_bytes), "drawn": drawn}


def _show_fetch(fetch: Fetch) -> dict[str, object]:
    return {
        "root": to_hex(fetch.root),
        "state": fetch.state.name.lower(),
        "done": str(fetch.done_bytes),
        "why": fetch.why or None,
    }


def _to_urls(texts: Sequence[str]) -> list[NodeUrl]:
    try:
        return [parse_node_url(text) for text in texts]
    except BadNodeUrl as error:
        raise RpcError(INVALID_PARAMS, "Invalid params", str(error)) from error


def _to_root(root: bytes) -> Root:
    return Root(to_hash(root, Root.zero()))
