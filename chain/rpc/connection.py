"""One connection: HTTP requests in order, or the WebSocket it becomes."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

import trio

from chain.blobs import BlobError
from chain.rpc.access import AccessPolicy
from chain.rpc.blob_requests import BLOBS_PATH
from chain.rpc.blob_routes import BlobReply, BlobRoutes, FileBody
from chain.rpc.blob_streams import BlobStreams
from chain.rpc.dispatch import Dispatcher
from chain.rpc.http import (
    CONTINUE,
    JSON,
    TEXT,
    HttpFault,
    HttpParser,
    HttpRequest,
    encode_head,
    encode_response,
)
from chain.rpc.jsonrpc import RpcError
from chain.rpc.limits import RpcLimits
from chain.rpc.websocket import RECEIVE_BYTES, WebSocketSession, encode_acceptance

_log: Final = logging.getLogger(__name__)
_WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

FLUSH_BYTES: Final = 256 << 10
"""Answers to pipelined requests are gathered this far before they are sent."""
LINGER_S: Final = 1
"""How long a refused client may go on sending before the connection is cut."""
PREFLIGHT_S: Final = 3_600
"""How long a browser remembers what a page may do."""


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a GET of a page is answered with."""

    content_type: str
    body: bytes


Page: TypeAlias = Callable[[], PageContent]
"""Makes a page's content anew for each request."""


@dataclass(frozen=True, slots=True)
class Service:
    """What every connection uses."""

    limits: RpcLimits
    access: AccessPolicy
    dispatcher: Dispatcher
    pages: Mapping[str, Page]
    blobs: BlobRoutes | None
    """None where the node serves no files."""

    streams: BlobStreams


