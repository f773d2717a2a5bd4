"""Blocks on the disk: their parts by hash, and the tree of those not final yet.

A part is bytes; what they mean is the runtime's business. Finalised blocks are a line, found by
number. Those after it are a tree, also held in memory: it is small, and it is read at start.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from chain.db import schema
from chain.db.schema import Pointer
from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseCorrupted

_BODY_DECODER: Final = msgspec.msgpack.Decoder(tuple[bytes, ...])
_PARTS: Final = (schema.HEADER, schema.BODY, schema.JUSTIFICATION, schema.WITNESS)


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One block as the database knows it."""

    number: int
    hash: bytes
    parent_hash: bytes
    header: bytes
    body: tuple[bytes, ...]
    """The extrinsics, each as encoded."""
    justification: bytes | None = None
    witness: bytes | None = None


@dataclass(frozen=True, slots=True)
class Finality:
    """What becoming final does to the tree."""

    path: tuple[Pointer, ...]
    """The blocks that become final, oldest first."""
    pruned: tuple[Pointer, ...]
    """The blocks that lost, parents first; they leave the database."""
    batch: WriteBatch
    """The writes that say so, for the batch that makes the blocks final."""


@dataclass(frozen=True, slots=True)
class _Node:
    number: int
    parent_hash: bytes


