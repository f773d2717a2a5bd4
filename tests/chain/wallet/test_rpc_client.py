"""The RPC client: calls over both ways, and every way a node can misbehave."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio

from chain.wallet.connect import parse_node_url
from chain.wallet.errors import (
    BadAnswer,
    BadNodeUrl,
    ConnectionLost,
    NodeSilent,
    NodeUnreachable,
    RpcRefused,
)
from chain.wallet.rpc import RpcTimeouts, open_rpc
from tests.helpers.rpc_server import Hangup, Method, Refusal, RpcServer, Silence, Text, serve

QUICK = RpcTimeouts(connect_s=5, request_s=0.2)
PATIENT = RpcTimeouts()
WAYS = pytest.mark.parametrize("way", ["ws", "http"])


def get_url(server: RpcServer, way: str) -> str:
    return server.url if way == "ws" else server.http_url


def call(
    way: str, method: Method, timeouts: RpcTimeouts = PATIENT, params: tuple[object, ...] = ()
) -> int:
    """Serves one method and calls it."""
    with serve({"m": method}) as server:

        async def run() -> int:
            async with open_rpc(parse_node_url(get_url(server, way)), timeouts) as rpc:
                return await rpc.call(int, "m", *params)

        return trio.run(run)


@WAYS
def test_a_call_is_answered(way: str) -> None:
    assert call(way, lambda a, b: a + b, params=(2, 3)) == 5


@WAYS
def test_calls_follow_each_other_on_one_connection(way: str) -> None:
    with serve({"double": lambda n: 2 * n, "nothing": lambda: None}, ping=True) as server:

        async def run() -> list[int | None]:
            async with open_rpc(parse_node_url(get_url(server, way)), PATIENT) as rpc:
                doubled = [await rpc.call_or_none(int, "double", n) for n in range(5)]
                return [*doubled, await rpc.call_or_none(int, "nothing")]

        assert trio.run(run) == [0, 2, 4, 6, 8, None]


def refuse() -> object:
    raise Refusal(1010, "Invalid Transaction", {"why": "Stale"})


@WAYS
@pytest.mark.parametrize(
    "method,error,expected",
    [
        (refuse, RpcRefused, r'm: Invalid Transaction: {"why":"Stale"} \(code 1010\)'),
        (lambda: "five", BadAnswer, "Expected `int`, got `str`"),
        (lambda: None, BadAnswer, "got `null`"),
        (Hangup, ConnectionLost, "connection was lost"),
    ],
)
def test_bad_answers(way: str, method: Method, error: type[Exception], expected: str) -> None:
    with pytest.raises(error, match=expected):
        call(way, method)


@WAYS
def test_a_silent_node(way: str) -> None:
    with pytest.raises(NodeSilent, match=r"expected an answer to m within 0\.2 s"):
        call(way, Silence, QUICK)


@pytest.mark.parametrize(
    "way,text",
    [
        ("ws", "no json"),
        ("ws", '{"id": "x", "result": 5}'),
        ("http", "no HTTP at all\r\n\r\n"),
        ("http", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
        ("http", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nno json"),
        ("http", 'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"id":7,"result":5}'),
    ],
)
def test_garbage_is_named_as_such(way: str, text: str) -> None:
    with pytest.raises(BadAnswer, match="expected another answer"):
        call(way, lambda: Text(text))


@WAYS
def test_nothing_listens(way: str) -> None:
    async def run() -> None:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        port = listener.socket.getsockname()[1]
        await listener.aclose()
        async with open_rpc(parse_node_url(f"{way}://127.0.0.1:{port}"), PATIENT):
            pass

    with pytest.raises(NodeUnreachable, match=r"connection refused.*node run --dev.*--node"):
        trio.run(run)


async def answer_404(stream: trio.SocketStream) -> None:
    await stream.receive_some(4096)
    await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


async def answer_nothing(stream: trio.SocketStream) -> None:
    del stream
    await trio.sleep_forever()


@pytest.mark.parametrize(
    "answer,error,expected",
    [(answer_404, BadAnswer, "404"), (answer_nothing, NodeSilent, "handshake")],
)
def test_something_else_listens(
    answer: Callable[[trio.SocketStream], Awaitable[None]], error: type[Exception], expected: str
) -> None:
    async def run() -> None:
        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            port = listeners[0].socket.getsockname()[1]
            nursery.start_soon(partial(trio.serve_listeners, answer, listeners))
            with pytest.raises(error, match=expected):
                async with open_rpc(parse_node_url(f"ws://127.0.0.1:{port}"), QUICK):
                    pass
            nursery.cancel_scope.cancel()

    trio.run(run)


@pytest.mark.parametrize(
    "text,shown",
    [
        ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
        ("http://localhost", "http://localhost:9944"),
        ("wss://node.example/rpc?x=1", "wss://node.example:443/rpc?x=1"),
        ("ws://[::1]:5", "ws://[::1]:5"),
    ],
)
def test_urls(text: str, shown: str) -> None:
    url = parse_node_url(text)
    assert str(url) == shown
    assert url.over_web_socket().is_web_socket
    assert url.over_web_socket().is_encrypted == url.is_encrypted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:9944",
        "ftp://x",
        "ws://",
        "ws://h:99999",
        "ws://h:0",
        "ws://u:p@h",
        "ws://h#x",
        "ws://h/\r\nx",
        "ws://[::1",
    ],
)
def test_bad_urls(text: str) -> None:
    with pytest.raises(BadNodeUrl, match="expected the URL of a node"):
        parse_node_url(text)
