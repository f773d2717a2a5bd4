"""One client's failure is its own: what others do never reaches a client that behaves."""

import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest
import trio
from wsproto.events import CloseConnection

from chain.rpc.limits import RpcLimits
from tests.helpers.node_stage import make_config
from tests.helpers.rpc import WebSocketClient, call, post
from tests.helpers.rpc_stage import RpcStage, connect_session, run_rpc_stage

LIMITS = RpcLimits(
    connections_max=8,
    subscriptions_max=20,
    request_bytes_max=100_000,
    response_bytes_max=600_000,  # metadata fits, which a client that reads nothing asks for
    send_timeout_s=0.3,
)
Attack = Callable[[RpcStage], Awaitable[None]]


async def open_stream(stage: RpcStage) -> trio.SocketStream:
    return await trio.open_tcp_stream(stage.node.rpc_address, stage.node.rpc_port)


async def open_socket(stage: RpcStage) -> WebSocketClient:
    client = WebSocketClient(await open_stream(stage))
    assert await client.open() == 101
    return client


async def read_to_end(stream: trio.SocketStream) -> bytes:
    received = b""
    try:
        while data := await stream.receive_some(65_536):
            received += data
    except trio.BrokenResourceError:
        pass  # the node hung up with unread bytes of ours in its buffers
    return received


async def ask_and_close_together(stage: RpcStage) -> None:
    """A request and Close in one segment: the answer finds nobody."""
    for method in ("system_name", "chain_subscribeNewHeads", "state_getMetadata", "nothing"):
        for _ in range(5):
            client = await open_socket(stage)
            request = client.encode(call(method))
            close = client.protocol.send(CloseConnection(1000))
            await client.stream.send_all(request + close)
            await client.stream.aclose()


async def reset_with_answers_under_way(stage: RpcStage) -> None:
    """A reset instead of a good-bye, in the middle of everything."""
    for _ in range(10):
        client = await open_socket(stage)
        await client.send(call("chainHead_v1_follow", True))
        await client.send(call("state_getMetadata"))
        stream = client.stream
        assert isinstance(stream, trio.SocketStream)
        linger = struct.pack("ii", 1, 0)
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        stream.socket.close()


async def flood_of_subscriptions(stage: RpcStage) -> None:
    """As many subscriptions as a connection may have, and more."""
    async with connect_session(stage.node) as session:
        for _ in range(LIMITS.subscriptions_max):
            await session.ask("chain_subscribeAllHeads")
        code, _, data = await session.refuse("chain_subscribeAllHeads")
        assert (code, data) == (-32006, f"Exceeded max limit of {LIMITS.subscriptions_max}")


async def slow_reader(stage: RpcStage) -> None:
    """Asks for much and reads nothing: it is cut off, and costs a bounded amount until then."""
    client = await open_socket(stage)
    with trio.move_on_after(20) as scope:
        while True:
            try:
                await client.send(call("state_getMetadata"))
            except trio.BrokenResourceError:
                break
    assert not scope.cancelled_caught, "it was never cut off"
    await client.stream.aclose()


async def garbage(stage: RpcStage) -> None:
    """Bytes that are no protocol, before and after the handshake."""
    random = Random(7)
    for size in (1, 10, 1_000, 20_000):
        async with await open_stream(stage) as stream:
            with trio.move_on_after(5):
                try:
                    await stream.send_all(random.randbytes(size) + b"\r\n\r\n")
                    await stream.send_eof()
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    continue
                await read_to_end(stream)
    for frame in (b"\xff" * 50, b"\x81\x85\0\0\0\0\xff\xfe\xfd\xfc\xfb", b"\x81\x7f" + b"\xff" * 8):
        client = await open_socket(stage)
        assert isinstance(client.stream, trio.SocketStream)
        await client.stream.send_all(frame)
        await read_to_end(client.stream)
        await client.stream.aclose()
    for text in ("", "{", "[]", "[[[[", '{"id":1}', "null", "\0", '{"jsonrpc":"2.0","id":{}}'):
        client = await open_socket(stage)
        await client.send(text)
        answer = await client.receive()
        assert answer["error"]["code"] in (-32700, -32600)
        await client.stream.aclose()


async def huge_messages(stage: RpcStage) -> None:
    """More than a request may have, as a message and as a body."""
    client = await open_socket(stage)
    await client.send(call("system_name", "x" * LIMITS.request_bytes_max))
    assert (await client.receive())["error"]["code"] == -32007
    assert await client.receive() == 1009
    await client.stream.aclose()
    async with await open_stream(stage) as stream:
        head = post(b"").replace(b"Content-Length: 0", b"Content-Length: 999999999")
        await stream.send_all(head)
        assert b" 413 " in (await read_to_end(stream)).split(b"\r\n", 1)[0]


async def too_many_connections(stage: RpcStage) -> None:
    """One more than the node takes is told so; the others stay."""
    opened = [await open_socket(stage) for _ in range(LIMITS.connections_max - 1)]
    refused = WebSocketClient(await open_stream(stage))
    assert await refused.open() == 503
    for client in opened:
        assert (await client.call("system_name"))["result"] == "soberana"
    for client in (*opened, refused):
        await client.stream.aclose()


ATTACKS: list[Attack] = [
    ask_and_close_together,
    reset_with_answers_under_way,
    flood_of_subscriptions,
    slow_reader,
    garbage,
    huge_messages,
    too_many_connections,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_others_notice_nothing(attack: Attack, caplog: pytest.LogCaptureFixture) -> None:
    async def test(stage: RpcStage) -> None:
        heads = await stage.ask("chain_subscribeFinalizedHeads")
        assert (await stage.hear(heads))["number"] == "0x0"
        heard: list[int] = []

        async def live(stop: trio.Event) -> None:
            while not stop.is_set():
                await stage.make_block()
                best = await stage.ask("chain_getHeader")
                assert int(best["number"], 16) == stage.client.best.value.number
                if stage.client.finalised.value.number > len(heard):
                    heard.append(int((await stage.hear(heads))["number"], 16))

        async with trio.open_nursery() as nursery:
            stop = trio.Event()
            nursery.start_soon(live, stop)
            await attack(stage)
            stop.set()
        await stage.make_block()
        assert heard == list(range(1, len(heard) + 1))
        assert stage.client.best.value.number > 0

    config = make_config()
    config = replace(config, rpc=replace(config.rpc, limits=LIMITS))
    run_rpc_stage(test, config=config)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
