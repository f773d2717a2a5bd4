"""Which web pages may call the node, and by which name.

A browser sends requests wherever a page tells it, with the page's origin; a page of another site
must not reach a node on the user's computer. Checking the host stops a page that has its own name
point at that computer.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

ANY: Final = "*"
_ANY_PORT: Final = ":*"


class AccessPolicy:
    """Origins and hosts that are let in."""

    def __init__(self, origins: Iterable[str], hosts: Iterable[str]) -> None:
        self._origins = frozenset(each.lower().rstrip("/") for each in origins)
        self._hosts = frozenset(each.lower() for each in hosts)

    def is_origin_allowed(self, origin: str | None) -> bool:
        """Whether a page of that origin may call; programs that are no browsers send none."""
        if origin is None or ANY in self._origins:
            return True
        origin = origin.lower()
        if origin in self._origins:
            return True
        scheme, separator, rest = origin.partition("://")
        name, port = split_port(rest)
        plain = not port or port.isdecimal()
        return bool(separator) and plain and f"{scheme}://{name}{_ANY_PORT}" in self._origins

    def is_host_allowed(self, host: str | None) -> bool:
        """Whether the node may be called by that name; an IP address is nobody's name."""
        if ANY in self._hosts:
            return True
        if host is None:
            return False
        name, port = split_port(host.lower())
        if port and not port.isdecimal():
            return False
        return name in self._hosts or is_address(name)


def split_port(host: str) -> tuple[str, str]:
    """Name and port of `host:port`; the port is empty if there is none."""
    if host.startswith("["):
        name, bracket, port = host.partition("]")
        return name + bracket, port.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def is_address(name: str) -> bool:
    """Whether the name is an IP address; one of version 6 may stand in brackets."""
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether only programs on this computer reach a listener there."""
    return address == "localhost" or (
        is_address(address) and ipaddress.ip_address(address).is_loopback
    )
