"""Pages beside JSON-RPC over HTTP, and who may ask at all."""

import json
from typing import Any

import pytest
import trio

from chain.rpc.methods import Methods
from chain.rpc.server import RpcServer
from chain.worker import InlineWorker
from tests.helpers.rpc import (
    Sample,
    ask_sync,
    call,
    exchange,
    exchange_sync,
    get,
    make_config,
    parse_responses,
    post,
)


def test_health_and_other_pages() -> None:
    responses = exchange_sync(get() + get("/health?x=1") + get("/") + get("/none"))
    assert [each.status for each in responses] == [200, 200, 404, 404]
    assert responses[0].json == responses[1].json == {"peers": 0, "isSyncing": False}
    assert b"expected POST with JSON" in responses[2].body


def test_a_page_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise KeyError("/secret/path")

    async def main() -> None:
        methods = Methods([], unsafe_allowed=False)
        server = RpcServer(make_config(), methods, InlineWorker(), {"/health": fail})
        responses = parse_responses(await exchange(server, get() + post(call("rpc_methods"))))
        assert [each.status for each in responses] == [500, 200]
        assert b"secret" not in responses[0].body

    trio.run(main)
    assert "/secret/path" in caplog.text


def test_other_methods_are_refused() -> None:
    for method in ("PUT", "HEAD", "DELETE", "CONNECT"):
        path = "localhost:1" if method == "CONNECT" else "/"
        [response] = exchange_sync(get(path, "Connection: close", method=method))
        assert response.status == 405
        assert response.headers["allow"] == "get, options, post"


def test_browsers_are_told_who_may_call() -> None:
    app = "Origin: https://polkadot.js.org"
    asked = "Access-Control-Request-Private-Network: true"
    [preflight] = exchange_sync(get("/", app, asked, method="OPTIONS"))
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "https://polkadot.js.org"
    assert preflight.headers["access-control-allow-methods"] == "get, options, post"
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert preflight.headers["access-control-allow-private-network"] == "true"
    response = ask_sync(call("echo", 1), app)
    assert response.headers["access-control-allow-origin"] == "https://polkadot.js.org"
    assert response.headers["vary"] == "origin"
    assert response.json["result"] == 1


def test_other_pages_and_other_names_are_refused() -> None:
    sample = Sample()
    for headers in (["Origin: https://evil.example"], ["Origin: null"]):
        response = ask_sync(call("echo", 1), *headers, sample=sample)
        assert response.status == 403
        assert "access-control-allow-origin" not in response.headers
    rebound = post(call("echo", 1), host="evil.example:9944")
    nameless = post(call("echo", 1)).replace(b"Host:", b"Hose:")
    double = post(call("echo", 1), "Host: evil.example")
    for data in (rebound, nameless, double):
        assert [each.status for each in exchange_sync(data, sample=sample)] == [403]
    [preflight] = exchange_sync(get("/", "Origin: https://evil.example", method="OPTIONS"))
    assert preflight.status == 403
    assert sample.calls == 0


def test_only_json_is_taken() -> None:
    sample = Sample()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"):
        response = ask_sync(call("echo", 1), f"Content-Type: {kind}", sample=sample)
        assert response.status == 415
    assert sample.calls == 0
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        assert ask_sync(call("echo", 1), f"Content-Type: {kind}").status == 200


def test_upgrades_to_what_we_do_not_speak_are_plain_requests() -> None:
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    data = post(call("echo", 1), *upgrade) + post(call("echo", 2)) + get("/health", *upgrade)
    responses = exchange_sync(data + post(call("echo", 3)))
    assert [each.status for each in responses] == [200] * 4
    assert [json.loads(each.body).get("result") for each in responses] == [1, 2, None, 3]
