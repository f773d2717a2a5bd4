"""One WebSocket connection: messages in, answers and notifications out."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

import trio
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import generate_accept_token

from chain.rpc.dispatch import Answer, Dispatcher
from chain.rpc.http import HttpFault, HttpRequest
from chain.rpc.jsonrpc import NO_ID, Message, RpcError, encode_error, too_big_request
from chain.rpc.limits import RpcLimits
from chain.rpc.subscriptions import Subscriptions

RECEIVE_BYTES: Final = 64 << 10
_SENDABLE: Final = (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING)


def encode_acceptance(request: HttpRequest) -> bytes:
    """The response that turns a connection into a WebSocket. Raises `HttpFault` instead.

    Source: RFC 6455 section 4.2. No extension is accepted: compression would let a small message
    grow.
    """
    key = request.headers.get(b"sec-websocket-key", b"")
    if request.method != b"GET" or not _is_key(key):
        raise HttpFault(HTTPStatus.BAD_REQUEST, "expected a WebSocket handshake, got a part of one")
    version = request.headers.get(b"sec-websocket-version", b"")
    if version != b"13":
        raise HttpFault(
            HTTPStatus.UPGRADE_REQUIRED, f"expected WebSocket version 13, got {version[:20]!r}"
        )
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: %b\r\n\r\n" % generate_accept_token(key)
    )


def _is_key(key: bytes) -> bool:
    try:
        return len(b64decode(key, validate=True)) == 16
    except Base64Error:
        return False


Send: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Sends all of the data. Raises TooSlowError if the client does not read it in time."""


