"""Blocks on their way into the chain, and what becomes of them."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from consensus.pouw.seal import Seal
from runtime.extrinsic import Extrinsic
from runtime.header import Header
from runtime.pre_digest import PreDigest
from runtime.primitives import Hash
from runtime.state.backend import Backend, Changes
from runtime.state.commitment import StateTree


class BlockOrigin(Enum):
    """Where a block came from."""

    OWN = "own"
    NETWORK = "network"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class IncomingBlock:
    """A block that claims to extend the chain; nothing of it is trusted."""

    header: Header
    extrinsics: tuple[bytes, ...]
    witness: bytes | None
    """What the seal is checked against, encoded; None where its lane needs none."""

    origin: BlockOrigin = BlockOrigin.NETWORK


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A block whose header and seal are right; its execution is not known yet."""

    header: Header
    hash: Hash
    pre_digest: PreDigest
    seal: Seal
    extrinsics: tuple[Extrinsic, ...]
    witness: bytes | None


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """A block that is right in every respect, ready to be committed."""

    checked: CheckedBlock
    changes: Changes
    tree: StateTree
    """The commitment to the state after it."""


@dataclass(frozen=True, slots=True)
class Head:
    """A block as the rest of the node refers to it."""

    number: int
    hash: Hash
    header: Header
    score: int
    """The accumulated work of the chain up to it."""


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """An imported block that is not final, with the state after it."""

    head: Head
    changes: Changes
    tree: StateTree
    backend: Backend
    arrival: int
    """Its place in the order in which this node imported blocks."""


@dataclass(frozen=True, slots=True)
class BlockImported:
    """A block joined the tree, or one that had joined before became the best."""

    head: Head
    is_best: bool
    retracted: tuple[Hash, ...] = ()
    """Blocks that left the best chain, newest first."""

    enacted: tuple[Hash, ...] = ()
    """Blocks that joined the best chain, oldest first; the last is the new best."""


@dataclass(frozen=True, slots=True)
class BlocksFinalised:
    """Blocks became final, oldest first; those in conflict with them are gone."""

    heads: tuple[Head, ...]
    pruned: tuple[Hash, ...]


ChainEvent: TypeAlias = BlockImported | BlocksFinalised


@dataclass(frozen=True, slots=True)
class Imported:
    """The block is part of the tree."""

    head: Head
    is_best: bool


@dataclass(frozen=True, slots=True)
class AlreadyKnown:
    """The block was imported before."""

    hash: Hash


@dataclass(frozen=True, slots=True)
class UnknownParent:
    """The block's parent is not known, or is below the finalised block."""

    parent_hash: Hash


@dataclass(frozen=True, slots=True)
class Rejected:
    """The block breaks a rule; nothing of it is kept."""

    hash: Hash
    why: str


ImportResult: TypeAlias = Imported | AlreadyKnown | UnknownParent | Rejected
