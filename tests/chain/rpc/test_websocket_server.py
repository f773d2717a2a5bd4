"""JSON-RPC over WebSocket, on streams in memory."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair, wait_all_tasks_blocked
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from chain.rpc.server import RpcServer
from tests.helpers.rpc import (
    Sample,
    WebSocketClient,
    call,
    connect,
    connect_websocket,
    make_server,
    parse_responses,
    post,
    read_to_end,
    run,
)

Scenario = Callable[[WebSocketClient, Sample], Awaitable[None]]


def run_with(scenario: Scenario, **options: Any) -> None:
    """Runs a scenario against one connection; afterwards the server has none and still works."""

    async def main() -> None:
        sample = Sample()
        server = make_server(sample, **options)
        async with connect_websocket(server) as client:
            await scenario(client, sample)
        assert server.connections == 0
        async with connect_websocket(server) as client:
            assert (await client.call("echo", 1))["result"] == 1

    trio.run(main)


def test_calls() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        assert await client.call("echo", {"a": 1}, call_id="KP87") == {
            "jsonrpc": "2.0",
            "id": "KP87",
            "result": {"a": 1},
        }
        assert (await client.call("work", 4))["result"] == 8
        assert (await client.call("refuse"))["error"]["code"] == 1010
        await client.send("nonsense")
        assert (await client.receive())["error"]["code"] == -32700
        batch = await client.call("echo", 1)
        assert batch["result"] == 1

    run_with(scenario)


def test_binary_messages_and_fragments() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        encode = client.protocol.send
        await client.stream.send_all(encode(BytesMessage(data=call("echo", "é").encode())))
        assert (await client.receive())["result"] == "é"
        text = call("echo", "fragments")
        pieces = [
            encode(TextMessage(data=text[:5], message_finished=False)),
            encode(Ping(payload=b"between")),
            encode(TextMessage(data=text[5:9], message_finished=False)),
            encode(TextMessage(data=text[9:], message_finished=True)),
        ]
        for byte in b"".join(pieces):
            await client.stream.send_all(bytes([byte]))
        assert isinstance(await client.next_event(), Pong)
        assert (await client.receive())["result"] == "fragments"

    run_with(scenario)


def test_what_comes_with_the_handshake_is_answered() -> None:
    async def main() -> None:
        async with connect(make_server()) as stream:
            client = WebSocketClient(stream)
            key = "AAAAAAAAAAAAAAAAAAAAAA=="
            head = (
                "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                f"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
            # One masked text frame, made by hand: the client may not wait for our acceptance.
            text = call("echo", 1).encode()
            frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
            await stream.send_all(post(call("echo", 0)) + head + frame)
            received = b""
            while not received.endswith(b'"result":1}'):
                received += await stream.receive_some(1_000)
            first, second = parse_responses(received.partition(b"\x81")[0])
            assert (first.status, second.status) == (200, 101)
            assert client.protocol is not None

    trio.run(main)


@pytest.mark.parametrize(
    "headers,host,status",
    [
        ((), "localhost", 101),
        ((("Origin", "https://polkadot.js.org"),), "localhost:9944", 101),
        ((("Origin", "http://localhost:5173"),), "127.0.0.1:9944", 101),
        ((("Origin", "https://evil.example"),), "localhost", 403),
        ((("Origin", "null"),), "localhost", 403),
        ((), "evil.example:9944", 403),
    ],
)
def test_who_is_let_in(headers: tuple[tuple[str, str], ...], host: str, status: int) -> None:
    async def main() -> None:
        async with connect(make_server()) as stream:
            assert await WebSocketClient(stream).open(*headers, host=host) == status

    trio.run(main)


@pytest.mark.parametrize(
    "old,new,status",
    [
        (b"Version: 13", b"Version: 8", 426),
        (b"Version: 13", b"Nothing: 13", 426),
        (b"AAAAAAAAAAAAAAAAAAAAAA==", b"AAAA", 400),
        (b"AAAAAAAAAAAAAAAAAAAAAA==", b"*", 400),
        (b"GET /", b"PUT /", 400),
    ],
)
def test_half_a_handshake_is_refused(old: bytes, new: bytes, status: int) -> None:
    head = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert old in head

    async def main() -> None:
        async with connect(make_server()) as stream:
            await stream.send_all(head.replace(old, new))
            [response] = parse_responses(await read_to_end(stream))
            assert response.status == status

    trio.run(main)


def test_slow_calls_do_not_hold_up_others() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.send(call("wait", call_id="slow"))
        await wait_all_tasks_blocked()
        assert (await client.call("echo", 1, call_id="fast"))["id"] == "fast"
        sample.gate.set()
        assert await client.receive() == {"jsonrpc": "2.0", "id": "slow", "result": "done"}

    run_with(scenario)


def test_so_many_calls_at_once() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        for number in range(3):
            await client.send(call("wait", call_id=number))
        await client.send(call("echo", 1, call_id="behind"))
        await wait_all_tasks_blocked()
        assert sample.calls == 0
        sample.gate.set()
        answers = [await client.receive() for _ in range(4)]
        assert {each["id"] for each in answers} == {0, 1, 2, "behind"}

    run_with(scenario, calls_in_flight_max=2)


def test_a_message_too_long_is_answered_and_ends_the_connection() -> None:
    for make in (
        lambda client: client.encode(" " * 1_001),
        lambda client: b"".join(
            client.protocol.send(TextMessage(data=" " * 600, message_finished=False))
            for _ in range(2)
        ),
        lambda client: b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4) + bytes(2_000),
    ):

        async def scenario(
            client: WebSocketClient, sample: Sample, make: Callable[[Any], bytes] = make
        ) -> None:
            await client.stream.send_all(make(client))
            assert (await client.receive())["error"]["code"] == -32007
            assert await client.receive() == 1009

        run_with(scenario, request_bytes_max=1_000)


@pytest.mark.parametrize(
    "frame,code",
    [
        (b"\x81\x05hello", 1002),  # not masked
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that does not exist
        (b"\xc1\x80\0\0\0\0", 1002),  # an extension's bit
        (b"\x81\x82\0\0\0\0\xff\xff", 1007),  # not UTF-8
        (b"\x09\x80\0\0\0\0", 1002),  # a ping in fragments
        (b"\x89\xfe\0\xff\0\0\0\0", 1002),  # a ping too long
        (b"\x80\x80\0\0\0\0", 1002),  # a continuation of nothing
        (b"\x88\x81\0\0\0\0\0", 1002),  # a close frame with half a code
        (b"\x88\x82\0\0\0\0\x00\x00", 1002),  # a close code that does not exist
    ],
)
def test_frames_against_the_protocol(frame: bytes, code: int) -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.stream.send_all(client.encode(call("echo", 1)) + frame)
        assert (await client.receive())["result"] == 1
        assert await client.receive() == code
        assert await read_to_end(client.stream) == b""

    run_with(scenario)


def test_a_client_that_says_good_bye_is_answered_so() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.stream.send_all(client.protocol.send(CloseConnection(code=1000, reason="x")))
        assert await client.receive() == 1000
        assert await read_to_end(client.stream) == b""

    run_with(scenario)


def test_a_silent_client_is_asked_and_then_given_up() -> None:
    async def main() -> None:
        server = make_server()
        async with connect_websocket(server) as client:
            await trio.sleep(29)
            assert (await client.call("echo", 1))["result"] == 1
            started_s = trio.current_time()
            event = await next_event_slowly(client)
            assert isinstance(event, Ping)
            assert trio.current_time() - started_s == pytest.approx(30)
            await client.stream.send_all(client.protocol.send(event.response()))
            assert isinstance(await next_event_slowly(client), Ping)
            assert server.connections == 1
            assert await client.stream.receive_some(100) == b""
            assert trio.current_time() - started_s == pytest.approx(90)
            await wait_all_tasks_blocked()
            assert server.connections == 0

    run(main, clock=MockClock(autojump_threshold=0))


async def next_event_slowly(client: WebSocketClient) -> Any:
    while not client.events:
        client.protocol.receive_data(bytes(await client.stream.receive_some(100)))
        client.events += client.protocol.events()
    return client.events.pop(0)


async def connect_stuck(server: RpcServer, nursery: trio.Nursery) -> tuple[WebSocketClient, Any]:
    """A client, and a function after which it reads nothing more."""
    ours, theirs = memory_stream_pair()
    nursery.start_soon(server.serve_connection, theirs)
    client = WebSocketClient(ours)
    assert await client.open() == 101

    async def wait_for_ever() -> None:
        await trio.sleep_forever()

    def stop_reading() -> None:
        theirs.send_stream.send_all_hook = wait_for_ever

    return client, stop_reading


def test_a_client_that_does_not_read_answers_is_cut_off() -> None:
    async def main() -> None:
        server = make_server(response_bytes_max=10_000)
        async with trio.open_nursery() as nursery:
            client, stop_reading = await connect_stuck(server, nursery)
            stop_reading()
            sample_calls = 30
            for _ in range(sample_calls):
                await client.send(call("big", 2_000))
            await trio.sleep(19)
            assert server.connections == 1
            await trio.sleep(2)
            assert server.connections == 0

    run(main, clock=MockClock(autojump_threshold=0))


def test_what_a_client_does_not_read_does_not_pile_up() -> None:
    async def main() -> None:
        sample = Sample()
        server = make_server(sample, response_bytes_max=1_000)
        async with trio.open_nursery() as nursery:
            client, stop_reading = await connect_stuck(server, nursery)
            stop_reading()
            for _ in range(1_000):
                await client.send(call("echo", "x" * 90))
            await trio.sleep(1)
            # Each answer has some 130 bytes: after 1,000 nothing more is read or run.
            assert sample.calls < 20
            nursery.cancel_scope.cancel()

    run(main, clock=MockClock(autojump_threshold=0))


def test_too_many_notifications_queued_end_the_connection() -> None:
    async def main() -> None:
        sample = Sample()
        server = make_server(sample)
        async with trio.open_nursery() as nursery:
            slow, stop_reading = await connect_stuck(server, nursery)
            await slow.call("follow")
            async with connect_websocket(server) as fast:
                await fast.call("follow")
                stop_reading()
                # One is being written, 64 wait.
                for number in range(65):
                    sample.broadcast.send(number)
                    await fast.receive()
                assert server.connections == 2
                sample.broadcast.send(65)
                assert (await fast.receive())["params"]["result"] == 65
                await wait_all_tasks_blocked()
                assert server.connections == 1
                assert sample.broadcast.subscribers == 1
                nursery.cancel_scope.cancel()

    trio.run(main)


def test_a_burst_to_a_client_that_reads_is_not_too_much() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        assert "result" in await client.call("count", 1_000)
        results = [(await client.receive())["params"]["result"] for _ in range(1_000)]
        assert results == [*range(1_000)]

    run_with(scenario)


def test_a_bug_in_a_method_ends_its_call_only(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        assert (await client.call("crash"))["error"] == {
            "code": -32603,
            "message": "Internal error",
        }
        assert (await client.call("echo", 1))["result"] == 1

    with caplog.at_level(logging.ERROR):
        run_with(scenario)
    assert "/secret/path" in caplog.text


def test_batches() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.send(f"[{call('work', 1)},{call('echo', 2)}]")
        assert [each["result"] for each in await client.receive()] == [2, 2]
        await client.send('[{"jsonrpc":"2.0","method":"echo","params":[1]}]')
        assert (await client.call("echo", 3))["result"] == 3
        assert sample.calls == 3

    run_with(scenario)


def test_answers_are_valid_utf_8_whatever_is_asked() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        data = b'{"jsonrpc":"2.0","id":"\xff","method":"echo","params":["\xff"]}'
        await client.stream.send_all(client.protocol.send(BytesMessage(data=data)))
        assert (await client.receive())["error"]["code"] in (-32700, -32600)
        assert json.dumps((await client.call("echo", "\u2028\U0001f600"))["result"])

    run_with(scenario)
