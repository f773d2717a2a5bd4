"""What a wallet asks of a connection to a node, whichever way it goes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from chain.wallet.connect import NodeUrl
from chain.wallet.errors import BadAnswer
from chain.wallet.http import HttpCaller
from chain.wallet.web_socket import open_web_socket

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RpcTimeouts:
    """How long a wallet waits for its node."""

    connect_s: float = 5
    request_s: float = 30


class Caller(Protocol):
    """Sends one call at a time."""

    async def call(self, method: str, params: tuple[object, ...]) -> msgspec.Raw:
        """The result, still JSON. `RpcRefused`, `NodeSilent`, `ConnectionLost`, `BadAnswer`."""
        ...


class RpcClient:
    """Typed calls of one node; used by one task at a time."""

    def __init__(self, url: NodeUrl, caller: Caller) -> None:
        self.url = url
        self._caller = caller

    async def call(self, kind: type[T], method: str, *params: object) -> T:
        """The result as a value of this type; `BadAnswer` where it is none."""
        raw = await self._caller.call(method, params)
        return convert(raw, kind, method)

    async def call_or_none(self, kind: type[T], method: str, *params: object) -> T | None:
        """The same, None for a null."""
        raw = await self._caller.call(method, params)
        return None if bytes(raw) == b"null" else convert(raw, kind, method)


def convert(raw: msgspec.Raw, kind: type[T], method: str) -> T:
    """A result as a value; `BadAnswer`."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadAnswer(method, str(error)) from error


@asynccontextmanager
async def open_rpc(url: NodeUrl, timeouts: RpcTimeouts) -> AsyncGenerator[RpcClient]:
    """A client of the node at a URL; over HTTP each call may use a connection of its own."""
    if url.is_web_socket:
        async with open_web_socket(url, timeouts.connect_s, timeouts.request_s) as caller:
            yield RpcClient(url, caller)
    else:
        async with HttpCaller(url, timeouts.connect_s, timeouts.request_s) as caller:
            yield RpcClient(url, caller)
