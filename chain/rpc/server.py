"""JSON-RPC over HTTP and WebSocket on one port.

A connection is a boundary of its own: whatever its client does or fails to do ends it alone.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
import trio
from wsproto.utilities import ProtocolError

from chain.config import RpcConfig
from chain.errors import ConfigError
from chain.rpc.access import AccessPolicy, is_loopback
from chain.rpc.blob_routes import BlobRoutes
from chain.rpc.blob_streams import BlobStreams, find_network
from chain.rpc.connection import HttpConnection, Page, PageContent, Service
from chain.rpc.dispatch import Dispatcher
from chain.rpc.http import HttpFault
from chain.rpc.methods import Methods
from chain.worker import Worker

_log: Final = logging.getLogger(__name__)

BACKLOG: Final = 1_024
"""Connections that the system keeps until they are accepted."""

_BROKEN: Final = (
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
    trio.TooSlowError,
    ProtocolError,
)
"""What a client can do to its connection."""


def json_page(make: Callable[[], object]) -> Page:
    """A page that shows a value as JSON, for example `/health`."""
    return lambda: PageContent("application/json", msgspec.json.encode(make()))


def is_unsafe_allowed(config: RpcConfig) -> bool:
    """Whether methods that are the operator's are served on this listener."""
    if config.methods == "auto":
        return is_loopback(config.address)
    return config.methods == "unsafe"


class RpcServer:
    """Serves connections, wherever they come from."""

    def __init__(
        self,
        config: RpcConfig,
        methods: Methods,
        worker: Worker,
        pages: Mapping[str, Page],
        blobs: BlobRoutes | None = None,
    ) -> None:
        """`pages` are what GET requests find, by path; `blobs` answers those below `/blobs/`."""
        access = AccessPolicy(config.origins, config.hosts)
        dispatcher = Dispatcher(methods, worker, config.limits)
        streams = BlobStreams(config.limits)
        self._service = Service(config.limits, access, dispatcher, pages, blobs, streams)
        self._connections = 0

    @property
    def connections(self) -> int:
        """How many there are."""
        return self._connections

    async def serve_connection(self, stream: trio.abc.HalfCloseableStream) -> None:
        """Serves one client to the end and closes the stream. Raises nothing but cancellation."""
        self._connections += 1
        try:
            async with stream:
                connection = HttpConnection(stream, self._service, find_network(stream))
                if self._connections > self._service.limits.connections_max:
                    text = f"{self._service.limits.connections_max} connections are open"
                    await connection.refuse(HttpFault(HTTPStatus.SERVICE_UNAVAILABLE, text))
                else:
                    await connection.run()
        except* _BROKEN as group:
            _log.debug("connection lost", extra={"why": repr(group.exceptions[0])})
        finally:
            self._connections -= 1


async def serve_rpc(
    config: RpcConfig,
    methods: Methods,
    worker: Worker,
    pages: Mapping[str, Page],
    blobs: BlobRoutes | None = None,
    *,
    task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serves until cancelled; started with the address and port that were bound.

    Raises `ConfigError` if they are not free.
    """
    server = RpcServer(config, methods, worker, pages, blobs)
    try:
        listeners = await trio.open_tcp_listeners(config.port, host=config.address, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"rpc.address and rpc.port: expected {config.address}:{config.port} to be free, "
            f"got: {error.strerror or error}"
        ) from error
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_listeners, server.serve_connection, listeners))
        address, port, *_ = listeners[0].socket.getsockname()
        _log.info("JSON-RPC is served", extra={"address": address, "port": port})
        task_status.started((address, port))
