"""The chain: blocks, states, the best and the finalised head. Only the importer changes it.

Unfinalised blocks are diffs in memory over the newest finalised state; their headers and bodies
are in the block store, from which they are executed again after a restart.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chain.client.block import (
    BlockImported,
    BlocksFinalised,
    ChainEvent,
    ExecutedBlock,
    Head,
    OpenBlock,
)
from chain.db.blocks import BlockRecord
from chain.db.database import Database
from chain.db.schema import Pointer
from chain.errors import DatabaseCorrupted, UnknownBlock
from chain.watch import Broadcast, Watch
from consensus.fork_choice import Link, choose_head, compute_tree_route, is_better, is_descendant
from runtime.api import RuntimeApi
from runtime.codec import codec_of
from runtime.errors import CodecError
from runtime.header import Header
from runtime.pre_digest import PreDigest, get_pre_digest
from runtime.primitives import Hash
from runtime.state.backend import Backend, Changes, DiffBackend
from runtime.state.commitment import StateTree

EVENTS_QUEUED_MAX: Final = 256
"""A reader of chain events that falls further behind is cut off and must begin anew."""

HEADER: Final = codec_of(Header)

IsFinal = Callable[[Head, Head], Head | None]
"""Given the finalised and the best head: what becomes final, None for nothing."""


class Client:
    """One chain on one database."""

    def __init__(self, database: Database, api: RuntimeApi) -> None:
        self._database = database
        self._blocks, self._states = database.blocks, database.state
        self.api = api
        self.genesis_hash = Hash(database.genesis.hash)
        states = database.state
        finalised = self._load_head(Hash(states.finalised.hash))
        tree = StateTree.build(states.entries())
        if tree.root != finalised.header.state_root:
            raise DatabaseCorrupted("the database", "the finalised state has another root")
        state = states.state_at_finalised(finalised.number)
        self._base = OpenBlock(finalised, {}, tree, state, arrival=0)
        self._open: dict[Hash, OpenBlock] = {}
        self._arrivals = 0
        self.best: Watch[Head] = Watch(finalised)
        self.finalised: Watch[Head] = Watch(finalised)
        self.events: Broadcast[ChainEvent] = Broadcast(EVENTS_QUEUED_MAX)

    # --- reading

    def get_header(self, block_hash: Hash) -> Header | None:
        """The header of a known block."""
        raw = self._blocks.get_header(block_hash)
        if raw is None:
            return None
        try:
            header: Header = HEADER.decode(raw)
        except CodecError as error:
            raise DatabaseCorrupted("the database", f"header of {block_hash}: {error}") from error
        return header

    def get_body(self, block_hash: Hash) -> tuple[bytes, ...] | None:
        """The encoded extrinsics of a known block."""
        return self._blocks.get_body(block_hash)

    def get_witness(self, block_hash: Hash) -> bytes | None:
        """What a block's seal is checked against, where it needs that."""
        return self._blocks.get_witness(block_hash)

    def get_block_hash(self, number: int) -> Hash | None:
        """The hash of the block of a number on the best chain."""
        found = self._blocks.get_canonical_hash(number)
        return None if found is None else Hash(found)

    def get_children(self, block_hash: Hash) -> tuple[Hash, ...]:
        """The unfinalised children of a block."""
        return tuple(Hash(each) for each in self._blocks.get_children(block_hash))

    def get_unfinalised(self) -> tuple[Head, ...]:
        """Every block above the finalised one, parents before children."""
        found = (self._open.get(Hash(each.hash)) for each in self._blocks.get_unfinalised())
        return tuple(block.head for block in found if block is not None)

    def get_open_block(self, block_hash: Hash) -> OpenBlock | None:
        """A block on which another can be built: the finalised one or above it."""
        if block_hash == self._base.head.hash:
            return self._base
        return self._open.get(block_hash)

    def get_pre_digest(self, block_hash: Hash) -> PreDigest | None:
        """What a known block says of its work; None for genesis and unknown blocks."""
        header = self.get_header(block_hash)
        return None if header is None else get_pre_digest(header.digest)

    def is_known(self, block_hash: Hash) -> bool:
        """Whether the block was imported, final ones included."""
        if self.get_open_block(block_hash) is not None:
            return True
        number = self._blocks.get_number(block_hash)
        return number is not None and number <= self._base.head.number

    def state_at(self, block_hash: Hash) -> Backend:
        """The state after a block; it never changes.

        `UnknownBlock`, or `StatePruned` where it is no longer kept.
        """
        block = self.get_open_block(block_hash)
        if block is not None:
            return block.backend
        number = self._blocks.get_number(block_hash)
        if number is None or self._blocks.get_canonical_hash(number) != block_hash:
            raise UnknownBlock(block_hash)
        return self._states.state_at_finalised(number)

    def _load_head(self, block_hash: Hash) -> Head:
        header = self.get_header(block_hash)
        if header is None:
            raise DatabaseCorrupted("the database", f"the header of {block_hash} is missing")
        return make_head(header, block_hash)

    def get_stored(self) -> tuple[Pointer, ...]:
        """The unfinalised blocks as stored, parents first, those on the way to the head first."""

        def is_aside(block: Pointer) -> bool:
            return self._blocks.get_canonical_hash(block.number) != block.hash

        return tuple(sorted(self._blocks.get_unfinalised(), key=is_aside))

    # --- writing: the importer alone

    def commit(self, block: ExecutedBlock) -> BlockImported:
        """Adds a block to the tree, and tells everybody; no task switch in between."""
        checked = block.checked
        parent = self.get_open_block(checked.header.parent_hash)
        assert parent is not None, "the importer executed it on its parent; qed"
        head = make_head(checked.header, checked.hash)
        self._blocks.insert(
            BlockRecord(
                head.number,
                head.hash,
                checked.header.parent_hash,
                HEADER.encode(checked.header),
                tuple(extrinsic.raw for extrinsic in checked.extrinsics),
                witness=checked.witness,
            ),
        )
        backend = DiffBackend(parent.backend, block.changes)
        self._arrivals += 1
        opened = OpenBlock(head, block.changes, block.tree, backend, self._arrivals)
        self._open[head.hash] = opened
        event = BlockImported(head, is_best=False)
        if is_better(_make_link(opened), self._get_best_link()):
            event = self._set_best(head)
        self.events.send(event)
        return event

    def _set_best(self, head: Head) -> BlockImported:
        link = self._get_link(head.hash)
        assert link is not None, "the best block is open; qed"
        route = compute_tree_route(self._get_best_link(), link, self._get_link)
        self._blocks.set_head(head.hash)
        self.best.set(head)
        return BlockImported(head, True, route.retracted, route.enacted)

    def _get_link(self, block_hash: Hash) -> Link | None:
        block = self.get_open_block(block_hash)
        return None if block is None else _make_link(block)

    def _get_best_link(self) -> Link:
        link = self._get_link(self.best.value.hash)
        assert link is not None, "the best block descends from the finalised one; qed"
        return link

    def finalise(self, block_hash: Hash, justification: bytes | None = None) -> None:
        """Makes an unfinalised block and all before it final, in one synced write."""
        target = self._open[block_hash]
        self._move_best_above(_make_link(target))
        changes: dict[bytes, Changes] = {each: block.changes for each, block in self._open.items()}
        finality = self._database.finalise(block_hash, changes, justification)
        path = tuple(self._open[Hash(each.hash)] for each in finality.path)
        pruned = tuple(Hash(each.hash) for each in finality.pruned)
        for gone in (*(block.head.hash for block in path), *pruned):
            del self._open[gone]
        state = self._states.state_at_finalised(target.head.number)
        self._base = replace(target, changes={}, backend=state)
        self._rebase()
        self.finalised.set(target.head)
        self.events.send(BlocksFinalised(tuple(block.head for block in path), pruned))

    def _move_best_above(self, target: Link) -> None:
        """Where the best block is not among the target's descendants, the best of those is."""
        if is_descendant(self._get_best_link(), target, self._get_link):
            return
        leaves = (self._get_link(Hash(each.hash)) for each in self._blocks.get_leaves())
        known = (leaf for leaf in leaves if leaf is not None)
        chosen = self.get_open_block(choose_head(target, known, self._get_link).hash)
        assert chosen is not None, "the target or a block above it; qed"
        self.events.send(self._set_best(chosen.head))

    def _rebase(self) -> None:
        """Stacks the unfinalised diffs on the newest finalised state."""
        for each in self._blocks.get_unfinalised():
            block = self._open[Hash(each.hash)]
            parent = self.get_open_block(block.head.header.parent_hash)
            assert parent is not None, "parents come before children; qed"
            backend = DiffBackend(parent.backend, block.changes)
            self._open[block.head.hash] = replace(block, backend=backend)


def _make_link(block: OpenBlock) -> Link:
    head = block.head
    return Link(head.hash, head.header.parent_hash, head.number, head.score, block.arrival)


def make_head(header: Header, block_hash: Hash) -> Head:
    """A header as a head; genesis has no work behind it."""
    pre_digest = get_pre_digest(header.digest)
    score = 0 if pre_digest is None else pre_digest.score
    return Head(header.number, block_hash, header, score)
