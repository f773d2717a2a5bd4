"""Matrices and bytes too large for the state, kept in files under the roots that name them."""

from chain.blobs.chunk_file import OpenedChunk
from chain.blobs.chunk_reader import ChunkReader
from chain.blobs.errors import (
    BlobBusy,
    BlobCorrupt,
    BlobError,
    BlobMissing,
    StoreFull,
    WrongBytes,
)
from chain.blobs.model import TensorStore, load_stored_model, store_tensor
from chain.blobs.partial import Partial, open_partial_file
from chain.blobs.store import QUOTA_BYTES_DEFAULT, BlobStore, OpenedStrip, get_blobs_folder

__all__ = [
    "QUOTA_BYTES_DEFAULT",
    "BlobBusy",
    "BlobCorrupt",
    "BlobError",
    "BlobMissing",
    "BlobStore",
    "ChunkReader",
    "OpenedChunk",
    "OpenedStrip",
    "Partial",
    "StoreFull",
    "TensorStore",
    "WrongBytes",
    "get_blobs_folder",
    "load_stored_model",
    "open_partial_file",
    "store_tensor",
]
