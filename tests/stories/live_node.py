"""A whole node in this process, on a real database, and people who send it transactions."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import trio

from chain.client.block import IncomingBlock
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.clock import SystemClock
from chain.config import Config, RpcConfig
from chain.keystore import KeyPair, get_pair_of_uri
from chain.node import Keys, Node, run_node
from chain.provider.sender import Sender
from chain.wallet.dispatch_failure import describe_failure
from chain.worker import ThreadWorker
from pallets.runtime import Runtime
from runtime.crypto.hashing import blake2_256
from runtime.crypto.scheme import Scheme
from runtime.frame import Call, Event
from runtime.frame.event_record import ApplyExtrinsic
from runtime.primitives import AccountId, Hash
from runtime.system import ExtrinsicFailed

EventT = TypeVar("EventT", bound=Event)

LIMIT_S = 120
"""A story that has not come to its end by then never will."""


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction in a block."""

    block_hash: Hash
    number: int
    events: tuple[Event, ...]
    """Its own, in order."""

    failure: str | None
    """The dispatch error by its name, such as `Market.NoSuchModel`."""


class Stage(Protocol):
    """A chain to play on, whoever makes its blocks."""

    @property
    def client(self) -> Client: ...

    @property
    def runtime(self) -> Runtime:
        """The runtime on the best block's state."""
        ...

    async def send(self, name: str, call: Call) -> Included:
        """Signs, submits, and waits for the block; a failed dispatch is no error here."""
        ...


async def send_well(stage: Stage, name: str, call: Call) -> Included:
    """Sends a call that has to succeed."""
    included = await stage.send(name, call)
    assert included.failure is None, f"{call.spec.name}: {included.failure}"
    return included


def get_pair(name: str) -> KeyPair:
    """The development key of a name."""
    return get_pair_of_uri(f"//{name}", Scheme.ED25519)


def get_account(name: str) -> AccountId:
    return get_pair(name).account


def make_config(folder: Path) -> Config:
    return Config(base_path=folder, chain="dev", rpc=RpcConfig(port=0))


@dataclass(frozen=True, slots=True)
class LiveNode:
    """A running node and its whole chain."""

    node: Node

    @property
    def client(self) -> Client:
        return self.node.client

    @property
    def runtime(self) -> Runtime:
        """The runtime on the best block's state."""
        return get_runtime(self.client)

    async def send(self, name: str, call: Call) -> Included:
        """Signs, submits, and waits for the block; a failed dispatch is no error here."""
        start = self.client.best.value
        sender = Sender(self.client, self.node.pool, get_pair(name))
        sent = sender.send(call.pallet_name, call.spec.name, *call.args)
        async for head in self.client.best.changes():
            at = head.header
            while at.number > start.number:
                block_hash = at.compute_hash()
                body = self.client.get_body(block_hash)
                assert body is not None, "an imported block has a body; qed"
                hashes = [blake2_256(raw) for raw in body]
                if sent in hashes:
                    return read_included(self.client, block_hash, hashes.index(sent))
                parent = self.client.get_header(at.parent_hash)
                assert parent is not None, "a block's parent is known; qed"
                at = parent
        raise AssertionError("changes never end; qed")

    async def wait_until(self, is_so: Callable[[Runtime], bool]) -> None:
        """Until a block's state has a property."""
        async for head in self.client.best.changes():
            if is_so(get_runtime(self.client, head.hash)):
                return


def find(included: Included, kind: type[EventT]) -> EventT:
    """The one event of a kind."""
    (found,) = [event for event in included.events if isinstance(event, kind)]
    return found


def read_included(client: Client, block_hash: Hash, index: int) -> Included:
    """What became of one extrinsic of a block."""
    runtime = get_runtime(client, block_hash)
    phase = ApplyExtrinsic(index)
    raw = runtime.state.get(runtime.system.events.key)
    assert raw is not None, "every block has events; qed"
    records = runtime.events.decode(raw)
    events = tuple(record.event.event for record in records if record.phase == phase)
    failed = [event for event in events if isinstance(event, ExtrinsicFailed)]
    failure = describe_failure(failed[0].dispatch_error, runtime.pallets).name if failed else None
    header = client.get_header(block_hash)
    assert header is not None, "the block is known; qed"
    return Included(block_hash, header.number, events, failure)


def read_block(client: Client, block_hash: Hash) -> IncomingBlock:
    """A block as another node would get it."""
    header, body = client.get_header(block_hash), client.get_body(block_hash)
    assert header is not None, "the block is known; qed"
    assert body is not None, "its body is kept; qed"
    return IncomingBlock(header, body, client.get_witness(block_hash))


def read_events(client: Client, block_hash: Hash) -> tuple[Event, ...]:
    """Every event of a block."""
    runtime = get_runtime(client, block_hash)
    raw = runtime.state.get(runtime.system.events.key)
    return () if raw is None else tuple(each.event.event for each in runtime.events.decode(raw))


@asynccontextmanager
async def open_live_node(folder: Path, provider: str) -> AsyncGenerator[LiveNode]:
    """A development node that mines and provides under a key, until the block ends."""
    keys = Keys(author=get_pair("Alice"), provider=get_pair(provider))
    with trio.fail_after(LIMIT_S):
        async with trio.open_nursery() as nursery:
            run = partial(
                run_node, make_config(folder), keys, worker=ThreadWorker(), clock=SystemClock()
            )
            node: Node = await nursery.start(run)
            yield LiveNode(node)
            nursery.cancel_scope.cancel()
