"""A transaction in the pool, and what its watchers hear of it."""

from dataclasses import dataclass
from typing import TypeAlias

from chain.errors import NodeError
from runtime.extrinsic import Extrinsic
from runtime.primitives import AccountId, Hash


@dataclass(frozen=True, slots=True)
class PoolTransaction:
    """A valid transaction."""

    extrinsic: Extrinsic
    sender: AccountId
    nonce: int
    priority: int
    fee: int
    """What it costs at most, tip included, in planck."""

    expires_at: int
    """The first block for which it is no longer valid."""

    replacements: int = 0
    """How many transactions of the same sender and nonce it follows."""

    arrival: int = 0
    """Its place in the order in which the pool took transactions."""

    @property
    def hash(self) -> Hash:
        """The extrinsic's hash."""
        return self.extrinsic.hash

    @property
    def size_bytes(self) -> int:
        """The length of the whole extrinsic."""
        return len(self.extrinsic.raw)


@dataclass(frozen=True, slots=True)
class Ready:
    """It may be in the next block."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """It waits for one of a lower nonce; clients know this as future."""


@dataclass(frozen=True, slots=True)
class InBlock:
    """It is in a block of the best chain."""

    block_hash: Hash
    index: int


@dataclass(frozen=True, slots=True)
class Retracted:
    """The block it was in left the best chain."""

    block_hash: Hash


@dataclass(frozen=True, slots=True)
class Finalised:
    """Its block is final; nothing follows."""

    block_hash: Hash
    index: int


@dataclass(frozen=True, slots=True)
class Usurped:
    """Another of the same nonce took its place; nothing follows."""

    by: Hash


@dataclass(frozen=True, slots=True)
class Dropped:
    """The pool had no room for it; nothing follows."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """It can no longer be in any block; nothing follows."""


Status: TypeAlias = Ready | Waiting | InBlock | Retracted | Finalised | Usurped | Dropped | Invalid


class PoolRejection(NodeError):
    """The pool does not take the transaction; the text says why."""


class AlreadyImported(PoolRejection):
    """The pool has it already."""


class TemporarilyBanned(PoolRejection):
    """It was invalid a short while ago."""


class PriorityTooLow(PoolRejection):
    """It would replace one of the same nonce, and offers too little for that."""


class ImmediatelyDropped(PoolRejection):
    """The pool, or the sender's share of it, is full of better ones."""


class Undecodable(PoolRejection):
    """It is no extrinsic of this chain."""
