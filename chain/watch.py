"""How one task tells others: a latest value that may be missed, or items that may not.

Neither ever makes the sender wait.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

import trio

from chain.errors import SubscriberTooSlow

T = TypeVar("T")


class Seen(NamedTuple, Generic[T]):
    """A value and its place in the order of values."""

    version: int
    value: T


class Watch(Generic[T]):
    """The latest of a series of values; readers may miss those between two looks."""

    def __init__(self, value: T) -> None:
        self._seen = Seen(0, value)
        self._changed = trio.Event()

    @property
    def value(self) -> T:
        """The latest value."""
        return self._seen.value

    @property
    def seen(self) -> Seen[T]:
        """The latest value with its version, to wait for what follows it."""
        return self._seen

    def set(self, value: T) -> None:
        """Makes `value` the latest and wakes who waits."""
        self._seen = Seen(self._seen.version + 1, value)
        self._changed.set()
        self._changed = trio.Event()

    async def wait_after(self, version: int) -> Seen[T]:
        """The latest value once it is newer than `version`."""
        if self._seen.version <= version:
            await self._changed.wait()
        else:
            await trio.lowlevel.checkpoint()
        return self._seen

    def changes(self) -> "Changes[T]":
        """An endless iterator: the latest value at once, then the latest after each change."""
        return Changes(self)


class Changes(Generic[T]):
    """One reader's way through the values of a `Watch`."""

    def __init__(self, watch: Watch[T]) -> None:
        self._watch = watch
        self._version = -1

    def __aiter__(self) -> "Changes[T]":
        return self

    async def __anext__(self) -> T:
        self._version, value = await self._watch.wait_after(self._version)
        return value


class Broadcast(Generic[T]):
    """Items for every subscriber, in order and without gaps.

    A subscriber that falls more than `capacity` items behind is cut off: it reads what it has
    up to there, then gets `SubscriberTooSlow`.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"expected a capacity from 1 on, got {capacity}")
        self.capacity = capacity
        self._senders: list[trio.MemorySendChannel[T]] = []

    @property
    def subscribers(self) -> int:
        """How many subscribers are there, those cut off not counted."""
        return len(self._senders)

    def send(self, item: T) -> None:
        """Gives `item` to every subscriber, and cuts off those that are full."""
        for sender in tuple(self._senders):
            try:
                sender.send_nowait(item)
            except (trio.WouldBlock, trio.BrokenResourceError):
                self._senders.remove(sender)
                sender.close()

    @contextmanager
    def subscribe(self) -> Generator["Subscription[T]"]:
        """Every item sent from now on, until the block ends."""
        sender, receiver = trio.open_memory_channel[T](self.capacity)
        self._senders.append(sender)
        try:
            yield Subscription(receiver, self.capacity)
        finally:
            receiver.close()
            sender.close()
            if sender in self._senders:
                self._senders.remove(sender)


class Subscription(Generic[T]):
    """One subscriber's items of a `Broadcast`, as an endless iterator."""

    def __init__(self, receiver: trio.MemoryReceiveChannel[T], capacity: int) -> None:
        self._receiver = receiver
        self._capacity = capacity

    def __aiter__(self) -> "Subscription[T]":
        return self

    async def __anext__(self) -> T:
        return await self.receive()

    async def receive(self) -> T:
        """The next item. Raises `SubscriberTooSlow` where the sender gave up."""
        try:
            return await self._receiver.receive()
        except trio.EndOfChannel:
            raise SubscriberTooSlow(self._capacity) from None

    def receive_nowait(self) -> T | None:
        """The next item if there is one. Raises `SubscriberTooSlow` as `receive` does."""
        try:
            return self._receiver.receive_nowait()
        except trio.WouldBlock:
            return None
        except trio.EndOfChannel:
            raise SubscriberTooSlow(self._capacity) from None
