"""HTTP/1.1 requests and responses as bytes. No I/O: fed with what came, it tells what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httptools

from chain.rpc.limits import RpcLimits

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"


class HttpFault(Exception):
    """A request that gets no answer but a status; the connection ends with it."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(f"{status.value} {status.phrase}: {why}")
        self.status = status
        self.why = why


@dataclass(slots=True)
class HttpRequest:
    """One whole request."""

    method: bytes = b""
    target: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    """By lower-case name; of one sent twice, both values with a comma."""
    body: bytes = b""
    keep_alive: bool = True
    """Whether the client wants to send more on this connection."""
    is_upgrade: bool = False
    """Whether the client wants to go on in another protocol."""

    def get_text(self, name: bytes) -> str | None:
        """A header's value, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def path(self) -> str:
        """The target without a query."""
        return self.target.partition(b"?")[0].decode("latin-1")

    def encode_plain_head(self) -> bytes:
        """The request line and headers, without the wish to go on in another protocol."""
        lines = [b"%b %b HTTP/1.1" % (self.method, self.target)]
        lines += [
            b"%b: %b" % each for each in self.headers.items() if each[0] not in _UPGRADE_HEADERS
        ]
        return b"\r\n".join([*lines, b"", b""])


_UPGRADE_HEADERS: Final = (b"upgrade", b"connection", b"http2-settings")


class HttpParser:
    """The requests in a stream of bytes, in order.

    The `on_` methods are called by the parser of httptools.
    """

    def __init__(self, limits: RpcLimits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._done: list[HttpRequest] = []
        self._request: HttpRequest | None = None
        self._chunks: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._whole_head_bytes = 0
        self._is_head = True
        self.fault: HttpFault | None = None
        """What is wrong with what came after the last whole request; no more is read then."""
        self.trailing = b""
        """What came after a request to go on in another protocol."""
        self.wants_continue = False
        """Whether the client waits for `CONTINUE` before it sends the body."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self._request is None and not self._head_bytes

    def feed(self, data: bytes) -> list[HttpRequest]:
        """The requests that `data` completes; see `fault` for what it spoils."""
        self._done = []
        while data and self.fault is None:
            self._head_bytes += len(data) if self._is_head else 0
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._take_upgrade(data[upgrade.args[0] :])
                continue
            except httptools.HttpParserError as error:
                self._note(HTTPStatus.BAD_REQUEST, str(error))
            break
        if self._is_head and self._head_bytes > self._limits.head_bytes_max:
            self._note_head(self._head_bytes)
        return self._done

    def _take_upgrade(self, rest: bytes) -> bytes:
        """Handles a request to go on in another protocol; what there is to read after it.

        The parser stops at the end of its headers.
        """
        if not self._done:
            return b""
        if self._done[-1].is_upgrade:
            self.trailing = rest
            return b""
        if self._done[-1].method == b"CONNECT":
            self._done[-1].keep_alive = False
            return b""
        # To a protocol that we do not speak: it is a plain request, which may have a body.
        self._parser = httptools.HttpRequestParser(self)
        return self._done.pop().encode_plain_head() + rest

    def on_message_begin(self) -> None:
        """A request begins."""
        self._request = HttpRequest()
        self._chunks = []
        self._body_bytes = 0
        self._whole_head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        if self._request is not None:
            self._request.target += url
            self._note_head(len(url))

    def on_header(self, name: bytes, value: bytes | None) -> None:
        """One header."""
        if self._request is not None:
            headers, key = self._request.headers, name.lower()
            before = headers.get(key)
            headers[key] = (value or b"") if before is None else before + b", " + (value or b"")
            self._note_head(len(name) + len(value or b"") + 4)

    def on_headers_complete(self) -> None:
        """The body follows, if there is one."""
        self._is_head = False
        self._head_bytes = 0
        if self._request is None:
            return
        length = self._request.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._limits.request_bytes_max:
            self._note_too_large()
        elif self._request.headers.get(b"expect", b"").lower() == b"100-continue":
            self.wants_continue = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self.wants_continue = False
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.request_bytes_max:
            self._note_too_large()
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        request, self._request = self._request, None
        self._is_head = True
        self.wants_continue = False
        if request is not None and self.fault is None:
            request.method = self._parser.get_method()
            request.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            request.keep_alive = self._parser.should_keep_alive()
            request.is_upgrade = (
                self._parser.should_upgrade()
                and request.headers.get(b"upgrade", b"").lower() == b"websocket"
            )
            self._done.append(request)

    def _note_head(self, size: int) -> None:
        self._whole_head_bytes += size
        if self._whole_head_bytes > self._limits.head_bytes_max:
            text = f"expected at most {self._limits.head_bytes_max} bytes of headers, got more"
            self._note(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)

    def _note_too_large(self) -> None:
        text = f"expected at most {self._limits.request_bytes_max} bytes, got more"
        self._note(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)

    def _note(self, status: HTTPStatus, why: str) -> None:
        if self.fault is None:
            self.fault = HttpFault(status, why)


_OK_JSON: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "


def encode_response(
    status: HTTPStatus,
    body: bytes,
    *,
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
    keep_alive: bool = True,
) -> bytes:
    """A whole response; the connection stays open after it if `keep_alive`."""
    if status is HTTPStatus.OK and content_type is JSON and keep_alive and not headers:
        return b"%b%d\r\n\r\n%b" % (_OK_JSON, len(body), body)
    content = {"content-type": content_type, "content-length": str(len(body))}
    known = {} if status is HTTPStatus.NO_CONTENT else content
    return encode_head(status, {**known, **(headers or {})}, keep_alive=keep_alive) + body


def encode_head(status: HTTPStatus, headers: Mapping[str, str], *, keep_alive: bool) -> bytes:
    """What comes before a response's body, whose length is one of the headers."""
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not keep_alive:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
