"""Telling other tasks: the latest value, and every item or an error."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chain.errors import SubscriberTooSlow
from chain.watch import Broadcast, Watch


async def collect(source: AsyncIterator[int], seen: list[int]) -> None:
    async for item in source:
        seen += [item]


def test_a_reader_sees_the_latest_value_at_once_and_after_each_change() -> None:
    async def main() -> None:
        watch = Watch(1)
        seen: list[int] = []

        async with trio.open_nursery() as nursery:
            nursery.start_soon(collect, watch.changes(), seen)
            await wait_all_tasks_blocked()
            assert seen == [1]
            watch.set(2)
            await wait_all_tasks_blocked()
            assert seen == [1, 2]
            watch.set(3)
            watch.set(4)
            await wait_all_tasks_blocked()
            assert seen == [1, 2, 4]
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_waiting_after_an_old_version_returns_at_once() -> None:
    async def main() -> None:
        watch = Watch("a")
        version, value = watch.seen
        watch.set("b")
        assert (value, watch.value) == ("a", "b")
        assert await watch.wait_after(version) == (version + 1, "b")
        with trio.move_on_after(0) as scope:
            await watch.wait_after(version + 1)
        assert scope.cancelled_caught

    trio.run(main)


def test_setting_never_waits_for_readers() -> None:
    async def main() -> None:
        watch = Watch(0)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(watch.wait_after, 1_000)
            await wait_all_tasks_blocked()
            for value in range(2_000):
                watch.set(value)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_every_subscriber_gets_every_item_in_order() -> None:
    async def main() -> None:
        broadcast: Broadcast[int] = Broadcast(4)
        broadcast.send(0)
        with broadcast.subscribe() as one, broadcast.subscribe() as two:
            for item in (1, 2, 3):
                broadcast.send(item)
            assert [await one.receive() for _ in range(3)] == [1, 2, 3]
            assert [await two.receive() for _ in range(3)] == [1, 2, 3]
            assert one.receive_nowait() is None
            assert broadcast.subscribers == 2
        assert broadcast.subscribers == 0

    trio.run(main)


def test_a_slow_subscriber_is_cut_off_after_what_it_has_and_nobody_else_is() -> None:
    async def main() -> None:
        broadcast: Broadcast[int] = Broadcast(2)
        with broadcast.subscribe() as slow, broadcast.subscribe() as fast:
            for item in range(4):
                broadcast.send(item)
                assert await fast.receive() == item
            assert broadcast.subscribers == 1
            seen: list[int] = []
            with pytest.raises(SubscriberTooSlow, match="at most 2 items behind"):
                await collect(slow, seen)
            assert seen == [0, 1]
            with pytest.raises(SubscriberTooSlow):
                slow.receive_nowait()
            broadcast.send(9)
            assert await fast.receive() == 9

    trio.run(main)


def test_a_broadcast_holds_at_least_one_item() -> None:
    with pytest.raises(ValueError, match="from 1 on, got 0"):
        Broadcast(0)
