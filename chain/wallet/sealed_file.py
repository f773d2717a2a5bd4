"""Packages: a file of encrypted data that proves itself (docs/spec/vault.md).

    "soberana sale v1" || u64 size || the leaves of the plain chunks || the encrypted data

Files are read and written chunk by chunk; of a package only its leaves are held in memory.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from chain.wallet.errors import WalletError
from pallets.vault import ChunkProof
from runtime.crypto.chunk_cipher import compute_stream_key, encrypt_chunk
from runtime.frame.ai_types import SealedDataset
from runtime.primitives import Hash
from runtime.tensor.chunks import (
    CHUNK_BYTES,
    CHUNKED_BYTES_MAX,
    ChunkTree,
    commit_chunk_leaves,
    compute_chunk_bytes,
    count_chunks,
)
from runtime.tensor.commitment import compute_leaf

MAGIC: Final = b"soberana sale v1"
HEADER_BYTES: Final = len(MAGIC) + 8
LEAF_BYTES: Final = 32

OnProgress = Callable[[int], None]
"""Told how many chunks are done."""


def ignore_progress(done: int) -> None:
    """Tells nobody."""
    del done


class BadPackage(WalletError):
    """The file is no package, or not the package of what is sold."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: expected a package of encrypted data: {why}")


@dataclass(frozen=True, slots=True)
class Package:
    """An encrypted file with the leaves of what it holds."""

    path: Path
    plain_tree: ChunkTree
    cipher_tree: ChunkTree

    @property
    def size_bytes(self) -> int:
        """How long the data is, plain or encrypted."""
        return self.plain_tree.size_bytes

    def prove(self, index: int) -> ChunkProof:
        """What a dispute shows of one chunk."""
        with _opening(self.path):
            chunk = _read_chunk(self.path, self.size_bytes, index)
        return ChunkProof(
            index,
            chunk,
            self.cipher_tree.get_path(index),
            self.plain_tree.levels[0][index],
            self.plain_tree.get_path(index),
        )


def pack_file(
    source: Path, target: Path, key: bytes, on_progress: OnProgress = ignore_progress
) -> Package:
    """Encrypts a file into a package, whole or not at all. `WalletError`, `BadPackage`."""
    with _opening(source), source.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if not 1 <= size <= CHUNKED_BYTES_MAX:
            raise WalletError(f"{source}: expected 1 to {CHUNKED_BYTES_MAX} bytes, got {size}")
        leaves = [compute_leaf(chunk) for chunk in _iter_chunks(stream, source, size)]
        plain_tree = commit_chunk_leaves(size, leaves)
        stream_key = compute_stream_key(key, plain_tree.root)
        stream.seek(0)
        cipher_leaves: list[Hash] = []
        with _writing(target) as out:
            out.write(MAGIC + size.to_bytes(8, "little") + b"".join(leaves))
            for index, chunk in enumerate(_iter_chunks(stream, source, size)):
                if compute_leaf(chunk) != leaves[index]:
                    raise _make_changed(source)
                encrypted = encrypt_chunk(stream_key, index, chunk)
                cipher_leaves.append(compute_leaf(encrypted))
                out.write(encrypted)
                on_progress(index + 1)
    return Package(target, plain_tree, commit_chunk_leaves(size, cipher_leaves))


def load_package(path: Path, on_progress: OnProgress = ignore_progress) -> Package:
    """Reads a package and hashes all of it. `WalletError`, `BadPackage`."""
    with _opening(path), path.open("rb") as stream:
        header = stream.read(HEADER_BYTES)
        if header[: len(MAGIC)] != MAGIC or len(header) < HEADER_BYTES:
            raise BadPackage(path, "it begins otherwise")
        size = int.from_bytes(header[len(MAGIC) :], "little")
        if not 1 <= size <= CHUNKED_BYTES_MAX:
            raise BadPackage(path, f"it says that it holds {size} bytes")
        expected = _compute_offset(size) + size
        found = os.fstat(stream.fileno()).st_size
        if found != expected:
            raise BadPackage(path, f"it has {found} bytes, not {expected}")
        leaves = [Hash(stream.read(LEAF_BYTES)) for _ in range(count_chunks(size))]
        cipher_leaves: list[Hash] = []
        for index, chunk in enumerate(_iter_chunks(stream, path, size)):
            cipher_leaves.append(compute_leaf(chunk))
            on_progress(index + 1)
    return Package(
        path, commit_chunk_leaves(size, leaves), commit_chunk_leaves(size, cipher_leaves)
    )


