"""Places for files on their way out: no network holds all of them, and no slow reader for long."""

from contextlib import ExitStack
from itertools import chain, repeat
from pathlib import Path

import pytest
import trio
from trio.testing import (
    MockClock,
    memory_stream_pair,
    open_stream_to_socket_listener,
    wait_all_tasks_blocked,
)

from chain.blobs import BlobStore
from chain.rpc import server as rpc_server
from chain.rpc.blob_streams import BlobStreams, compute_network, find_network
from chain.rpc.http import HttpFault
from chain.rpc.limits import RpcLimits
from tests.helpers.blob_server import make_blob_server, request
from tests.helpers.rpc import connect, run

PART_BYTES = 256 << 10
RATE = RpcLimits().blob_bytes_per_s_min
PART_S = PART_BYTES / RATE
"""What a part may take for ever."""

LIMITS = RpcLimits(blob_streams_max=5, blob_streams_per_network_max=2)


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", None),
        ("127.8.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
    ],
)
def test_the_network_of_an_address(address: str, network: str | None) -> None:
    assert compute_network(address) == network


def test_a_network_has_a_share() -> None:
    streams = BlobStreams(LIMITS)
    with ExitStack() as held:
        for network in ("a", "b", "a"):
            held.enter_context(streams.take(network))
        with pytest.raises(HttpFault, match="2 files are on their way to a"), streams.take("a"):
            pass
        held.enter_context(streams.take("b"))
        held.enter_context(streams.take(None))
        with pytest.raises(HttpFault, match="5 files are on their way, try"), streams.take("c"):
            pass
    with ExitStack() as held:
        for network in ("a", "a", "b", "b", "c"):
            held.enter_context(streams.take(network))


def test_this_computer_has_no_share() -> None:
    streams = BlobStreams(LIMITS)
    with ExitStack() as held:
        for _ in range(LIMITS.blob_streams_max):
            held.enter_context(streams.take(None))
        with pytest.raises(HttpFault, match="5 files are on their way, try"), streams.take(None):
            pass


def test_a_failure_gives_the_place_back() -> None:
    streams = BlobStreams(LIMITS)
    for _ in range(9):
        with pytest.raises(OSError, match="gone"), streams.take("a"):
            raise OSError("gone")
    with streams.take("a"), streams.take("a"):
        pass


def test_who_is_at_the_other_end_is_read_from_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        async with listener, await open_stream_to_socket_listener(listener) as ours:
            await (await listener.accept()).aclose()
            assert find_network(ours) is None
            with monkeypatch.context() as patch:
                patch.setattr(ours.socket, "getpeername", lambda: ("198.51.100.9", 4_000))
                assert find_network(ours) == "198.51.100.9"
        assert find_network(ours) is None, "it is closed"
        assert find_network(memory_stream_pair()[0]) is None

    trio.run(main)


def test_one_network_leaves_places_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlobStore(tmp_path)
    root = store.put_chunks(bytes(3 << 20))
    networks = iter(["a", "a", "a", "b", "a"])
    monkeypatch.setattr(rpc_server, "find_network", lambda stream: next(networks))
    asked = request("GET", f"/blobs/{root.hex()}")

    async def main() -> None:
        server = make_blob_server(store, blob_streams_max=3, blob_streams_per_network_max=2)
        async with connect(server) as first, connect(server) as second:
            for stream in (first, second):
                await stream.send_all(asked)
                assert b" 200 " in await stream.receive_some(1_000)
            for status in (b" 503 ", b" 200 "):
                async with connect(server) as another:
                    await another.send_all(asked)
                    assert status in await another.receive_some(1_000)
        await wait_all_tasks_blocked()
        async with connect(server) as again:
            await again.send_all(asked)
            assert b" 200 " in await again.receive_some(1_000)

    run(main, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize(
    "quick_parts, part_s, end_s, is_whole",
    [
        (0, PART_S, 13 * PART_S, True),
        (0, PART_S + 3, 5 * (PART_S + 3) + 5, False),
        (0, 19, 19 + 1 + PART_S, False),
        (6, 19, 19 + 1 + PART_S, False),
    ],
)
def test_a_reader_keeps_up_with_the_least_rate(
    tmp_path: Path, quick_parts: int, part_s: float, end_s: float, is_whole: bool
) -> None:
    """It may be behind by 20 s in all, however quick it was before."""
    store = BlobStore(tmp_path)
    content = bytes(13 * PART_BYTES)
    root = store.put_chunks(content)

    async def main() -> None:
        server = make_blob_server(store)
        ours, theirs = memory_stream_pair()
        deliver, close = theirs.send_stream.send_all_hook, theirs.send_stream.close_hook
        assert deliver is not None
        assert close is not None

        delays = chain(repeat(0, quick_parts), repeat(part_s))

        async def take_slowly() -> None:
            await trio.sleep(next(delays))
            await deliver()

        def hang_up() -> None:
            close()  # delivers what was left, if anything was
            close()  # and the end

        theirs.send_stream.send_all_hook, theirs.send_stream.close_hook = take_slowly, hang_up
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve_connection, theirs)
            await ours.send_all(request("GET", f"/blobs/{root.hex()}"))
            await ours.send_eof()
            received = b""
            begun_s = trio.current_time()
            while data := await ours.receive_some(1 << 20):
                received += data
            assert trio.current_time() - begun_s == pytest.approx(end_s)
            assert received.endswith(content) == is_whole
        assert server.connections == 0

    run(main, clock=MockClock(autojump_threshold=0))


def test_bytes_that_went_out_too_late_end_the_connection_alone(tmp_path: Path) -> None:
    """The loop was busy when their time was over, and the system took them when it was not."""
    store = BlobStore(tmp_path)
    root = store.put_chunks(bytes(3 * PART_BYTES))

    async def main() -> None:
        server = make_blob_server(store)
        ours, theirs = memory_stream_pair()
        deliver = theirs.send_stream.send_all_hook
        assert deliver is not None

        async def take_late() -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(2 * server_patience_s)
            await deliver()

        server_patience_s = RpcLimits().send_timeout_s + PART_S
        theirs.send_stream.send_all_hook = take_late
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve_connection, theirs)
            await ours.send_all(request("GET", f"/blobs/{root.hex()}"))
        assert server.connections == 0

    run(main, clock=MockClock(autojump_threshold=0))
