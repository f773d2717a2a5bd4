"""`/blobs/…`: stored files over plain HTTP, whole, in ranges and with proofs; and their upload.

    GET, HEAD  /blobs/ROOT                         the bytes; Range, If-Range, If-None-Match
    GET        /blobs/ROOT/proof?first=F&count=C   what proves these chunks against the root
    HEAD       /blobs/ROOT/upload?size=N           how far an upload is: Upload-Offset
    PATCH      /blobs/ROOT/upload?size=N           adds the body at the header Upload-Offset

Uploads are the operator's, as unsafe methods are. Files are read and written in the worker.
"""

import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import msgspec

from chain.blobs import (
    BlobBusy,
    BlobError,
    BlobMissing,
    BlobStore,
    ChunkReader,
    StoreFull,
    WrongBytes,
)
from chain.rpc.blob_requests import (
    UPLOAD_TYPE,
    BlobTarget,
    parse_number,
    parse_range,
    parse_size,
    parse_target,
)
from chain.rpc.http import JSON, TEXT, HttpFault, HttpRequest
from chain.rpc.jsonrpc import to_hex
from chain.worker import Worker
from runtime.primitives import Root
from runtime.tensor.chunk_ranges import ChunkRange

log: Final = logging.getLogger(__name__)

PART_BYTES: Final = 256 << 10
"""What is read and sent at once, and so what a stream holds in memory."""