class HttpConnection:
    """Serves the requests of one client."""

    def __init__(
        self, stream: trio.abc.HalfCloseableStream, service: Service, network: str | None
    ) -> None:
        """``network`` is where the client is, as `find_network` says."""
        self._stream = stream
        self._service = service
        self._network = network
        self._limits = service.limits
        self._parser = HttpParser(service.limits)
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._was_idle = True
        self._deadline_s = 0.0

    async def run(self) -> None:
        """Serves to the end. Raises what breaks the stream."""
        try:
            await self._serve()
        except HttpFault as fault:
            await self.refuse(fault)

    async def refuse(self, fault: HttpFault) -> None:
        """Answers with a status, and ends so that the client can read it."""
        await self._flush()
        body = f"{fault.why}\n".encode()
        await self._send(encode_response(fault.status, body, content_type=TEXT, keep_alive=False))
        await self._stream.send_eof()
        # Closing while something is unread would make the system throw the answer away.
        with trio.move_on_after(LINGER_S):
            while await self._stream.receive_some(RECEIVE_BYTES):
                pass

    async def _serve(self) -> None:
        while data := await self._receive():
            for request in self._parser.feed(data):
                if request.is_upgrade:
                    await self._become_websocket(request)
                    return
                self._was_idle = True  # what follows is another request, with a time of its own
                blobs = self._service.blobs
                if blobs is not None and request.path.startswith(BLOBS_PATH):
                    await self._answer_blob(request, blobs)
                else:
                    await self._answer(request)
                if not request.keep_alive:
                    await self._flush()
                    return
            if self._parser.fault is not None:
                raise self._parser.fault
            if self._parser.wants_continue:
                self._parser.wants_continue = False
                self._add(CONTINUE)
            await self._flush()

    async def _receive(self) -> bytes:
        """What the client sends next; nothing if it is gone, or idle for long."""
        is_idle = self._parser.is_idle
        if is_idle:
            self._deadline_s = trio.current_time() + self._limits.idle_timeout_s
        elif self._was_idle:
            self._deadline_s = trio.current_time() + self._limits.request_timeout_s
        self._was_idle = is_idle
        with trio.move_on_at(self._deadline_s):
            return bytes(await self._stream.receive_some(RECEIVE_BYTES))
        if is_idle:
            return b""
        text = f"no whole request within {self._limits.request_timeout_s:g} s"
        raise HttpFault(HTTPStatus.REQUEST_TIMEOUT, text)

    async def _become_websocket(self, request: HttpRequest) -> None:
        self._ensure_access(request)
        self._add(encode_acceptance(request))
        await self._flush()
        service = self._service
        session = WebSocketSession(
            self._stream, self._send, service.dispatcher, service.limits, self._parser.trailing
        )
        await session.run()

    async def _answer(self, request: HttpRequest) -> None:
        try:
            self._ensure_access(request)
            body, content_type, headers = await self._make_content(request)
            status = HTTPStatus.NO_CONTENT if body is None else HTTPStatus.OK
        except HttpFault as fault:
            status, content_type = fault.status, TEXT
            body, headers = f"{fault.why}\n".encode(), dict[str, str]()
            if status is HTTPStatus.METHOD_NOT_ALLOWED:
                headers["allow"] = "GET, OPTIONS, POST"
        else:
            headers |= _make_permission(request)
        response = encode_response(
            status,
            body or b"",
            content_type=content_type,
            headers=headers,
            keep_alive=request.keep_alive,
        )
        self._add(response)
        if self._pending_bytes >= FLUSH_BYTES:
            await self._flush()

    async def _answer_blob(self, request: HttpRequest, blobs: BlobRoutes) -> None:
        """Answers from the store; a file goes out part by part, as the client reads it."""
        await self._flush()
        try:
            self._ensure_access(request)
            with self._service.streams.take(self._network):
                reply = await self._service.dispatcher.run_guarded(
                    request.path, blobs.answer(request)
                )
                if isinstance(reply, RpcError):
                    raise HttpFault(HTTPStatus.INTERNAL_SERVER_ERROR, reply.message)
                try:
                    await self._send_reply(request, reply, blobs)
                finally:
                    reply.close()
        except HttpFault as fault:
            body = f"{fault.why}\n".encode()
            whole = encode_response(
                fault.status, body, content_type=TEXT, keep_alive=request.keep_alive
            )
            self._add(whole[: -len(body)] if request.method == b"HEAD" else whole)

    async def _send_reply(self, request: HttpRequest, reply: BlobReply, blobs: BlobRoutes) -> None:
        headers, body = {**reply.headers, **_make_permission(request)}, reply.body
        if not isinstance(body, FileBody) and reply.status not in _WITHOUT_BODY:
            headers.setdefault("content-length", str(len(body)))
        self._add(encode_head(reply.status, headers, keep_alive=request.keep_alive))
        if not isinstance(body, FileBody):
            self._add(b"" if request.method == b"HEAD" else body)
            return
        try:
            await self._send_file(body, blobs)
        except BlobError as error:
            # The length is promised already: ending early is all that can be said.
            _log.warning("a blob cannot be served to its end", extra={"why": str(error)})
            request.keep_alive = False

    async def _send_file(self, body: FileBody, blobs: BlobRoutes) -> None:
        """Sends it part by part, for as long as the client reads fast enough."""
        limits = self._limits
        patience_s = limits.send_timeout_s
        while part := await body.read_next(blobs.worker):
            self._add(part)
            begun_s = trio.current_time()
            with trio.fail_after(patience_s):
                await self._flush()
            earned_s = len(part) / limits.blob_bytes_per_s_min
            patience_s += earned_s - (trio.current_time() - begun_s)
            # Below zero where the last bytes went out late, while something else kept the loop.
            patience_s = min(max(patience_s, 0), limits.send_timeout_s)

    def _ensure_access(self, request: HttpRequest) -> None:
        host, origin = request.get_text(b"host"), request.get_text(b"origin")
        if not self._service.access.is_host_allowed(host):
            text = f"expected an IP address or a name in rpc.hosts as Host, got {host!r:.100}"
            raise HttpFault(HTTPStatus.FORBIDDEN, text)
        if not self._service.access.is_origin_allowed(origin):
            text = f"expected an origin in rpc.origins, got {origin!r:.100}"
            raise HttpFault(HTTPStatus.FORBIDDEN, text)

    async def _make_content(self, request: HttpRequest) -> tuple[bytes | None, str, dict[str, str]]:
        """Body (None for no content), its type and further headers."""
        match request.method:
            case b"POST":
                return await self._call(request), JSON, {}
            case b"GET" if request.path in self._service.pages:
                return await self._make_page(request.path)
            case b"GET":
                text = "expected POST with JSON, a WebSocket, or GET of a page that is here"
                raise HttpFault(HTTPStatus.NOT_FOUND, text)
            case b"OPTIONS":
                return None, JSON, _make_preflight(request)
            case _:
                text = f"expected GET, OPTIONS or POST, got {request.method.decode()}"
                raise HttpFault(HTTPStatus.METHOD_NOT_ALLOWED, text)

    async def _make_page(self, path: str) -> tuple[bytes, str, dict[str, str]]:
        page = await self._service.dispatcher.make_guarded(path, self._service.pages[path])
        if isinstance(page, RpcError):
            raise HttpFault(HTTPStatus.INTERNAL_SERVER_ERROR, page.message)
        return page.body, page.content_type, {}

    async def _call(self, request: HttpRequest) -> bytes | None:
        content_type = request.headers.get(b"content-type", b"").partition(b";")[0].strip()
        if content_type.lower() != b"application/json":
            # A page may send other types anywhere without asking the browser's leave first.
            got = repr(content_type.decode("latin-1"))
            text = f"expected Content-Type application/json, got {got:.100}"
            raise HttpFault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text)
        dispatcher = self._service.dispatcher
        message = dispatcher.parse(request.body)
        if not dispatcher.is_immediate(message):
            await self._flush()
        return (await dispatcher.answer(message, None)).data

    def _add(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)

    async def _flush(self) -> None:
        if self._pending:
            data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending, self._pending_bytes = [], 0
            await self._send(data)

    async def _send(self, data: bytes) -> None:
        with trio.fail_after(self._limits.send_timeout_s):
            await self._stream.send_all(data)


def _make_permission(request: HttpRequest) -> dict[str, str]:
    """Tells a browser that the page which asked may read the answer."""
    origin = request.get_text(b"origin")
    return {} if origin is None else {"access-control-allow-origin": origin, "vary": "origin"}


def _make_preflight(request: HttpRequest) -> dict[str, str]:
    headers = {
        "access-control-allow-methods": "GET, OPTIONS, POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": str(PREFLIGHT_S),
    }
    if request.headers.get(b"access-control-request-private-network") == b"true":
        headers["access-control-allow-private-network"] = "true"
    return headers
