"""An open file of chunks, of which parts are read and proven."""

from types import TracebackType
from typing import BinaryIO, Self

from chain.blobs.chunk_file import OpenedChunk, read_chunk, read_part, read_proof, read_size
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange


class ChunkReader:
    """Reads parts as they are stored: whoever gets them checks them against the root."""

    def __init__(self, root: Root, file: BinaryIO) -> None:
        """Takes the file over. `BlobCorrupt`."""
        self._root = root
        self._file = file
        try:
            self._size_bytes = read_size(root, file)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; nothing can be read any more."""
        self._file.close()

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return self._size_bytes

    def read(self, start: int, length: int) -> bytes:
        """Bytes from a place on. `BlobCorrupt` where the file is shorter than it says."""
        return read_part(self._root, self._file, self._size_bytes, start, length)

    def prove(self, chunks: ChunkRange) -> tuple[Hash, ...]:
        """The proof of some chunks. `BlobCorrupt`."""
        return read_proof(self._root, self._file, chunks)

    def open_chunk(self, index: int) -> OpenedChunk:
        """One chunk with its path, verified. `BlobCorrupt`, `BlobError`."""
        return read_chunk(self._root, self._file, index)