class BlockStore:
    """Blocks by hash, by number, and as a tree above the newest finalised one.

    Reading blocks' parts is safe from any thread; everything else belongs to the one writer.
    """

    def __init__(self, store: KeyValueStore, finalised: Pointer) -> None:
        """The blocks of an existing database, whose newest finalised block is `finalised`."""
        self._store = store
        self._finalised = finalised
        self._open: dict[bytes, _Node] = {}
        self._children: dict[bytes, tuple[bytes, ...]] = {}
        self._volatile: set[bytes] = set()
        self._load()
        self._head = finalised
        self._line: dict[int, bytes] = {}
        found = store.get(schema.META_HEAD)
        self._follow(Pointer.unpack(found) if found is not None else finalised)

    def _load(self) -> None:
        """Reads the tree, and drops what does not hang on the newest finalised block.

        A power cut may undo any unsynced write, so a block may lack its parent.
        """
        found = {
            key[1:]: _Node(schema.decode_number(value), value[schema.NUMBER_BYTES :])
            for key, value in self._store.iterate(schema.UNFINALISED)
        }
        for block_hash, node in sorted(found.items(), key=lambda each: (each[1].number, each[0])):
            if node.number > self._finalised.number and self._is_parent_known(node):
                self._note_open(block_hash, node)
            else:
                batch = WriteBatch()
                _drop(batch, block_hash)
                self._store.write(batch, sync=False)

    def _is_parent_known(self, node: _Node) -> bool:
        parent = self._open.get(node.parent_hash)
        if parent is not None:
            return parent.number + 1 == node.number
        return Pointer(node.number - 1, node.parent_hash) == self._finalised

    def _note_open(self, block_hash: bytes, node: _Node) -> None:
        self._open[block_hash] = node
        siblings = self._children.get(node.parent_hash, ())
        self._children[node.parent_hash] = (*siblings, block_hash)

    @property
    def finalised(self) -> Pointer:
        """The newest finalised block."""
        return self._finalised

    @property
    def head(self) -> Pointer:
        """The best block, as last set; the newest finalised one if that is gone."""
        return self._head

    def get_header(self, block_hash: bytes) -> bytes | None:
        """The header's bytes, or None for an unknown block."""
        found = self._store.get(schema.HEADER + block_hash)
        return None if found is None else found[schema.NUMBER_BYTES :]

    def get_number(self, block_hash: bytes) -> int | None:
        """The block's number, or None for an unknown block."""
        found = self._store.get(schema.HEADER + block_hash)
        return None if found is None else schema.decode_number(found)

    def get_body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """The extrinsics' bytes, or None for an unknown block."""
        found = self._store.get(schema.BODY + block_hash)
        try:
            return None if found is None else _BODY_DECODER.decode(found)
        except msgspec.DecodeError as error:
            raise DatabaseCorrupted(
                "the database", f"the body of 0x{block_hash.hex()}: {error}"
            ) from error

    def get_justification(self, block_hash: bytes) -> bytes | None:
        """The proof that the block is final, or None."""
        return self._store.get(schema.JUSTIFICATION + block_hash)

    def get_witness(self, block_hash: bytes) -> bytes | None:
        """What the block's seal is checked against, or None."""
        return self._store.get(schema.WITNESS + block_hash)

    def get_canonical_hash(self, number: int) -> bytes | None:
        """The hash of the block of that number below and at the head, or None."""
        found = self._line.get(number)
        if found is not None or not 0 <= number <= schema.NUMBER_MAX:
            return found
        return self._store.get(schema.encode_canonical_key(number))

    def get_children(self, block_hash: bytes) -> tuple[bytes, ...]:
        """The unfinalised blocks whose parent this is, in the order they came."""
        return self._children.get(block_hash, ())

    def get_leaves(self) -> tuple[Pointer, ...]:
        """The blocks without a child; the newest finalised one if nothing comes after it."""
        leaves = tuple(each for each in self.get_unfinalised() if each.hash not in self._children)
        return leaves or (self._finalised,)

    def get_unfinalised(self) -> tuple[Pointer, ...]:
        """The unfinalised blocks, parents before children."""
        nodes = sorted(self._open.items(), key=lambda each: each[1].number)
        return tuple(Pointer(node.number, block_hash) for block_hash, node in nodes)

    def insert(self, block: BlockRecord, *, sync: bool = False) -> None:
        """Adds a block whose parent is the newest finalised or an unfinalised block.

        Unsynced, it may be gone after a power cut until it is final: its parts are then written
        again with the synced batch. A large block is cheaper to sync here. Adding it again does
        nothing.
        """
        if block.hash in self._open:
            return
        node = _Node(block.number, block.parent_hash)
        if not self._is_parent_known(node):
            raise ValueError(
                f"expected the parent of #{block.number} in the tree above "
                f"#{self._finalised.number}, got 0x{block.parent_hash.hex()}"
            )
        batch = WriteBatch()
        put_parts(batch, block)
        packed = schema.encode_number(block.number) + block.parent_hash
        batch.put(schema.UNFINALISED + block.hash, packed)
        self._store.write(batch, sync=sync)
        self._note_open(block.hash, node)
        if not sync:
            self._volatile.add(block.hash)

    def set_head(self, block_hash: bytes) -> None:
        """Makes a block of the tree, or the newest finalised one, the best."""
        node = self._open.get(block_hash)
        pointer = self._finalised if node is None else Pointer(node.number, block_hash)
        if pointer.hash != block_hash:
            raise ValueError(f"expected a block of the tree, got 0x{block_hash.hex()}")
        batch = WriteBatch()
        batch.put(schema.META_HEAD, pointer.pack())
        self._store.write(batch, sync=False)
        self._follow(pointer)

    def _follow(self, head: Pointer) -> None:
        """Makes the canonical line end at `head`, if that is in the tree."""
        node = self._open.get(head.hash)
        self._head = head if node is not None else self._finalised
        above, upto = self._finalised.number, self._head.number
        line = {number: each for number, each in self._line.items() if above < number <= upto}
        block_hash = self._head.hash
        # Going down, where the line is as before it stays so.
        while node is not None and line.get(node.number) != block_hash:
            line[node.number] = block_hash
            block_hash = node.parent_hash
            node = self._open.get(block_hash)
        self._line = line

    def compute_finality(self, block_hash: bytes, justification: bytes | None = None) -> Finality:
        """What happens when a block of the tree becomes final; `note_finality` lets it happen."""
        if block_hash not in self._open:
            raise ValueError(f"expected an unfinalised block, got 0x{block_hash.hex()}")
        path: list[Pointer] = []
        cursor = block_hash
        while (node := self._open.get(cursor)) is not None:
            path.append(Pointer(node.number, cursor))
            cursor = node.parent_hash
        path.reverse()
        survivors = {each.hash for each in path} | self._descendants(block_hash)
        pruned = tuple(each for each in self.get_unfinalised() if each.hash not in survivors)
        batch = WriteBatch()
        for each in path:
            self._settle(batch, each)
        if justification is not None:
            batch.put(schema.JUSTIFICATION + block_hash, justification)
        for each in pruned:
            _drop(batch, each.hash)
        if self._head.hash not in survivors or self._head.number <= path[-1].number:
            batch.put(schema.META_HEAD, path[-1].pack())
        return Finality(tuple(path), pruned, batch)

    def note_finality(self, finality: Finality) -> None:
        """Brings the tree in memory to where the written batch of `finality` left the disk."""
        for each in (*finality.path, *finality.pruned):
            del self._open[each.hash]
            self._volatile.discard(each.hash)
        self._finalised = finality.path[-1]
        children: dict[bytes, tuple[bytes, ...]] = {}
        for block_hash, node in self._open.items():
            children[node.parent_hash] = (*children.get(node.parent_hash, ()), block_hash)
        self._children = children
        self._follow(self._head)

    def _descendants(self, block_hash: bytes) -> set[bytes]:
        found: set[bytes] = set()
        waiting = list(self.get_children(block_hash))
        while waiting:
            each = waiting.pop()
            found.add(each)
            waiting += self.get_children(each)
        return found

    def _settle(self, batch: WriteBatch, block: Pointer) -> None:
        """The block leaves the tree; its parts are there for good."""
        batch.delete(schema.UNFINALISED + block.hash)
        if block.hash in self._volatile:
            for kind in _PARTS:
                value = self._store.get(kind + block.hash)
                if value is not None:
                    batch.put(kind + block.hash, value)


def put_parts(batch: WriteBatch, block: BlockRecord) -> None:
    """Adds the parts of a block, without a place in line or tree."""
    batch.put(schema.HEADER + block.hash, schema.encode_number(block.number) + block.header)
    batch.put(schema.BODY + block.hash, msgspec.msgpack.encode(block.body))
    if block.justification is not None:
        batch.put(schema.JUSTIFICATION + block.hash, block.justification)
    if block.witness is not None:
        batch.put(schema.WITNESS + block.hash, block.witness)


def _drop(batch: WriteBatch, block_hash: bytes) -> None:
    for kind in (schema.UNFINALISED, *_PARTS):
        batch.delete(kind + block_hash)
