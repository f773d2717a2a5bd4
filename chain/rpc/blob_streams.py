"""The places for files on their way out: how many there are, and how many one network may hold."""

import ipaddress
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import trio

from chain.rpc.http import HttpFault
from chain.rpc.limits import RpcLimits

SUBNET_BITS: Final = 64
"""One customer is given at least so much of version 6, and may use any address in it."""


def find_network(stream: object) -> str | None:
    """Who is at the other end: an address, or a subnet of version 6; None for this computer.

    A proxy before the node is on this computer, and serves many.
    """
    if not isinstance(stream, trio.SocketStream):
        return None
    try:
        return compute_network(stream.socket.getpeername()[0])
    except OSError:  # it is gone already
        return None


def compute_network(address: str) -> str | None:
    """The network of an IP address; None for a loopback one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, SUBNET_BITS), strict=False))


class BlobStreams:
    """Counts the places that are taken."""

    def __init__(self, limits: RpcLimits) -> None:
        self._limits = limits
        self._taken: Counter[str | None] = Counter()

    @contextmanager
    def take(self, network: str | None) -> Generator[None]:
        """A place until the block ends; `HttpFault` where none is left for this network."""
        total, share = self._limits.blob_streams_max, self._limits.blob_streams_per_network_max
        if self._taken.total() >= total:
            raise _refuse(f"{total} files are on their way")
        if network is not None and self._taken[network] >= share:
            raise _refuse(f"{share} files are on their way to {network}")
        self._taken[network] += 1
        try:
            yield
        finally:
            self._taken[network] -= 1
            if not self._taken[network]:
                del self._taken[network]


def _refuse(why: str) -> HttpFault:
    return HttpFault(HTTPStatus.SERVICE_UNAVAILABLE, f"{why}, try again later")