class Outbox:
    """Frames that wait to be written, in order, by one task."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._frames: deque[bytes] = deque()
        self._wake = trio.Event()
        self._drained = trio.Event()
        self._closed = False
        self.size = 0
        """Bytes that wait."""
        self.notifications = 0
        """How many of the frames that wait are notifications."""

    def put(self, frame: bytes, *, is_notification: bool = False) -> None:
        """Adds a frame; after `close` it is dropped."""
        if not self._closed:
            self._frames.append(frame)
            self.size += len(frame)
            self.notifications += is_notification
            self._wake.set()

    def close(self) -> None:
        """Nothing more is added; what waits is still written."""
        self._closed = True
        self._wake.set()

    async def wait_below(self, size: int) -> None:
        """Waits until fewer than so many bytes wait."""
        while self.size >= size and not self._closed:
            await self._drained.wait()

    async def run(self) -> None:
        """Writes what is added until it is closed and empty."""
        while self._frames or not self._closed:
            await self._wake.wait()
            self._wake = trio.Event()
            data = b"".join(self._frames)
            self._frames.clear()
            self.notifications = 0
            if data:
                await self._send(data)
            self.size -= len(data)
            self._drained.set()
            self._drained = trio.Event()


@dataclass(frozen=True, slots=True)
class _Client:
    """What runs for the client."""

    calls: trio.Nursery
    subscriptions: Subscriptions


class WebSocketSession:
    """Serves one client from the handshake to the end."""

    def __init__(
        self,
        stream: trio.abc.Stream,
        send: Send,
        dispatcher: Dispatcher,
        limits: RpcLimits,
        trailing: bytes,
    ) -> None:
        self._stream = stream
        self._dispatcher = dispatcher
        self._limits = limits
        self._frames = Connection(ConnectionType.SERVER, trailing_data=trailing)
        self._outbox = Outbox(send)
        self._message: list[bytes] = []
        self._message_bytes = 0
        self._running = trio.CapacityLimiter(limits.calls_in_flight_max)
        self._scope = trio.CancelScope()
        self._calls_scope = trio.CancelScope()

    async def run(self) -> None:
        """Serves until either side ends it. Raises what breaks the stream."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._outbox.run)
                with self._calls_scope:
                    async with trio.open_nursery() as calls:
                        await self._read(_Client(calls, self._make_subscriptions(calls)))
                        calls.cancel_scope.cancel()
                self._outbox.close()

    def _make_subscriptions(self, calls: trio.Nursery) -> Subscriptions:
        return Subscriptions(
            calls,
            self,
            self._dispatcher.guard,
            subscriptions_max=self._limits.subscriptions_max,
        )

    def put_notification(self, data: bytes) -> None:
        """Queues one; with too many queued the connection ends at once."""
        if self._outbox.notifications >= self._limits.queued_notifications_max:
            self._scope.cancel()
        else:
            self._put(data, is_notification=True)

    def end(self, error: RpcError) -> None:
        """Says good-bye because a subscription failed."""
        self._close(CloseReason.INTERNAL_ERROR, error.message)
        self._calls_scope.cancel()

    async def _read(self, client: _Client) -> None:
        # What came with the handshake is there already.
        while await self._take_events(client):
            await self._outbox.wait_below(self._limits.response_bytes_max)
            data = await self._receive()
            if not data:
                return
            self._frames.receive_data(data)

    async def _receive(self) -> bytes:
        """What the client sends next; nothing if it is gone, or silent after a ping."""
        interval_s = self._limits.ping_interval_s
        with trio.move_on_after(interval_s):
            return bytes(await self._stream.receive_some(RECEIVE_BYTES))
        if self._frames.state is ConnectionState.OPEN:
            self._outbox.put(self._encode(Ping()))
        with trio.move_on_after(interval_s):
            return bytes(await self._stream.receive_some(RECEIVE_BYTES))
        return b""

    async def _take_events(self, client: _Client) -> bool:
        """Handles what has come; whether the connection goes on."""
        for event in self._frames.events():
            if isinstance(event, Ping):
                if self._frames.state is ConnectionState.OPEN:
                    self._outbox.put(self._encode(event.response()))
            elif isinstance(event, CloseConnection):
                self._close(event.code, event.reason or "")
                return False
            elif isinstance(event, TextMessage | BytesMessage) and not await self._take_data(
                event, client
            ):
                return False
        return True

    async def _take_data(self, event: TextMessage | BytesMessage, client: _Client) -> bool:
        data = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
        self._message_bytes += len(data)
        if self._message_bytes > self._limits.request_bytes_max:
            self._put(encode_error(NO_ID, too_big_request(self._limits)))
            self._close(CloseReason.MESSAGE_TOO_BIG, "message too big")
            return False
        self._message.append(data)
        if event.message_finished:
            whole, self._message, self._message_bytes = b"".join(self._message), [], 0
            await self._take_message(self._dispatcher.parse(whole), client)
        return True

    async def _take_message(self, message: Message, client: _Client) -> None:
        if self._dispatcher.is_immediate(message):
            self._reply(await self._dispatcher.answer(message, client.subscriptions))
            await self._outbox.wait_below(self._limits.response_bytes_max)
            return
        token = object()
        await self._running.acquire_on_behalf_of(token)
        client.calls.start_soon(self._run_call, message, client.subscriptions, token)

    async def _run_call(
        self, message: Message, subscriptions: Subscriptions, token: object
    ) -> None:
        try:
            self._reply(await self._dispatcher.answer(message, subscriptions))
            await self._outbox.wait_below(self._limits.response_bytes_max)
        finally:
            self._running.release_on_behalf_of(token)

    def _reply(self, answer: Answer) -> None:
        if answer.data is not None:
            self._put(answer.data)
        for subscriber in answer.opened:
            subscriber.note_answered()

    def _put(self, data: bytes, *, is_notification: bool = False) -> None:
        """Queues a message; dropped once the connection is closing."""
        if self._frames.state is ConnectionState.OPEN:
            frame = self._encode(TextMessage(data=data.decode()))
            self._outbox.put(frame, is_notification=is_notification)

    def _close(self, code: int, reason: str) -> None:
        """Queues the last frame, unless it was queued."""
        if self._frames.state in _SENDABLE:
            self._outbox.put(self._encode(CloseConnection(code=code, reason=reason)))

    def _encode(self, event: Event) -> bytes:
        return self._frames.send(event)
