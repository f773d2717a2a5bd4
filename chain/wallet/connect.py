"""Node URLs, and byte streams to the nodes they name."""

import os
import ssl
from dataclasses import dataclass
from typing import Final, Literal, cast
from urllib.parse import urlsplit

import trio

from chain.wallet.errors import BadNodeUrl, NodeSilent, NodeUnreachable

Scheme = Literal["ws", "wss", "http", "https"]
PORTS: Final[dict[Scheme, int]] = {"ws": 9_944, "wss": 443, "http": 9_944, "https": 443}


@dataclass(frozen=True, slots=True)
class NodeUrl:
    """Where a node listens, and how it is spoken to."""

    scheme: Scheme
    host: str
    port: int
    path: str

    @property
    def is_web_socket(self) -> bool:
        """Whether it is spoken to over a WebSocket, which can also tell news."""
        return self.scheme in ("ws", "wss")

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self.scheme in ("wss", "https")

    @property
    def authority(self) -> str:
        """Host and port, as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path if self.path != '/' else ''}"

    def over_web_socket(self) -> "NodeUrl":
        """The same place over a WebSocket: a node serves both on one port."""
        scheme: Scheme = "wss" if self.is_encrypted else "ws"
        return NodeUrl(scheme, self.host, self.port, self.path)

    def over_http(self) -> "NodeUrl":
        """The same place over HTTP."""
        scheme: Scheme = "https" if self.is_encrypted else "http"
        return NodeUrl(scheme, self.host, self.port, self.path)


def parse_node_url(text: str) -> NodeUrl:
    """A node's URL; `BadNodeUrl` naming what is wrong with it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadNodeUrl(text, str(error)) from None
    if parts.scheme not in PORTS:
        raise BadNodeUrl(text, f"it begins with none of {', '.join(f'{s}://' for s in PORTS)}")
    if not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        raise BadNodeUrl(text, "it has a host and perhaps a port and a path, nothing else")
    if not text.isascii() or any(character <= " " for character in text):
        raise BadNodeUrl(text, "it has a character that a URL cannot have")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    default = PORTS[parts.scheme]
    return NodeUrl(parts.scheme, parts.hostname, default if port is None else port, path)


async def open_stream(url: NodeUrl, timeout_s: float) -> trio.abc.Stream:
    """A connection to the node; `NodeUnreachable`, or `NodeSilent` after the time."""
    try:
        with trio.fail_after(timeout_s):
            stream = await trio.open_tcp_stream(url.host, url.port)
            if not url.is_encrypted:
                return stream
            secure = trio.SSLStream(
                stream,
                ssl.create_default_context(),
                server_hostname=url.host,
                https_compatible=True,
            )
            await secure.do_handshake()
            return secure
    except trio.TooSlowError:
        raise NodeSilent(str(url), "the connection", timeout_s) from None
    except (OSError, trio.BrokenResourceError) as error:
        raise NodeUnreachable(str(url), _explain(error)) from None


def _explain(error: BaseException) -> str:
    """The reason within what trio raises for several addresses tried."""
    cause = error.__cause__
    inner = cast("tuple[BaseException, ...]", getattr(cause, "exceptions", ()))  # of a group
    causes = [error, cause, *inner]
    reasons = [_get_reason(each) for each in causes if isinstance(each, OSError)]
    return next((reason for reason in reversed(reasons) if reason), str(error)).lower()


def _get_reason(error: OSError) -> str:
    """The system's own words; trio puts the address in front of them."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or ""
