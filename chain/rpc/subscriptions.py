"""The subscriptions of one WebSocket connection: who sends what, and when it ends."""

import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

import trio

from chain.rpc.jsonrpc import TOO_MANY_SUBSCRIPTIONS, RpcError, encode_notification

ID_BYTES: Final = 12


class Notices(Protocol):
    """Where notifications go: the connection's queue."""

    def put_notification(self, data: bytes) -> None:
        """Queues one; if the client has let too many pile up, its connection ends."""
        ...

    def end(self, error: RpcError) -> None:
        """Ends the connection because a subscription failed."""
        ...


def make_id() -> str:
    """A subscription id that nobody guesses."""
    return secrets.token_urlsafe(ID_BYTES)


class Subscriber:
    """One subscription, as the method that serves it sees it."""

    def __init__(
        self, subscription_id: str, notification: str, connection: "Subscriptions", notices: Notices
    ) -> None:
        self.id = subscription_id
        """What the client knows it by."""
        self.connection = connection
        """The subscriptions of the same client: one object a connection."""
        self.notification = notification
        """The method name of its notifications."""
        self._notices = notices
        self._later: deque[object] = deque()
        self._accepted = trio.Event()
        self._answered = trio.Event()
        self._refusal: RpcError | None = None

    async def accept(self) -> None:
        """Answers the client's call with the id, and returns once that is under way.

        Until then the method may raise `RpcError`, which is the answer instead. The first `send`
        and the method's return accept too.
        """
        self._accepted.set()
        await self._answered.wait()

    async def send(self, result: object) -> None:
        """Sends one notification, without waiting for the client: a slow reader is cut off."""
        await self.accept()
        self._notices.put_notification(encode_notification(self.notification, self.id, result))
        # Lets the writer run, so that only a client that does not read has items queued.
        await trio.lowlevel.checkpoint()

    def send_later(self, result: object) -> None:
        """Sends one notification after the answer to the call that is running, in order."""
        self._later.append(result)
        if len(self._later) == 1:
            self.connection.start_soon(self, self._send_later)

    async def _send_later(self) -> None:
        while self._later:
            await self.send(self._later[0])
            self._later.popleft()

    async def wait_closed(self) -> None:
        """Waits until the subscription is ended from outside, by being cancelled."""
        await self.accept()
        await trio.sleep_forever()

    def note_answered(self) -> None:
        """The answer with the id is queued: notifications may follow."""
        self._answered.set()

    async def wait_accepted(self) -> None:
        """Waits until the id may be answered. Raises the `RpcError` to answer instead."""
        await self._accepted.wait()
        if self._refusal is not None:
            raise self._refusal

    def note_over(self, error: RpcError | None) -> None:
        """The method has ended; without having accepted, its error is the answer."""
        if not self._accepted.is_set():
            self._refusal = error
            self._accepted.set()

    @property
    def is_accepted(self) -> bool:
        """Whether the id may be answered, or was."""
        return self._accepted.is_set()


Serve: TypeAlias = Callable[[Subscriber], Awaitable[None]]
"""What a subscription does, from the call that opens it to its end."""

Guard: TypeAlias = Callable[[str, Awaitable[None]], Awaitable[RpcError | None]]
"""Runs a method under its name: its failure as the client is told of it, None if it went well."""


class Subscriptions:
    """The subscriptions of one connection; they end with the nursery they run in."""

    def __init__(
        self,
        nursery: trio.Nursery,
        notices: Notices,
        guard: Guard,
        *,
        subscriptions_max: int,
        make_id: Callable[[], str] = make_id,
    ) -> None:
        self._nursery = nursery
        self._notices = notices
        self._guard = guard
        self._subscriptions_max = subscriptions_max
        self._make_id = make_id
        self._open: dict[str, Subscriber] = {}
        self._nurseries: dict[str, trio.Nursery] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, subscription_id: str) -> Subscriber | None:
        """The open subscription of that id."""
        return self._open.get(subscription_id)

    async def open(self, name: str, notification: str, serve: Serve) -> Subscriber:
        """Runs `serve` until it accepts. Raises what it raised instead as an `RpcError`.

        The caller answers with the id, then calls `note_answered`.
        """
        if len(self._open) >= self._subscriptions_max:
            text = f"Exceeded max limit of {self._subscriptions_max}"
            raise RpcError(TOO_MANY_SUBSCRIPTIONS, "Too many subscriptions on the connection", text)
        subscriber = Subscriber(self._make_id(), notification, self, self._notices)
        self._open[subscriber.id] = subscriber
        self._nursery.start_soon(self._run, name, subscriber, serve)
        await subscriber.wait_accepted()
        return subscriber

    def close(self, subscription_id: str, notification: str) -> bool:
        """Ends a subscription of that kind; whether there was one."""
        subscriber = self._open.get(subscription_id)
        if subscriber is None or subscriber.notification != notification:
            return False
        nursery = self._nurseries[subscription_id]
        self._forget(subscription_id)
        nursery.cancel_scope.cancel()
        return True

    def start_soon(self, subscriber: Subscriber, work: Callable[[], Awaitable[None]]) -> None:
        """Runs work that belongs to a subscription and ends with it."""
        nursery = self._nurseries.get(subscriber.id)
        if nursery is not None:
            nursery.start_soon(self._run_guarded, subscriber, work)

    async def _run_guarded(
        self, subscriber: Subscriber, work: Callable[[], Awaitable[None]]
    ) -> None:
        error = await self._guard(subscriber.notification, work())
        if error is not None:
            self._notices.end(error)

    async def _run(self, name: str, subscriber: Subscriber, serve: Serve) -> None:
        error: RpcError | None = None  # stays so where the method is cancelled
        async with trio.open_nursery() as nursery:
            self._nurseries[subscriber.id] = nursery
            error = await self._guard(name, serve(subscriber))
            if error is not None and subscriber.is_accepted:
                # A stream that stops without a word would leave the client waiting.
                self._notices.end(error)
            nursery.cancel_scope.cancel()
        self._forget(subscriber.id)
        subscriber.note_over(error)

    def _forget(self, subscription_id: str) -> None:
        self._open.pop(subscription_id, None)
        self._nurseries.pop(subscription_id, None)
