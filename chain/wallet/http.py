"""JSON-RPC over HTTP/1.1: one POST a call, the connection kept while the node keeps it."""

from types import TracebackType
from typing import Final, Self

import httptools
import msgspec
import trio

from chain.wallet.connect import NodeUrl, open_stream
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent
from chain.wallet.jsonrpc import decode_message, encode_request, get_result

ANSWER_BYTES_MAX: Final = 64 * 2**20
READ_BYTES: Final = 64 * 1024


class _Answer:
    """What httptools finds in one HTTP response."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_complete = False

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_complete = True


class HttpCaller:
    """Calls over HTTP, one at a time."""

    def __init__(self, url: NodeUrl, connect_s: float, request_s: float) -> None:
        self._url = url
        self._connect_s = connect_s
        self._request_s = request_s
        self._stream: trio.abc.Stream | None = None
        self._next_id = 1

    async def __aenter__(self) -> Self:
        self._stream = await open_stream(self._url, self._connect_s)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def call(self, method: str, params: tuple[object, ...]) -> msgspec.Raw:
        """The result of one call."""
        number, self._next_id = self._next_id, self._next_id + 1
        body = encode_request(number, method, params)
        try:
            with trio.fail_after(self._request_s):
                status, answer = await self._exchange(self._make_request(body))
        except trio.TooSlowError:
            await self._close()
            raise NodeSilent(str(self._url), method, self._request_s) from None
        except BaseException:
            await self._close()
            raise
        if status != 200:
            raise BadAnswer(method, f"HTTP status {status}")
        message = decode_message(answer, method)
        if message.id != number and message.error is None:
            raise BadAnswer(method, f"the answer's id is {message.id}, not {number}")
        return get_result(message, method)

    def _make_request(self, body: bytes) -> bytes:
        head = (
            f"POST {self._url.path} HTTP/1.1\r\n"
            f"Host: {self._url.authority}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._stream is None:
            self._stream = await open_stream(self._url, self._connect_s)
        answer = _Answer()
        # httptools is untyped here: a parser object with callbacks.
        parser = httptools.HttpResponseParser(answer)
        try:
            await self._stream.send_all(request)
            while not answer.is_complete:
                data = await self._stream.receive_some(READ_BYTES)
                if not data:
                    raise ConnectionLost(str(self._url), "the node closed it before the answer")
                parser.feed_data(data)
                if len(answer.body) > ANSWER_BYTES_MAX:
                    raise BadAnswer(str(self._url), f"more than {ANSWER_BYTES_MAX} bytes")
        except httptools.HttpParserError as error:
            raise BadAnswer(str(self._url), f"no HTTP: {error}") from error
        except trio.BrokenResourceError as error:
            raise ConnectionLost(str(self._url), str(error) or "broken") from error
        if not parser.should_keep_alive():
            await self._close()
        return parser.get_status_code(), bytes(answer.body)

    async def _close(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await trio.aclose_forcefully(stream)
