"""What one client of the HTTP server can take, and what ends its connection."""

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair, wait_all_tasks_blocked

from chain.worker import ThreadWorker
from tests.helpers.rpc import (
    ask,
    ask_sync,
    call,
    connect,
    exchange,
    exchange_sync,
    get,
    make_server,
    parse_responses,
    post,
    run,
)


def test_the_size_of_a_request() -> None:
    whole = call("echo", "x")
    assert ask_sync(whole, request_bytes_max=len(whole)).status == 200
    for data in (
        post(whole + " "),
        post(whole).replace(b"Content-Length: %d" % len(whole), b"Content-Length: 9" + b"9" * 30),
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"40\r\n%b\r\n" % (b" " * 64)) * 20,
    ):
        [response] = exchange_sync(data, request_bytes_max=len(whole))
        assert response.status == 413 if b"9" * 31 not in data else response.status in (400, 413)
        assert response.headers["connection"] == "close"


def test_the_size_of_the_headers() -> None:
    for data in (
        post(call("echo", 1), "X: " + "x" * 20_000),
        b"GET /" + b"x" * 20_000,
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 4_000,
    ):
        [response] = exchange_sync(post(call("echo", 1)) + data)[1:]
        assert response.status == 431
    assert [each.status for each in exchange_sync(get("/", "X: " + "x" * 8_000))] == [404]


def test_the_size_of_an_answer() -> None:
    limit = 1_000
    assert "result" in ask_sync(call("big", 400), response_bytes_max=limit).json
    refused = ask_sync(call("big", 600), response_bytes_max=limit).json
    assert refused["id"] == 1
    assert refused["error"]["code"] == -32008
    two = f"[{call('big', 300)},{call('big', 300)}]"
    assert ask_sync(two, response_bytes_max=limit).json["error"]["code"] == -32011


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ],
)
def test_garbage_ends_the_connection_after_what_was_right(junk: bytes) -> None:
    good, bad = exchange_sync(post(call("echo", 1)) + junk)
    assert good.json["result"] == 1
    assert bad.status == 400
    assert bad.headers["connection"] == "close"


def test_one_connection_too_many() -> None:
    async def main() -> None:
        server = make_server(connections_max=2)
        async with connect(server) as one, connect(server) as two:
            await wait_all_tasks_blocked()
            [refused] = parse_responses(await exchange(server, post(call("echo", 1))))
            assert refused.status == 503
            await one.aclose()
            await wait_all_tasks_blocked()
            assert (await ask(server, call("echo", 1))).status == 200
            await two.send_all(post(call("echo", 2)))
            assert (await two.receive_some(1_000)).endswith(b'"result":2}')
        assert server.connections == 0

    trio.run(main)


def test_idle_and_unfinished_connections_end() -> None:
    async def main() -> None:
        server = make_server()
        async with connect(server) as stream:
            started_s = trio.current_time()
            assert await read_to_end_slowly(stream) == b""
            assert trio.current_time() - started_s == pytest.approx(75)
        for piece in (b"POST / HT", post(call("echo", 1))[:-1]):
            async with connect(server) as stream:
                await trio.sleep(50)
                await stream.send_all(piece)
                started_s = trio.current_time()
                [response] = parse_responses(await read_to_end_slowly(stream))
                assert response.status == 408
                # Then the client has a moment to read it.
                assert trio.current_time() - started_s == pytest.approx(20)

    run(main, clock=MockClock(autojump_threshold=0))


async def read_to_end_slowly(stream: trio.abc.ReceiveStream) -> bytes:
    received = b""
    while data := await stream.receive_some(65_536):
        received += data
    return received


def test_a_trickle_of_one_request_ends_but_one_of_many_does_not() -> None:
    async def main() -> None:
        server = make_server()
        async with connect(server) as stream:
            for byte in post(call("echo", 1))[:19]:
                await stream.send_all(bytes([byte]))
                await trio.sleep(1)
            await trio.sleep(1.5)
            assert b" 408 " in await stream.receive_some(1_000)
        async with connect(server) as stream:
            request = post(call("echo", 1))
            await stream.send_all(request[:10])
            for _ in range(5):
                await trio.sleep(15)
                await stream.send_all(request[10:] + request[:10])
                assert b" 200 " in await stream.receive_some(1_000)

    run(main, clock=MockClock(autojump_threshold=0))


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def main() -> None:
        server = make_server()
        ours, theirs = memory_stream_pair()

        async def stuck() -> None:
            await trio.sleep_forever()

        theirs.send_stream.send_all_hook = stuck
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve_connection, theirs)
            await ours.send_all(post(call("echo", 1)))
            await trio.sleep(19)
            assert server.connections == 1
            await trio.sleep(2)
            assert server.connections == 0

    run(main, clock=MockClock(autojump_threshold=0))


def test_a_call_has_its_time() -> None:
    async def main() -> None:
        server = make_server()
        started_s = trio.current_time()
        response = await ask(server, call("sleep", 1_000))
        assert trio.current_time() - started_s == pytest.approx(10)
        assert response.json["error"]["code"] == -32009
        assert response.json["error"]["data"] == "no answer within 10 s"
        assert (await ask(server, call("sleep", 9))).json["result"] == "slept"

    run(main, clock=MockClock(autojump_threshold=0))


def test_work_in_threads() -> None:
    async def main() -> None:
        server = make_server(worker=ThreadWorker())
        assert (await ask(server, call("work", 21))).json["result"] == 42

    trio.run(main)
