"""Origins and hosts."""

import pytest

from chain.config import RpcConfig
from chain.rpc.access import AccessPolicy, is_loopback
from chain.rpc.server import is_unsafe_allowed

DEFAULT = AccessPolicy(RpcConfig().origins, RpcConfig().hosts)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "https://polkadot.js.org",
        "HTTPS://Polkadot.js.org",
        "http://localhost",
        "http://localhost:3000",
        "https://127.0.0.1:8443",
    ],
)
def test_apps_and_local_tools_are_let_in(origin: str | None) -> None:
    assert DEFAULT.is_origin_allowed(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "https://polkadot.js.org.evil.example",
        "https://polkadot.js.org:8443",
        "http://polkadot.js.org",
        "http://localhost.evil.example",
        "http://localhost:80.evil.example",
        "http://localhost:3000@evil.example",
        "http://evil.example:localhost",
        "localhost",
        "ftp://localhost",
        "chrome-extension://localhost",
        "http://localhost:3000/path",
    ],
)
def test_other_pages_are_not(origin: str) -> None:
    assert not DEFAULT.is_origin_allowed(origin)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:9944", "127.0.0.1:9944", "192.168.1.7", "[::1]:9944", "[::1]"],
)
def test_addresses_and_known_names_are_hosts(host: str) -> None:
    assert DEFAULT.is_host_allowed(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "rebound.evil.example:9944",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost:evil",
        "localhost, evil.example",
        "[::1",
        "::1",
        "[::1]x",
        "[localhost]",
        "127.1",
    ],
)
def test_other_names_are_not(host: str | None) -> None:
    assert not DEFAULT.is_host_allowed(host)


def test_an_operator_may_let_anybody_in() -> None:
    policy = AccessPolicy(["*"], ["*"])
    assert policy.is_origin_allowed("null")
    assert policy.is_host_allowed(None)
    named = AccessPolicy(["https://wallet.example/"], ["Node.Example"])
    assert named.is_origin_allowed("https://wallet.example")
    assert named.is_host_allowed("node.example:443")
    assert not named.is_host_allowed("localhost")


@pytest.mark.parametrize(
    "address,methods,allowed",
    [
        ("127.0.0.1", "auto", True),
        ("::1", "auto", True),
        ("localhost", "auto", True),
        ("0.0.0.0", "auto", False),
        ("node.example", "auto", False),
        ("127.0.0.1", "safe", False),
        ("0.0.0.0", "unsafe", True),
    ],
)
def test_unsafe_methods_are_for_this_computer(address: str, methods: str, allowed: bool) -> None:
    config = RpcConfig(address=address, methods=methods)  # type: ignore[arg-type]
    assert is_unsafe_allowed(config) == allowed
    assert not is_loopback("10.0.0.1")
