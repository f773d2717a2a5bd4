"""A server to talk to: a few methods, in memory or on a loopback socket, and a plain client."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import trio
from trio.testing import memory_stream_pair
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

from chain.config import RpcConfig
from chain.rpc.connection import Page
from chain.rpc.jsonrpc import RpcError, to_hex
from chain.rpc.limits import RpcLimits
from chain.rpc.methods import Methods, rpc
from chain.rpc.server import RpcServer, json_page
from chain.rpc.subscriptions import Subscriber
from chain.watch import Broadcast, Watch
from chain.worker import InlineWorker, Worker


class Sample:
    """A namespace with a method of every kind."""

    def __init__(self) -> None:
        self.watch = Watch(0)
        self.broadcast: Broadcast[int] = Broadcast(1_000)
        self.calls = 0
        self.gate = trio.Event()
        self.subscriber: Subscriber | None = None

    @rpc("echo", aliases=("say",), safe=True)
    def echo(self, value: object) -> object:
        self.calls += 1
        return value

    @rpc("add", safe=True)
    def add(self, left: int, right: int = 1) -> int:
        return left + right

    @rpc("length", safe=True)
    def length(self, data: bytes) -> int:
        return len(data)

    @rpc("big", safe=True)
    def big(self, size: int) -> str:
        return to_hex(bytes(size))

    @rpc("wait", safe=True)
    async def wait(self) -> str:
        await self.gate.wait()
        return "done"

    @rpc("sleep", safe=True)
    async def sleep(self, seconds: int) -> str:
        await trio.sleep(seconds)
        return "slept"

    @rpc("work", safe=True, in_worker=True)
    def work(self, value: int) -> int:
        return value * 2

    @rpc("crash", safe=True)
    def crash(self) -> None:
        raise KeyError("/secret/path")

    @rpc("refuse", safe=True)
    async def refuse(self) -> None:
        raise RpcError(1010, "Invalid Transaction", "Transaction is outdated")

    @rpc("unsafe_stop")
    def stop(self) -> str:
        return "stopped"

    @rpc("count", notification="count_item", unsubscribe=("uncount",), safe=True)
    async def count(self, subscriber: Subscriber, upto: int = 3) -> None:
        for number in range(upto):
            await subscriber.send(number)

    @rpc("follow", notification="follow_item", unsubscribe=("unfollow", "un_follow"), safe=True)
    async def follow(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        with self.broadcast.subscribe() as items:
            await subscriber.accept()
            async for item in items:
                await subscriber.send(item)

    @rpc("followLater", safe=True)
    async def follow_later(self, values: list[int]) -> str:
        assert self.subscriber is not None
        for value in values:
            self.subscriber.send_later(value)
        return "started"

    @rpc("picky", notification="picky_item", unsubscribe=("unpicky",), safe=True)
    async def picky(self, subscriber: Subscriber, mood: str) -> None:
        if mood == "refuse":
            raise RpcError(1010, "Invalid Transaction")
        if mood == "crash":
            raise KeyError("before")
        if mood == "silent":
            return
        await subscriber.accept()
        if mood == "late":
            raise KeyError("after")
        if mood == "unprintable":
            subscriber.send_later(object())
        await subscriber.wait_closed()


def make_config(**limits: Any) -> RpcConfig:
    return RpcConfig(port=0, limits=replace(RpcLimits(), **limits))


def make_server(
    sample: Sample | None = None,
    config: RpcConfig | None = None,
    worker: Worker | None = None,
    **limits: Any,
) -> RpcServer:
    config = config or make_config(**limits)
    methods = Methods([sample or Sample()], unsafe_allowed=False)
    pages: dict[str, Page] = {"/health": json_page(lambda: {"peers": 0, "isSyncing": False})}
    return RpcServer(config, methods, worker or InlineWorker(), pages)


Stream = trio.StapledStream[Any, Any]


@asynccontextmanager
async def connect(server: RpcServer) -> AsyncGenerator[Stream]:
    """A client's end of a connection in memory; the server must end it by itself afterwards."""
    ours, theirs = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve_connection, theirs)
        yield ours
        await ours.aclose()


