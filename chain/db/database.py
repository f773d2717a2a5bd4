"""The whole database: blocks and states over one store, opened and written together."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chain.db import schema
from chain.db.blocks import BlockRecord, BlockStore, Finality, put_parts
from chain.db.leveldb import LevelDbStore
from chain.db.schema import Pointer
from chain.db.state import FinalisedBlock, StateStore
from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseCorrupted, GenesisMismatch
from runtime.state.backend import Changes


@dataclass(frozen=True, slots=True)
class Genesis:
    """The first block and the state after it."""

    block: BlockRecord
    entries: Mapping[bytes, bytes]


class Database:
    """Blocks and the states of the finalised ones."""

    def __init__(self, store: KeyValueStore, genesis: Genesis, *, archive: bool = False) -> None:
        """Opens what is in `store`, or writes `genesis` there if nothing is.

        Raises a `DatabaseError`: `GenesisMismatch` for another chain's database, `SchemaMismatch`
        for another version's, `DatabaseCorrupted` for one with parts missing.
        """
        if schema.is_empty(store):
            _write_genesis(store, genesis)
        schema.ensure_version(store)
        found = store.get(schema.META_GENESIS)
        if found != genesis.block.hash:
            raise GenesisMismatch(genesis.block.hash, found or b"")
        self._store = store
        self.state = StateStore(store, archive=archive)
        """The states of finalised blocks."""
        self.blocks = BlockStore(store, self.state.finalised)
        """The blocks."""
        if self.blocks.get_number(self.state.finalised.hash) != self.state.finalised.number:
            raise DatabaseCorrupted(
                "the database", f"the header of #{self.state.finalised.number} is missing"
            )

    @property
    def genesis(self) -> Pointer:
        """The first block."""
        found = self._store.get(schema.META_GENESIS)
        assert found is not None, "the constructor saw it; qed"
        return Pointer(0, found)

    def finalise(
        self,
        block_hash: bytes,
        changes: Mapping[bytes, Changes],
        justification: bytes | None = None,
    ) -> Finality:
        """Makes a block of the tree and its ancestors final, in one synced batch.

        `changes` holds, by hash, what each block that becomes final changes in the state.
        """
        finality = self.blocks.compute_finality(block_hash, justification)
        path = [
            FinalisedBlock(each.number, each.hash, changes[each.hash]) for each in finality.path
        ]
        self.state.finalise(path, finality.batch)
        self.blocks.note_finality(finality)
        return finality


def _write_genesis(store: KeyValueStore, genesis: Genesis) -> None:
    batch = WriteBatch()
    schema.note_version(batch)
    block = genesis.block
    put_parts(batch, block)
    for key, value in genesis.entries.items():
        batch.put(schema.STATE + key, value)
    batch.put(schema.META_GENESIS, block.hash)
    batch.put(schema.META_FINALISED, Pointer(block.number, block.hash).pack())
    batch.put(schema.encode_canonical_key(block.number), block.hash)
    store.write(batch, sync=True)


@contextmanager
def open_database(path: Path, genesis: Genesis, *, archive: bool = False) -> Generator[Database]:
    """The database in a folder, locked until the block ends."""
    store = LevelDbStore(path)
    try:
        yield Database(store, genesis, archive=archive)
    finally:
        store.close()
