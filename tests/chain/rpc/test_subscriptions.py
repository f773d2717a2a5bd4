"""Subscriptions: the id first, then what it tells, then an end."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.helpers.rpc import Sample, WebSocketClient, call, connect_websocket, make_server

Scenario = Callable[[WebSocketClient, Sample], Awaitable[None]]


def run_with(scenario: Scenario, **options: Any) -> None:
    async def main() -> None:
        sample = Sample()
        server = make_server(sample, **options)
        async with connect_websocket(server) as client:
            await scenario(client, sample)
        assert (server.connections, sample.broadcast.subscribers) == (0, 0)

    trio.run(main)


async def receive_items(client: WebSocketClient, count: int) -> list[tuple[str, Any]]:
    messages = [await client.receive() for _ in range(count)]
    return [(each["params"]["subscription"], each["params"]["result"]) for each in messages]


def test_the_id_is_answered_before_the_first_notification() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        for number in range(50):
            answer = await client.call("count", 2, call_id=number)
            assert answer["id"] == number
            assert await receive_items(client, 2) == [(answer["result"], 0), (answer["result"], 1)]

    run_with(scenario)


def test_the_id_is_answered_before_the_first_notification_with_others_under_way() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        for number in range(10):
            await client.send(call("count", 5, call_id=number))
            await client.send(call("wait", call_id=f"wait {number}"))
        sample.gate.set()
        known: set[str] = set()
        answered = 0
        for _ in range(10 * 7):
            message = await client.receive()
            if message.get("method"):
                assert message["method"] == "count_item"
                assert message["params"]["subscription"] in known
            elif message["result"] != "done":
                known.add(message["result"])
            else:
                answered += 1
        assert (len(known), answered) == (10, 10)

    run_with(scenario, calls_in_flight_max=5)


def test_in_a_batch_notifications_follow_the_whole_answer() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.send(f"[{call('count', 2)},{call('work', 1)},{call('follow')}]")
        counted, worked, followed = await client.receive()
        assert worked["result"] == 2
        assert await receive_items(client, 2) == [(counted["result"], 0), (counted["result"], 1)]
        sample.broadcast.send(7)
        assert await receive_items(client, 1) == [(followed["result"], 7)]

    run_with(scenario)


def test_a_batch_too_large_to_answer_leaves_no_subscription() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.send(f"[{call('follow')},{call('big', 400)},{call('big', 400)}]")
        assert (await client.receive())["error"]["code"] == -32011
        await wait_all_tasks_blocked()
        assert sample.broadcast.subscribers == 0

    run_with(scenario, response_bytes_max=1_000)


def test_unsubscribing_ends_it() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        one = (await client.call("follow"))["result"]
        two = (await client.call("follow"))["result"]
        assert isinstance(one, str)
        assert one != two
        sample.broadcast.send(1)
        assert sorted(await receive_items(client, 2)) == sorted([(one, 1), (two, 1)])
        assert (await client.call("unfollow", one))["result"] is True
        assert (await client.call("unfollow", one))["result"] is False
        assert (await client.call("unfollow", "unknown"))["result"] is False
        await wait_all_tasks_blocked()
        assert sample.broadcast.subscribers == 1
        sample.broadcast.send(2)
        assert await receive_items(client, 1) == [(two, 2)]
        # By any of its names, but not by another kind's.
        assert (await client.call("uncount", two))["result"] is False
        assert (await client.call("un_follow", two))["result"] is True

    run_with(scenario)


def test_another_connections_subscription_cannot_be_ended() -> None:
    async def main() -> None:
        sample = Sample()
        server = make_server(sample)
        async with connect_websocket(server) as one, connect_websocket(server) as two:
            subscription = (await one.call("follow"))["result"]
            assert (await two.call("unfollow", subscription))["result"] is False
            sample.broadcast.send(1)
            assert await receive_items(one, 1) == [(subscription, 1)]

    trio.run(main)


def test_a_subscription_that_ended_by_itself_is_gone() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        subscription = (await client.call("count", 1))["result"]
        await receive_items(client, 1)
        await wait_all_tasks_blocked()
        assert (await client.call("uncount", subscription))["result"] is False

    run_with(scenario)


def test_so_many_subscriptions() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        ids = [(await client.call("follow"))["result"] for _ in range(20)]
        error = (await client.call("follow"))["error"]
        assert error["code"] == -32006
        assert (await client.call("unfollow", ids[0]))["result"] is True
        assert "result" in await client.call("follow")

    run_with(scenario, subscriptions_max=20)


def test_a_subscription_may_be_refused() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        refused = await client.call("picky", "refuse")
        assert refused["error"] == {"code": 1010, "message": "Invalid Transaction"}
        assert (await client.call("picky", 5))["error"]["code"] == -32602
        assert (await client.call("picky"))["error"]["code"] == -32602
        assert (await client.call("picky", "crash"))["error"]["code"] == -32603
        # A method that returns without a word has accepted.
        assert isinstance((await client.call("picky", "silent"))["result"], str)
        assert (await client.call("echo", 1))["result"] == 1

    run_with(scenario, subscriptions_max=1)


@pytest.mark.parametrize("mood", ["late", "unprintable"])
def test_a_subscription_that_fails_later_ends_the_connection(
    mood: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        assert isinstance((await client.call("picky", mood))["result"], str)
        assert await client.receive() == 1011

    with caplog.at_level(logging.ERROR):
        run_with(scenario)
    assert "method failed" in caplog.text


def test_a_source_that_is_too_fast_ends_the_connection() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.call("follow")
        # One goes to the method, which waits for it; so many wait; one is too many.
        for number in range(sample.broadcast.capacity + 2):
            sample.broadcast.send(number)
        while isinstance(message := await client.receive(), dict):
            assert message["method"] == "follow_item"
        assert message == 1011

    run_with(scenario)


def test_a_notification_without_an_id_opens_nothing() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        await client.send('{"jsonrpc":"2.0","method":"follow"}')
        assert (await client.call("echo", 1))["result"] == 1
        await wait_all_tasks_blocked()
        assert sample.broadcast.subscribers == 0

    run_with(scenario)


def test_what_is_sent_later_follows_the_answer_in_order() -> None:
    async def scenario(client: WebSocketClient, sample: Sample) -> None:
        subscription = (await client.call("follow"))["result"]
        for start in range(0, 100, 5):
            answer = await client.call("followLater", [*range(start, start + 5)])
            assert answer["result"] == "started"
            items = await receive_items(client, 5)
            assert items == [(subscription, each) for each in range(start, start + 5)]

    run_with(scenario)


def test_the_end_of_the_connection_ends_its_subscriptions() -> None:
    async def main() -> None:
        sample = Sample()
        server = make_server(sample)
        async with connect_websocket(server) as client:
            await client.call("follow")
            await client.call("follow")
            assert sample.broadcast.subscribers == 2
            await client.stream.aclose()
            await wait_all_tasks_blocked()
            assert (server.connections, sample.broadcast.subscribers) == (0, 0)

    trio.run(main)
