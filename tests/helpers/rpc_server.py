"""A scripted JSON-RPC server on loopback, over HTTP and WebSocket, in a thread of its own.

A method's answer is what its function returns; it may also be one of the misdeeds below.
"""

import json
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

Method = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Answered as an error."""

    code: int
    message: str
    data: object = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Never answered."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """The connection ends instead of an answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """Sent as it is instead of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class News:
    """A subscription's id, then its notices; each may stand for a misdeed."""

    method: str
    items: Iterable[object]
    subscription: str = "sub-1"


@dataclass(slots=True)
class RpcServer:
    """What is served, and what was asked."""

    methods: dict[str, Method]
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)
    port: int = 0
    ping: bool = False

    @property
    def url(self) -> str:
        """For a WebSocket."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http_url(self) -> str:
        """For HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(name == method for name, _ in self.asked)

    def answer(self, raw: str) -> tuple[object, object]:
        """The id, and what the method gives or an error object."""
        request = json.loads(raw)
        method, params = request["method"], request.get("params") or []
        self.asked.append((method, params))
        if method not in self.methods:
            return request["id"], Refusal(-32601, "Method not found")
        try:
            return request["id"], self.methods[method](*params)
        except Refusal as refusal:
            return request["id"], refusal


@contextmanager
def serve(methods: dict[str, Method], *, ping: bool = False) -> Generator[RpcServer]:
    """A server until the block ends."""
    server = RpcServer(methods, ping=ping)
    ready = threading.Event()
    token: list[tuple[trio.lowlevel.TrioToken, trio.CancelScope]] = []

    async def run() -> None:
        with trio.CancelScope() as scope:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            server.port = listeners[0].socket.getsockname()[1]
            token.append((trio.lowlevel.current_trio_token(), scope))
            ready.set()
            await trio.serve_listeners(partial(_serve, server), listeners)

    thread = threading.Thread(target=trio.run, args=(run,), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        trio_token, scope = token[0]
        trio_token.run_sync_soon(scope.cancel)
        thread.join(10)
        assert not thread.is_alive()


async def _serve(server: RpcServer, stream: trio.SocketStream) -> None:
    try:
        async with stream:
            head = b""
            while b"\r\n\r\n" not in head:
                data = await stream.receive_some(4096)
                if not data:
                    return
                head += data
            if b"upgrade: websocket" in head.lower():
                await _serve_web_socket(server, stream, head)
            else:
                await _serve_http(server, stream, head)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return


def _encode(number: object, result: object) -> str:
    answer: dict[str, object] = {"jsonrpc": "2.0", "id": number}
    if isinstance(result, Refusal):
        error = {"code": result.code, "message": result.message}
        answer["error"] = error if result.data is None else {**error, "data": result.data}
    else:
        answer["result"] = result
    return json.dumps(answer)


async def _serve_http(server: RpcServer, stream: trio.SocketStream, data: bytes) -> None:
    while True:
        while b"\r\n\r\n" not in data:
            more = await stream.receive_some(4096)
            if not more:
                return
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < size:
            body += await stream.receive_some(4096)
        data = body[size:]
        number, result = server.answer(body[:size].decode())
        if isinstance(result, Silence):
            await trio.sleep_forever()
        if isinstance(result, Hangup):
            return
        if isinstance(result, Text):
            await stream.send_all(result.text.encode())
            return
        text = _encode(number, result).encode()
        await stream.send_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(text) + text
        )


async def _serve_web_socket(server: RpcServer, stream: trio.SocketStream, data: bytes) -> None:
    protocol = WSConnection(ConnectionType.SERVER)
    partial = ""
    while True:
        protocol.receive_data(data or None)
        for event in protocol.events():
            if isinstance(event, Request):
                await stream.send_all(protocol.send(AcceptConnection()))
                if server.ping:
                    await stream.send_all(protocol.send(Ping(b"there?")))
            elif isinstance(event, CloseConnection):
                await stream.send_all(protocol.send(event.response()))
                return
            elif isinstance(event, TextMessage):
                partial += event.data
                if event.message_finished:
                    whole, partial = partial, ""
                    if not await _reply(server, stream, protocol, whole):
                        return
        data = bytes(await stream.receive_some(65536))
        if not data:
            return


async def _reply(
    server: RpcServer, stream: trio.SocketStream, protocol: WSConnection, raw: str
) -> bool:
    """Whether the connection goes on."""
    number, result = server.answer(raw)
    if isinstance(result, News):
        first = _encode(number, result.subscription)
        await stream.send_all(protocol.send(TextMessage(data=first)))
        for item in result.items:
            if isinstance(item, Hangup):
                return False
            text = json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": result.method,
                    "params": {"subscription": result.subscription, "result": item},
                }
            )
            await stream.send_all(protocol.send(TextMessage(data=text)))
        return True
    if isinstance(result, Silence):
        return True
    if isinstance(result, Hangup):
        return False
    text = result.text if isinstance(result, Text) else _encode(number, result)
    await stream.send_all(protocol.send(TextMessage(data=text)))
    return True
