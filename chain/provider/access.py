"""The chain as a provider sees it: through the node that it is in, or through one it speaks to."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.errors import NodeError
from chain.provider.sender import Sender
from chain.txpool.transaction import PoolRejection
from pallets.runtime import Runtime
from runtime.errors import InvalidTransaction
from runtime.primitives import AccountId, Hash

T = TypeVar("T")


class Tip(Protocol):
    """A best block."""

    @property
    def number(self) -> int:
        """Its height."""
        ...

    @property
    def hash(self) -> Hash:
        """What names its state."""
        ...


class CallRefused(NodeError):
    """A transaction that the pool does not take."""


class ChainAccess(Protocol):
    """Reads one chain, and sends calls of one account to it."""

    @property
    def genesis_hash(self) -> Hash:
        """Which chain it is."""
        ...

    @property
    def account(self) -> AccountId:
        """Who works, and is paid."""
        ...

    @property
    def best(self) -> Tip:
        """The best block."""
        ...

    def follow(self) -> AsyncIterator[Tip]:
        """The best block at once, then the latest after each change; without an end."""
        ...

    async def read(self, reading: Callable[[Runtime], T], at: Hash) -> T:
        """What ``reading`` finds in the state after a block; it may run in another thread."""
        ...

    async def send(self, pallet: str, name: str, *args: object) -> None:
        """Signs a call and submits it. Errors: CallRefused."""
        ...


@dataclass(frozen=True, slots=True)
class LocalAccess:
    """The chain of the node that this provider is in."""

    client: Client
    sender: Sender

    @property
    def genesis_hash(self) -> Hash:
        """Of the node's chain."""
        return self.client.genesis_hash

    @property
    def account(self) -> AccountId:
        """That of the key that signs."""
        return self.sender.signer.account

    @property
    def best(self) -> Tip:
        """The client's."""
        return self.client.best.value

    def follow(self) -> AsyncIterator[Tip]:
        """The client's best blocks."""
        return self.client.best.changes()

    async def read(self, reading: Callable[[Runtime], T], at: Hash) -> T:
        """Reads here and now."""
        return reading(get_runtime(self.client, at))

    async def send(self, pallet: str, name: str, *args: object) -> None:
        """Puts the call into the node's own pool."""
        try:
            self.sender.send(pallet, name, *args)
        except (PoolRejection, InvalidTransaction) as error:
            raise CallRefused(repr(error)) from error
