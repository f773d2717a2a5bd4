"""JSON-RPC over HTTP, on streams in memory."""

import logging
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.helpers.rpc import (
    Sample,
    ask_sync,
    call,
    connect,
    exchange_sync,
    make_server,
    parse_responses,
    post,
    read_to_end,
)


def test_a_call() -> None:
    response = ask_sync(call("echo", {"a": [1, None]}, call_id="KP87"))
    assert response.status == 200
    assert response.headers == {
        "content-type": "application/json",
        "content-length": str(len(response.body)),
    }
    assert response.json == {"jsonrpc": "2.0", "id": "KP87", "result": {"a": [1, None]}}


@pytest.mark.parametrize(
    "method,params,expected",
    [
        ("say", ["x"], "x"),
        ("add", [1, 2], 3),
        ("add", ["0x10"], 17),
        ("add", [1, None], 2),
        ("length", [""], 0),
        ("length", ["0xabcd"], 2),
        ("length", ["abcd"], 2),
        ("work", [4], 8),
    ],
)
def test_results(method: str, params: list[Any], expected: Any) -> None:
    assert ask_sync(call(method, *params)).json["result"] == expected


@pytest.mark.parametrize(
    "method,params,error",
    [
        ("none", [], {"code": -32601, "message": "Method not found", "data": "none"}),
        (
            "unsafe_stop",
            [],
            {"code": -32601, "message": "RPC call is unsafe to be called externally"},
        ),
        (
            "add",
            [1, 2, 3],
            {
                "code": -32602,
                "message": "Invalid params",
                "data": "expected at most 2 parameters, got 3",
            },
        ),
        (
            "add",
            ["x"],
            {
                "code": -32602,
                "message": "Invalid params",
                "data": "left: expected a whole number or 0x… in hex, got 'x'",
            },
        ),
        (
            "refuse",
            [],
            {"code": 1010, "message": "Invalid Transaction", "data": "Transaction is outdated"},
        ),
        (
            "follow",
            [],
            {
                "code": -32601,
                "message": "Method not found",
                "data": "subscriptions need a WebSocket",
            },
        ),
        (
            "unfollow",
            ["x"],
            {
                "code": -32601,
                "message": "Method not found",
                "data": "subscriptions need a WebSocket",
            },
        ),
    ],
)
def test_errors(method: str, params: list[Any], error: dict[str, Any]) -> None:
    assert ask_sync(call(method, *params)).json["error"] == error


def test_a_bug_in_a_method_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "chain.rpc.dispatch"):
        response = ask_sync(call("crash"))
    assert response.json["error"] == {"code": -32603, "message": "Internal error"}
    assert b"secret" not in response.body
    [record] = caplog.records
    assert "/secret/path" in caplog.text
    assert vars(record)["method"] == "crash"


def test_batches() -> None:
    single = [call("add", 1), call("none"), '{"jsonrpc":"2.0","method":"echo","params":[1]}', "5"]
    answers = ask_sync("[" + ",".join(single) + "]").json
    assert [each["id"] for each in answers] == [1, 1, None]
    assert [each.get("result") for each in answers] == [2, None, None]
    assert [each.get("error", {}).get("code") for each in answers] == [None, -32601, -32600]
    assert ask_sync("[]").json["error"]["code"] == -32600
    full = "[" + ",".join([call("add", 1)] * 32) + "]"
    assert len(ask_sync(full).json) == 32
    over = "[" + ",".join([call("add", 1)] * 33) + "]"
    assert ask_sync(over).json["error"]["code"] == -32010


def test_notifications_are_run_and_not_answered() -> None:
    sample = Sample()
    note = '{"jsonrpc":"2.0","method":"echo","params":[1]}'
    for body in (note, f"[{note},{note}]"):
        response = ask_sync(body, sample=sample)
        assert (response.status, response.body) == (204, b"")
    bad = ask_sync('{"jsonrpc":"2.0","method":"none"}')
    assert (bad.status, bad.body) == (204, b"")
    assert sample.calls == 3


def test_keep_alive_and_pipelining() -> None:
    bodies = [post(call("echo", number, call_id=number)) for number in range(300)]
    responses = exchange_sync(b"".join(bodies))
    assert [each.json["result"] for each in responses] == list(range(300))


def test_pipelined_requests_are_answered_in_order_whatever_they_take() -> None:
    async def main() -> None:
        sample = Sample()
        async with connect(make_server(sample)) as stream:
            await stream.send_all(
                post(call("echo", 1)) + post(call("wait")) + post(call("work", 2)) + post("x")
            )
            await wait_all_tasks_blocked()
            # What came before the call that waits is not held back.
            first = parse_responses(bytes(await stream.receive_some(65_536)))
            assert [each.json["result"] for each in first] == [1]
            sample.gate.set()
            await stream.send_eof()
            rest = parse_responses(await read_to_end(stream))
            assert [each.json.get("result") for each in rest] == ["done", 4, None]

    trio.run(main)


def test_large_pipelined_answers_do_not_pile_up() -> None:
    async def main() -> None:
        sample = Sample()
        async with connect(make_server(sample)) as stream:
            requests = post(call("big", 100_000)) + post(call("echo", 1))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stream.send_all, requests * 50)
                received = b""
                while received.count(b"HTTP/1.1 200 OK") < 100:
                    received += await stream.receive_some(65_536)
            assert sample.calls == 50

    trio.run(main)


def test_the_connection_ends_when_the_client_says_so() -> None:
    for extra in ("Connection: close", "Connection: Close"):
        [response] = exchange_sync(post(call("echo", 1), extra) + post(call("echo", 2)))
        assert response.json["result"] == 1
        assert response.headers["connection"] == "close"
    old = post(call("echo", 1)).replace(b"HTTP/1.1", b"HTTP/1.0")
    [response] = exchange_sync(old + old)
    assert response.headers["connection"] == "close"


def test_requests_byte_by_byte_and_in_chunks() -> None:
    async def main() -> None:
        async with connect(make_server()) as stream:
            for byte in post(call("echo", 1)):
                await stream.send_all(bytes([byte]))
            body = call("echo", 2).encode()
            head = (
                b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
            await stream.send_all(head + chunks + b"0\r\n\r\n")
            await stream.send_eof()
            responses = parse_responses(await read_to_end(stream))
            assert [each.json["result"] for each in responses] == [1, 2]

    trio.run(main)


def test_a_client_that_asks_before_it_sends_the_body() -> None:
    async def main() -> None:
        async with connect(make_server()) as stream:
            head, body = post(call("echo", 1), "Expect: 100-continue").split(b"\r\n\r\n")
            await stream.send_all(head + b"\r\n\r\n")
            assert await stream.receive_some(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            await stream.send_all(body + post(call("echo", 2), "Expect: 100-continue"))
            await stream.send_eof()
            responses = parse_responses(await read_to_end(stream))
            assert [each.json["result"] for each in responses] == [1, 2]

    trio.run(main)
