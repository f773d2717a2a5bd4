"""JSON-RPC over a WebSocket: calls, and subscriptions that tell news.

Nothing runs in the background: whoever waits for an answer or for news reads the connection, and
keeps what is for others.
"""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

import msgspec
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from chain.wallet.connect import NodeUrl, open_stream
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent
from chain.wallet.jsonrpc import Message, Notice, decode_message, encode_request, get_result

T = TypeVar("T")
MESSAGE_BYTES_MAX: Final = 64 * 2**20
NEWS_QUEUED_MAX: Final = 4_096
READ_BYTES: Final = 64 * 1024
CLOSE_S: Final = 1
_CLOSED: Final = (trio.BrokenResourceError, trio.ClosedResourceError)


class WebSocketCaller:
    """One connection, used by one task at a time."""

    def __init__(self, url: NodeUrl, stream: trio.abc.Stream, request_s: float) -> None:
        self._url = url
        self._stream = stream
        self._request_s = request_s
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._messages: deque[Message] = deque()
        self._news: dict[str, deque[msgspec.Raw]] = {}
        self._partial: list[str] = []
        self._partial_size = 0
        self._is_open = False
        self._next_id = 1

    async def shake_hands(self) -> None:
        """Turns the HTTP connection into a WebSocket."""
        request = Request(host=self._url.authority, target=self._url.path)
        try:
            with trio.fail_after(self._request_s):
                await self._send(self._protocol.send(request))
                while not self._is_open:
                    await self._receive()
        except trio.TooSlowError:
            raise NodeSilent(str(self._url), "the handshake", self._request_s) from None

    async def call(self, method: str, params: tuple[object, ...]) -> msgspec.Raw:
        """The result of one call; news that come before it are kept."""
        number, self._next_id = self._next_id, self._next_id + 1
        text = encode_request(number, method, params).decode()
        try:
            with trio.fail_after(self._request_s):
                await self._send_message(text)
                while True:
                    message = await self._next_message()
                    if message.id == number:
                        return get_result(message, method)
                    if message.id is None and message.method is None and message.error:
                        return get_result(message, method)
        except trio.TooSlowError:
            raise NodeSilent(str(self._url), method, self._request_s) from None

    async def wait_news(self, subscription: str) -> msgspec.Raw:
        """What the subscription tells next, however long it takes."""
        queue = self._news.setdefault(subscription, deque())
        while not queue:
            await self._next_message()
        return queue.popleft()

    async def close(self) -> None:
        """Says good-bye, without waiting long for the node's."""
        with trio.move_on_after(CLOSE_S) as scope:
            scope.shield = True
            if self._is_open:
                with suppress(*_CLOSED, LocalProtocolError):
                    await self._stream.send_all(self._protocol.send(CloseConnection(code=1000)))
            await trio.aclose_forcefully(self._stream)

    async def _next_message(self) -> Message:
        """The next answer or notice; a notice is put where its reader finds it."""
        while not self._messages:
            await self._receive()
        message = self._messages.popleft()
        if message.params is not None:
            self._keep(message.params)
        return message

    def _keep(self, notice: Notice) -> None:
        queue = self._news.setdefault(notice.subscription, deque())
        if len(queue) >= NEWS_QUEUED_MAX:
            raise BadAnswer(str(self._url), f"{NEWS_QUEUED_MAX} news that nobody waits for")
        queue.append(notice.result)

    async def _receive(self) -> None:
        try:
            data = await self._stream.receive_some(READ_BYTES)
            self._protocol.receive_data(bytes(data) or None)
        except _CLOSED as error:
            raise ConnectionLost(str(self._url), str(error) or "broken") from error
        except RemoteProtocolError as error:
            raise BadAnswer(str(self._url), f"no WebSocket: {error}") from error
        for event in self._protocol.events():
            match event:
                case AcceptConnection():
                    self._is_open = True
                case RejectConnection():
                    raise BadAnswer(str(self._url), f"HTTP status {event.status_code}")
                case TextMessage():
                    self._add_text(event.data, is_last=event.message_finished)
                case BytesMessage():
                    raise BadAnswer(str(self._url), "a binary message")
                case Ping():
                    await self._send(self._protocol.send(event.response()))
                case CloseConnection():
                    self._is_open = False
                    raise ConnectionLost(str(self._url), event.reason or f"code {event.code}")
                case _:
                    pass

    def _add_text(self, text: str, *, is_last: bool) -> None:
        self._partial.append(text)
        self._partial_size += len(text)
        if self._partial_size > MESSAGE_BYTES_MAX:
            raise BadAnswer(str(self._url), f"more than {MESSAGE_BYTES_MAX} bytes")
        if is_last:
            whole = "".join(self._partial)
            self._partial.clear()
            self._partial_size = 0
            self._messages.append(decode_message(whole, str(self._url)))

    async def _send_message(self, text: str) -> None:
        try:
            data = self._protocol.send(TextMessage(data=text))
        except LocalProtocolError as error:
            raise ConnectionLost(str(self._url), "it is closed") from error
        await self._send(data)

    async def _send(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except _CLOSED as error:
            raise ConnectionLost(str(self._url), str(error) or "broken") from error


@asynccontextmanager
async def open_web_socket(
    url: NodeUrl, connect_s: float, request_s: float
) -> AsyncGenerator[WebSocketCaller]:
    """A WebSocket to the node until the block ends. `NodeUnreachable`, `NodeSilent` …."""
    stream = await open_stream(url, connect_s)
    caller = WebSocketCaller(url, stream, request_s)
    try:
        await caller.shake_hands()
        yield caller
    finally:
        await caller.close()
