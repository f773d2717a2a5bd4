"""A node in this process without an author, asked over its real WebSocket; blocks come by hand."""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from chain.client.block import IncomingBlock
from chain.client.client import Client
from chain.config import Config
from chain.node import Node
from chain.worker import Worker
from runtime.primitives import Hash
from tests.helpers.clock import START_MS, ManualClock
from tests.helpers.node_stage import (
    BlockMaker,
    Wallet,
    feed_good,
    open_client,
    run_stage,
    wait_until_followed,
)
from tests.helpers.rpc import WebSocketClient, call

HOUR_MS = 3_600_000
LIMIT_S = 30


class Refused(Exception):
    """The node answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: Any = error.get("data")


class RpcSession:
    """One connection: answers by id, notifications by subscription, each in order."""

    def __init__(self, socket: WebSocketClient) -> None:
        self.socket = socket
        self._ids = iter(range(1, 1 << 30))
        self._notices: dict[str, deque[Any]] = defaultdict(deque)

    async def ask(self, method: str, *params: Any) -> Any:
        """The result of a call. Raises `Refused`."""
        number = next(self._ids)
        await self.socket.send(call(method, *params, call_id=number))
        while True:
            message = await self._receive()
            if message.get("id") == number:
                if "error" in message:
                    raise Refused(message["error"])
                return message["result"]

    async def refuse(self, method: str, *params: Any) -> tuple[int, str, Any]:
        """Code, message and data of a call that must fail."""
        try:
            result = await self.ask(method, *params)
        except Refused as refused:
            return refused.code, refused.message, refused.data
        shown = f"{method}{params!r:.200} was expected to fail, got {result!r:.200}"
        raise AssertionError(shown)

    async def hear(self, subscription: str) -> Any:
        """The next notification of a subscription."""
        while not self._notices[subscription]:
            await self._receive()
        return self._notices[subscription].popleft()

    async def hears_nothing(self, subscription: str) -> bool:
        """Whether no notification has been sent up to now: a later answer came first."""
        await self.ask("system_name")
        return not self._notices[subscription]

    async def _receive(self) -> Any:
        message = await self.socket.receive()
        assert isinstance(message, dict), message
        if "params" in message:
            params = message["params"]
            self._notices[params["subscription"]].append(params["result"])
        return message


class RpcStage:
    """A running node, a first connection to it, and the means to make blocks."""

    def __init__(self, node: Node, clock: ManualClock, session: RpcSession) -> None:
        self.node = node
        self.clock = clock
        self.session = session
        self.ask = session.ask
        self.refuse = session.refuse
        self.hear = session.hear
        self.maker = BlockMaker(node.client)
        self.wallet = Wallet(node.client)

    @property
    def client(self) -> Client:
        """The chain."""
        return self.node.client

    async def make_block(self, *transactions: bytes, parent: Hash | None = None) -> str:
        """Adds a block, on the best one unless told otherwise; its hash in hex."""
        return await self.add(self.maker.make(parent, transactions))

    async def add(self, block: IncomingBlock) -> str:
        """Hands a block to the node; its hash in hex."""
        await feed_good(self.node, block)
        await wait_until_followed(self.node)
        return hex_of(block.header.compute_hash())


def hex_of(data: bytes) -> str:
    return "0x" + data.hex()


@asynccontextmanager
async def connect_session(node: Node) -> AsyncGenerator[RpcSession]:
    """A further connection to a node."""
    stream = await trio.open_tcp_stream(node.rpc_address, node.rpc_port)
    async with stream:
        socket = WebSocketClient(stream)
        assert await socket.open() == 101
        yield RpcSession(socket)


def run_rpc_stage(
    test: Callable[[RpcStage], Awaitable[None]],
    *,
    client: Client | None = None,
    config: Config | None = None,
    worker: Worker | None = None,
) -> None:
    """Plays a test on a fresh node; it must end within half a minute."""

    async def main() -> None:
        clock = ManualClock(START_MS + HOUR_MS)
        opened = open_client() if client is None else client
        with trio.fail_after(LIMIT_S):
            async with (
                run_stage(opened, clock=clock, config=config, worker=worker) as node,
                connect_session(node) as session,
            ):
                await test(RpcStage(node, clock, session))

    trio.run(main)
