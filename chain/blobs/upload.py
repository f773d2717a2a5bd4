"""Uploading a file to a node, piece by piece; it goes on where the node says that it is.

Nothing of an upload is remembered here: after a restart of either side the node is asked.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import trio

from chain.blobs.chunk_tree import compute_file_root
from chain.blobs.errors import BlobError
from chain.blobs.source import CONNECT_S, REQUEST_S, explain
from chain.blobs.store import OnProgress
from chain.wallet.connect import NodeUrl
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent, NodeUnreachable
from chain.wallet.http_client import HttpAnswer, HttpClient, HttpQuestion
from chain.worker import Worker
from runtime.primitives import Root
from runtime.tensor.chunks import CHUNKED_BYTES_MAX

PIECE_BYTES: Final = 1 << 20
RETRY_S: Final = 1
TRIES: Final = 20
"""How often in a row nothing may come of it before it is given up."""

CHECK_BYTES_PER_S: Final = 20 * 2**20
"""How fast a node hashes a whole file at least; its last answer takes that long."""

LOST: Final = (ConnectionLost, NodeSilent, NodeUnreachable)
BUSY: Final = (423, 503)
CONFLICT: Final = 409


class UploadRefused(BlobError):
    """The node does not take the file."""

    def __init__(self, url: str, answer: HttpAnswer) -> None:
        super().__init__(f"{url} refused the upload: {explain(answer)}")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file and what names its content."""

    path: Path
    root: Root
    size_bytes: int


def hash_file(path: Path) -> LocalFile:
    """Computes a file's chunk root. `BlobError`."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if not 1 <= size <= CHUNKED_BYTES_MAX:
                raise BlobError(f"{path}: expected 1 to {CHUNKED_BYTES_MAX} bytes, got {size}")
            return LocalFile(path, compute_file_root(file, size), size)
    except OSError as error:
        raise BlobError(f"{path}: cannot be read: {error.strerror}") from error


async def upload_file(
    file: LocalFile, url: NodeUrl, worker: Worker, on_progress: OnProgress, retry_s: float = RETRY_S
) -> int:
    """Brings a file to a node; how many bytes were sent, which may be none.

    A node that goes away is waited for. `UploadRefused`, `BlobError`, `WalletError`.
    """
    upload = _Upload(file, HttpClient(url.over_http(), CONNECT_S, REQUEST_S))
    offset, sent, failures = None, 0, 0
    try:
        while offset != file.size_bytes:
            try:
                if offset is None:
                    before = await upload.ask_offset()
                    on_progress(before)
                    offset = before
                    continue
                data = await worker.run(partial(read_piece, file, offset))
                after = await upload.send(offset, data)
            except LOST:
                failures, offset = failures + 1, None
                if failures >= TRIES:
                    raise
                await trio.sleep(retry_s)
            else:
                if after is not None:
                    sent, failures = sent + len(data), 0
                    on_progress(after)
                elif (failures := failures + 1) >= TRIES:
                    raise BadAnswer(str(url), "it never says how far the upload is")
                offset = after
    finally:
        await upload.close()
    return sent


def read_piece(file: LocalFile, offset: int) -> bytes:
    """The next bytes to send. `BlobError` where the file has become shorter."""
    size = min(PIECE_BYTES, file.size_bytes - offset)
    try:
        with file.path.open("rb") as stream:
            stream.seek(offset)
            data = stream.read(size)
    except OSError as error:
        raise BlobError(f"{file.path}: cannot be read: {error.strerror}") from error
    if len(data) != size:
        raise BlobError(f"{file.path}: it has changed while it was read")
    return data


class _Upload:
    """The requests of one upload."""

    def __init__(self, file: LocalFile, http: HttpClient) -> None:
        self._file = file
        self._http = http
        prefix = http.url.path.partition("?")[0].rstrip("/")
        self._target = f"{prefix}/blobs/{file.root.hex()}/upload?size={file.size_bytes}"

    async def close(self) -> None:
        await self._http.close()

    async def ask_offset(self) -> int:
        """How far it is."""
        [answer] = await self._http.ask(HttpQuestion("HEAD", self._target))
        if answer.status == 404 and "upload-length" in answer.headers:
            return 0
        if answer.status != 200:
            raise UploadRefused(str(self._http.url), answer)
        return self._get_offset(answer)

    async def send(self, offset: int, data: bytes) -> int | None:
        """How far it is after a piece; None if the node is somewhere else, or busy."""
        headers = (
            ("Content-Type", "application/offset+octet-stream"),
            ("Upload-Offset", str(offset)),
        )
        is_last = offset + len(data) == self._file.size_bytes
        limit_s = REQUEST_S + (self._file.size_bytes / CHECK_BYTES_PER_S if is_last else 0)
        question = HttpQuestion("PATCH", self._target, headers, data)
        [answer] = await self._http.ask(question, request_s=limit_s)
        if answer.status == CONFLICT:
            return None
        if answer.status in BUSY:
            raise ConnectionLost(str(self._http.url), "somebody else is writing the same file")
        if answer.status != 204:
            raise UploadRefused(str(self._http.url), answer)
        after = self._get_offset(answer)
        if after != offset + len(data):
            raise BadAnswer(str(self._http.url), f"Upload-Offset {after} after {len(data)} bytes")
        return after

    def _get_offset(self, answer: HttpAnswer) -> int:
        text = answer.headers.get("upload-offset", "")
        offset = int(text) if text.isdecimal() and len(text) <= 13 else -1
        if not 0 <= offset <= self._file.size_bytes:
            raise BadAnswer(str(self._http.url), f"an Upload-Offset of {text[:40]!r}")
        return offset