async def read_to_end(stream: trio.abc.ReceiveStream) -> bytes:
    received = b""
    with trio.fail_after(30):
        while data := await stream.receive_some(65_536):
            received += data
    return received


async def exchange(server: RpcServer, data: bytes) -> bytes:
    """All that is answered to `data`, after which the client sends no more."""
    async with connect(server) as stream:
        await stream.send_all(data)
        await stream.send_eof()
        return await read_to_end(stream)


def post(
    body: bytes | str, *headers: str, host: str = "localhost:9944", target: str = "/"
) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    head = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        f"Content-Length: {len(data)}",
        *headers,
    ]
    if not any(each.lower().startswith("content-type") for each in headers):
        head.append("Content-Type: application/json")
    return "\r\n".join([*head, "", ""]).encode() + data


def call(method: str, *params: Any, call_id: Any = 1) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)})


class Response:
    """One parsed response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def parse_responses(data: bytes) -> list[Response]:
    """The responses in a stream, each with Content-Length or without a body."""
    responses: list[Response] = []
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        assert separator, head
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", "0"))
        assert len(data) >= length
        responses.append(Response(status, headers, data[:length]))
        data = data[length:]
    return responses


async def ask(server: RpcServer, body: bytes | str, *headers: str, **options: str) -> Response:
    """The response to one POST."""
    [response] = parse_responses(await exchange(server, post(body, *headers, **options)))
    return response


class WebSocketClient:
    """A WebSocket client over any stream, for tests."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.events: list[Event] = []

    async def open(self, *headers: tuple[str, str], host: str = "localhost") -> int:
        """Shakes hands; 101, or the status of the refusal."""
        extra = [(name.encode(), value.encode()) for name, value in headers]
        request = Request(host=host, target="/", extra_headers=extra)
        await self.stream.send_all(self.protocol.send(request))
        event = await self.next_event()
        if isinstance(event, RejectConnection):
            return event.status_code
        assert isinstance(event, AcceptConnection)
        return 101

    async def next_event(self) -> Event:
        with trio.fail_after(30):
            while not self.events:
                data = await self.stream.receive_some(65_536)
                self.protocol.receive_data(bytes(data) or None)
                self.events += self.protocol.events()
        return self.events.pop(0)

    def encode(self, text: str) -> bytes:
        return self.protocol.send(TextMessage(data=text))

    async def send(self, text: str) -> None:
        await self.stream.send_all(self.encode(text))

    async def receive(self) -> Any:
        """The next message as JSON, or the code of the close frame; pings are answered."""
        text = ""
        while True:
            event = await self.next_event()
            if isinstance(event, Ping):
                await self.stream.send_all(self.protocol.send(event.response()))
            elif isinstance(event, CloseConnection):
                return int(event.code)
            elif isinstance(event, TextMessage | BytesMessage):
                text += event.data if isinstance(event, TextMessage) else event.data.decode()
                if event.message_finished:
                    return json.loads(text)

    async def call(self, method: str, *params: Any, call_id: Any = 1) -> Any:
        await self.send(call(method, *params, call_id=call_id))
        return await self.receive()


@asynccontextmanager
async def connect_websocket(server: RpcServer) -> AsyncGenerator[WebSocketClient]:
    async with connect(server) as stream:
        client = WebSocketClient(stream)
        assert await client.open() == 101
        yield client


def run(test: Callable[..., Awaitable[None]], *args: Any, **options: Any) -> None:
    """`trio.run` for test bodies with keyword arguments."""
    trio.run(partial(test, *args), **options)


def ask_sync(body: bytes | str, *headers: str, **options: Any) -> Response:
    server = make_server(**options)
    found: list[Response] = []

    async def main() -> None:
        found.append(await ask(server, body, *headers))

    trio.run(main)
    assert server.connections == 0
    return found[0]


def exchange_sync(data: bytes, **options: Any) -> list[Response]:
    found: list[Response] = []

    async def main() -> None:
        found.extend(parse_responses(await exchange(make_server(**options), data)))

    trio.run(main)
    return found


def get(path: str = "/health", *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: 10.0.0.1:9944", *headers, "", ""]
    ).encode()
