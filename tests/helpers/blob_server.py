"""The blob service on streams in memory or on a loopback socket, without the rest of a node."""

import re
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import trio

from chain.blobs import BlobStore
from chain.rpc.blob_routes import BlobRoutes
from chain.rpc.methods import Methods
from chain.rpc.server import RpcServer
from chain.worker import InlineWorker, Worker
from tests.helpers.rpc import Response, exchange, make_config, parse_responses

UPLOAD_TYPE = "Content-Type: application/offset+octet-stream"


def make_blob_server(
    store: BlobStore,
    *,
    uploads_allowed: bool = True,
    worker: Worker | None = None,
    **limits: Any,
) -> RpcServer:
    """A server of nothing but a store."""
    config, worker = make_config(**limits), worker or InlineWorker()
    routes = BlobRoutes(
        store,
        worker,
        uploads_allowed=uploads_allowed,
    )
    return RpcServer(config, Methods([], unsafe_allowed=False), worker, {}, routes)


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    """One request as bytes."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost:9944", *headers]
    if body or method in ("PATCH", "PUT", "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask_blobs(server: RpcServer, *requests: bytes) -> list[Response]:
    """The answers to requests on one connection; HEAD needs `ask_head`."""
    found: list[Response] = []

    async def main() -> None:
        found.extend(parse_responses(await exchange(server, b"".join(requests))))

    trio.run(main)
    assert server.connections == 0
    return found


def ask_head(server: RpcServer, target: str, *headers: str) -> Response:
    """The answer to a HEAD, which has no body whatever its length says."""
    found: list[bytes] = []

    async def main() -> None:
        found.append(await exchange(server, request("HEAD", target, *headers)))

    trio.run(main)
    head, separator, rest = found[0].partition(b"\r\n\r\n")
    assert separator
    assert rest == b""
    first, *lines = head.decode("latin-1").split("\r\n")
    return Response(int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), b"")


Serve = Callable[[trio.SocketStream], Awaitable[None]]


@contextmanager
def serve_on_loopback(serve: Serve, port: int = 0) -> Generator[str]:
    """Serves connections in a thread until the block ends; the URL."""
    ready = threading.Event()
    found: list[tuple[int, trio.lowlevel.TrioToken, trio.CancelScope]] = []

    async def run() -> None:
        with trio.CancelScope() as scope:
            listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
            bound = listeners[0].socket.getsockname()[1]
            found.append((bound, trio.lowlevel.current_trio_token(), scope))
            ready.set()
            await trio.serve_listeners(serve, listeners)

    thread = threading.Thread(target=trio.run, args=(run,), daemon=True)
    thread.start()
    assert ready.wait(10)
    bound, token, scope = found[0]
    try:
        yield f"http://127.0.0.1:{bound}"
    finally:
        token.run_sync_soon(scope.cancel)
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def serve_blobs(store: BlobStore, port: int = 0, **options: Any) -> Generator[str]:
    """A store on loopback until the block ends; the URL."""
    with serve_on_loopback(make_blob_server(store, **options).serve_connection, port) as url:
        yield url


@contextmanager
def serve_lies(answer: Callable[[str, str], bytes | None]) -> Generator[str]:
    """A peer that answers each request, by method and target, with any bytes; None hangs up.

    An empty answer is silence.
    """

    async def serve(stream: trio.SocketStream) -> None:
        data = b""
        with suppress(trio.BrokenResourceError):
            async with stream:
                while True:
                    while b"\r\n\r\n" not in data:
                        more = await stream.receive_some(65_536)
                        if not more:
                            return
                        data += more
                    head, _, data = data.partition(b"\r\n\r\n")
                    size = re.search(rb"(?i)content-length: (\d+)", head)
                    while size and len(data) < int(size[1]):
                        data += await stream.receive_some(65_536)
                    data = data[int(size[1]) :] if size else data
                    method, target, _ = head.decode("latin-1").split("\r\n")[0].split(" ")
                    said = answer(method, target)
                    if said is None:
                        return
                    if not said:
                        await trio.sleep_forever()
                    await stream.send_all(said)

    with serve_on_loopback(serve) as url:
        yield url
