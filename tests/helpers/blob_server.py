"""The blob service on streams in memory or on a loopback socket, without the rest of a node."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
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
        streams_max=config.limits.blob_streams_max,
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


@dataclass(slots=True)
class BlobPeer:
    """A blob service on loopback, in a thread; it may be stopped and started again."""

    server: RpcServer
    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serve_blobs(server: RpcServer, port: int = 0) -> Generator[BlobPeer]:
    """Serves until the block ends."""
    ready = threading.Event()
    found: list[tuple[int, trio.lowlevel.TrioToken, trio.CancelScope]] = []

    async def run() -> None:
        with trio.CancelScope() as scope:
            listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
            bound = listeners[0].socket.getsockname()[1]
            found.append((bound, trio.lowlevel.current_trio_token(), scope))
            ready.set()
            await trio.serve_listeners(server.serve_connection, listeners)

    thread = threading.Thread(target=trio.run, args=(run,), daemon=True)
    thread.start()
    assert ready.wait(10)
    bound, token, scope = found[0]
    try:
        yield BlobPeer(server, bound)
    finally:
        token.run_sync_soon(scope.cancel)
        thread.join(10)
        assert not thread.is_alive()