def ensure_package(package: Package, sold: SealedDataset) -> None:
    """Raises `BadPackage` unless every chunk of what is sold could be disputed with it."""
    if package.size_bytes != sold.size_bytes:
        why = f"it holds {package.size_bytes} bytes, the record names {sold.size_bytes}"
        raise BadPackage(package.path, why)
    if package.plain_tree.root != sold.plain_root:
        raise BadPackage(package.path, "its leaves are not those of the record's plain root")
    if package.cipher_tree.root != sold.cipher_root:
        raise BadPackage(package.path, "its data is not that of the record's cipher root")


def unpack_file(
    package: Package, key: bytes, target: Path, on_progress: OnProgress = ignore_progress
) -> int | None:
    """Decrypts a package into a file; the first chunk that is wrong, and then no file.

    `WalletError` where files cannot be read or written.
    """
    stream_key = compute_stream_key(key, package.plain_tree.root)
    size, leaves = package.size_bytes, package.plain_tree.levels[0]
    with _opening(package.path), package.path.open("rb") as stream:
        stream.seek(_compute_offset(size))
        with _writing(target) as out:
            for index, chunk in enumerate(_iter_chunks(stream, package.path, size)):
                plain = encrypt_chunk(stream_key, index, chunk)
                if compute_leaf(plain) != leaves[index]:
                    out.close()  # what is closed before its end is removed
                    return index
                out.write(plain)
                on_progress(index + 1)
    return None


def find_bad_chunk(
    package: Package, key: bytes, on_progress: OnProgress = ignore_progress
) -> int | None:
    """The first chunk that does not decrypt to what its leaf says."""
    stream_key = compute_stream_key(key, package.plain_tree.root)
    size, leaves = package.size_bytes, package.plain_tree.levels[0]
    with _opening(package.path), package.path.open("rb") as stream:
        stream.seek(_compute_offset(size))
        for index, chunk in enumerate(_iter_chunks(stream, package.path, size)):
            if compute_leaf(encrypt_chunk(stream_key, index, chunk)) != leaves[index]:
                return index
            on_progress(index + 1)
    return None


def count_source_chunks(path: Path) -> int:
    """How many chunks a file makes, for a bar; `WalletError`."""
    with _opening(path):
        return -(-path.stat().st_size // CHUNK_BYTES)


def count_package_chunks(path: Path) -> int:
    """About how many chunks a package has, for a bar; `WalletError`."""
    with _opening(path):
        return -(-path.stat().st_size // (CHUNK_BYTES + LEAF_BYTES))


def _compute_offset(size_bytes: int) -> int:
    """Where a package's data begins."""
    return HEADER_BYTES + LEAF_BYTES * count_chunks(size_bytes)


def _iter_chunks(stream: BinaryIO, path: Path, size_bytes: int) -> Iterator[bytes]:
    for index in range(count_chunks(size_bytes)):
        chunk = stream.read(CHUNK_BYTES)
        if len(chunk) != compute_chunk_bytes(size_bytes, index):
            raise _make_changed(path)
        yield chunk


def _make_changed(path: Path) -> WalletError:
    return WalletError(f"{path}: it has changed while it was read")


def _read_chunk(path: Path, size_bytes: int, index: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(_compute_offset(size_bytes) + index * CHUNK_BYTES)
        return stream.read(compute_chunk_bytes(size_bytes, index))


@contextmanager
def _opening(path: Path) -> Generator[None]:
    """Turns what goes wrong with a file into an error of the wallet's."""
    try:
        yield
    except OSError as error:
        raise WalletError(f"{path}: cannot be read: {error.strerror}") from error


@contextmanager
def _writing(path: Path) -> Generator[BinaryIO]:
    """A file that takes its place when the block ends, unless it was closed before."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            out = partial.open("wb")
        except OSError as error:
            raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
        with out:
            yield out
            if out.closed:
                return
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
