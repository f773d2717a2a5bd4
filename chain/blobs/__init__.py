"""Matrices and bytes too large for the state, kept in files under the roots that name them."""

from chain.blobs.chunk_file import OpenedChunk
from chain.blobs.errors import BlobCorrupt, BlobError, BlobMissing, StoreFull
from chain.blobs.model import TensorStore, load_stored_model, store_tensor
from chain.blobs.store import BlobStore, OpenedStrip, get_blobs_folder

__all__ = [
    "BlobCorrupt",
    "BlobError",
    "BlobMissing",
    "BlobStore",
    "OpenedChunk",
    "OpenedStrip",
    "StoreFull",
    "TensorStore",
    "get_blobs_folder",
    "load_stored_model",
    "store_tensor",
]