BINARY: Final = "application/octet-stream"
ALLOWED: Final = {"": "GET, HEAD", "proof": "GET", "upload": "HEAD, PATCH"}
_STATUS: Final = (
    (BlobMissing, HTTPStatus.NOT_FOUND),
    (BlobBusy, HTTPStatus.LOCKED),
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (WrongBytes, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(slots=True)
class FileBody:
    """Bytes of an open file that are sent part by part."""

    reader: ChunkReader
    start: int
    length: int

    async def read_next(self, worker: Worker) -> bytes:
        """The next part; nothing at the end. `BlobCorrupt` where the file ends early."""
        size = min(PART_BYTES, self.length)
        if not size:
            return b""
        start, reader = self.start, self.reader
        data = await worker.run(lambda: reader.read(start, size))
        self.start, self.length = start + size, self.length - size
        return data


@dataclass(slots=True)
class BlobReply:
    """What goes back: a status, headers and a body, which may be a file's."""

    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes | FileBody = b""

    def close(self) -> None:
        """Lets go of the file."""
        if isinstance(self.body, FileBody):
            self.body.reader.close()


class BlobRoutes:
    """Answers requests from a store."""

    def __init__(self, store: BlobStore, worker: Worker, *, uploads_allowed: bool) -> None:
        self._store = store
        self._worker = worker
        self._uploads_allowed = uploads_allowed

    @property
    def worker(self) -> Worker:
        """Where files are read."""
        return self._worker

    async def answer(self, request: HttpRequest) -> BlobReply:
        """The reply to a request; never raises but for cancellation. Whoever gets it closes it."""
        headers: dict[str, str] = {}
        try:
            target = parse_target(request)
            method = request.method.decode("latin-1")
            if method not in ALLOWED[target.part].split(", "):
                headers["allow"] = ALLOWED[target.part]
                text = f"expected {ALLOWED[target.part]}, got {method:.20}"
                raise HttpFault(HTTPStatus.METHOD_NOT_ALLOWED, text)
            if target.part == "upload":
                return await self._answer_upload(request, target, headers)
            if target.part == "proof":
                return await self._worker.run(lambda: self._prove(target))
            return await self._worker.run(lambda: self._open(request, target.root, headers))
        except HttpFault as fault:
            return _refuse(fault.status, fault.why, headers)
        except BlobError as error:
            status = next((s for kind, s in _STATUS if isinstance(error, kind)), None)
            if status is None:
                log.warning("a blob cannot be served", extra={"why": str(error)})
                status = HTTPStatus.INTERNAL_SERVER_ERROR
            return _refuse(status, str(error), headers)

    def _open(self, request: HttpRequest, root: Root, headers: dict[str, str]) -> BlobReply:
        reader = self._store.open_chunks(root)
        try:
            tag = f'"{root.hex()}"'
            headers |= {"accept-ranges": "bytes", **_make_lasting(tag)}
            if _matches(request.get_text(b"if-none-match"), tag):
                reader.close()
                return BlobReply(HTTPStatus.NOT_MODIFIED, headers)
            if request.method == b"HEAD":
                reader.close()
                length = {"content-type": BINARY, "content-length": str(reader.size_bytes)}
                return BlobReply(HTTPStatus.OK, headers | length)
            return _make_file_reply(request, reader, tag, headers)
        except BaseException:
            reader.close()
            raise

    def _prove(self, target: BlobTarget) -> BlobReply:
        with self._store.open_chunks(target.root) as reader:
            first, count = target.get_number("first"), target.get_number("count", 1)
            try:
                chunks = ChunkRange(reader.size_bytes, first, count)
            except ValueError as error:
                raise HttpFault(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, str(error)) from None
            proof = reader.prove(chunks)
        told = {
            "size": str(chunks.size_bytes),
            "first": first,
            "count": count,
            "proof": [to_hex(node) for node in proof],
        }
        tag = f'"{target.root.hex()}-{first}-{count}"'
        headers = {"content-type": JSON, **_make_lasting(tag)}
        return BlobReply(HTTPStatus.OK, headers, msgspec.json.encode(told))

    async def _answer_upload(
        self, request: HttpRequest, target: BlobTarget, headers: dict[str, str]
    ) -> BlobReply:
        if not self._uploads_allowed:
            text = "uploads are the operator's: expected rpc.methods to allow unsafe ones"
            raise HttpFault(HTTPStatus.FORBIDDEN, text)
        size = parse_size(target)
        headers |= {"cache-control": "no-store", "upload-length": str(size)}
        if request.method == b"HEAD":
            done = await self._worker.run(lambda: self._find_done(target.root, size))
            if done is None:
                raise HttpFault(HTTPStatus.NOT_FOUND, "nothing of it is here yet")
            headers["upload-offset"] = str(done)
            return BlobReply(HTTPStatus.OK, headers)
        given = request.headers.get(b"content-type", b"").strip().lower()
        if given != UPLOAD_TYPE:
            text = f"expected Content-Type {UPLOAD_TYPE.decode()}, got {given.decode('latin-1')!r}"
            raise HttpFault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{text:.200}")
        offset = parse_number("Upload-Offset", request.get_text(b"upload-offset"))
        await self._worker.run(lambda: self._add(target.root, size, offset, request.body, headers))
        return BlobReply(HTTPStatus.NO_CONTENT, headers)

    def _find_done(self, root: Root, size: int) -> int | None:
        if self._store.get_chunked_size(root) == size:
            return size
        return self._store.get_partial_bytes(root, size)

    def _add(
        self, root: Root, size: int, offset: int, data: bytes, headers: dict[str, str]
    ) -> None:
        """Adds to an upload, and ends it with its last byte."""
        if self._store.get_chunked_size(root) == size:
            _ensure_offset(offset, size, headers)
            if data:
                raise HttpFault(HTTPStatus.CONFLICT, "expected no more bytes: all are here")
            return
        with self._store.open_partial(root, size) as partial:
            _ensure_offset(offset, partial.done_bytes, headers)
            if offset + len(data) > size:
                text = f"expected at most {size - offset} bytes, got {len(data)}"
                raise HttpFault(HTTPStatus.BAD_REQUEST, text)
            partial.append(data)
            headers["upload-offset"] = str(partial.done_bytes)
            if partial.done_bytes == size:
                partial.finish()


def _ensure_offset(offset: int, done: int, headers: dict[str, str]) -> None:
    headers["upload-offset"] = str(done)
    if offset != done:
        text = f"Upload-Offset: expected {done}, which is how far it is, got {offset}"
        raise HttpFault(HTTPStatus.CONFLICT, text)


def _make_file_reply(
    request: HttpRequest, reader: ChunkReader, tag: str, headers: dict[str, str]
) -> BlobReply:
    wanted = request.get_text(b"range")
    if request.get_text(b"if-range") not in (None, tag):
        wanted = None
    size = reader.size_bytes
    try:
        part = parse_range(wanted, size)
    except HttpFault:
        headers["content-range"] = f"bytes */{size}"
        raise
    start, length = (0, size) if part is None else part
    headers |= {"content-type": BINARY, "content-length": str(length)}
    headers["x-content-type-options"] = "nosniff"  # a page that somebody uploaded is no page
    if part is None:
        return BlobReply(HTTPStatus.OK, headers, FileBody(reader, start, length))
    headers["content-range"] = f"bytes {start}-{start + length - 1}/{size}"
    return BlobReply(HTTPStatus.PARTIAL_CONTENT, headers, FileBody(reader, start, length))


def _make_lasting(tag: str) -> dict[str, str]:
    """What a root names never changes."""
    return {"etag": tag, "cache-control": "public, max-age=31536000, immutable"}


def _matches(given: str | None, tag: str) -> bool:
    tags = (given or "").split(",")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in tags)


def _refuse(status: HTTPStatus, why: str, headers: dict[str, str]) -> BlobReply:
    kept = {
        name: value
        for name, value in headers.items()
        if name in ("allow", "content-range", "upload-offset", "upload-length")
    }
    return BlobReply(status, {**kept, "content-type": TEXT}, f"{why}\n".encode())
