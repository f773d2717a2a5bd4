"""The whole database: whose it is, and what a power cut leaves of it."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.db import schema
from chain.db.blocks import BlockRecord
from chain.db.database import Database, Genesis, open_database
from chain.db.memory import MemoryStore
from chain.db.store import WriteBatch
from chain.errors import DatabaseCorrupted, DatabaseError, GenesisMismatch, SchemaMismatch
from tests.helpers.chain_of_blocks import changes_of, make_block, make_genesis, state_after
from tests.helpers.power import PowerCutStore

GENESIS = make_genesis()


def test_a_new_database_holds_the_genesis() -> None:
    store = MemoryStore()
    for database in (Database(store, GENESIS), Database(store, GENESIS)):
        assert database.genesis == database.state.finalised == database.blocks.head
        assert database.genesis.hash == GENESIS.block.hash
        assert dict(database.state.entries()) == GENESIS.entries
        assert database.blocks.get_canonical_hash(0) == GENESIS.block.hash


def test_another_chain_is_refused() -> None:
    store = MemoryStore()
    Database(store, GENESIS)
    other = make_block(GENESIS.block)
    with pytest.raises(GenesisMismatch, match=f"0x{other.hash.hex()}, got 0x"):
        Database(store, Genesis(other, {}))


@pytest.mark.parametrize("version", [0, 2, 999])
def test_another_schema_is_refused(version: int) -> None:
    store = MemoryStore()
    Database(store, GENESIS)
    batch = WriteBatch()
    batch.put(schema.META_VERSION, schema.encode_number(version))
    store.write(batch, sync=True)
    with pytest.raises(SchemaMismatch, match=f"expected database schema 1, got {version}"):
        Database(store, GENESIS)


def test_a_database_of_something_else_is_refused() -> None:
    store = MemoryStore()
    batch = WriteBatch()
    batch.put(b"foreign", b"")
    store.write(batch, sync=True)
    with pytest.raises(DatabaseError, match="without a schema version"):
        Database(store, GENESIS)


def test_a_lost_header_of_the_finalised_block_is_noticed() -> None:
    store = MemoryStore()
    Database(store, GENESIS)
    batch = WriteBatch()
    batch.delete(schema.HEADER + GENESIS.block.hash)
    store.write(batch, sync=True)
    with pytest.raises(DatabaseCorrupted, match="the header of #0 is missing"):
        Database(store, GENESIS)


def test_on_disk_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    blocks = [GENESIS.block]
    for _ in range(12):
        blocks.append(make_block(blocks[-1]))
    with open_database(tmp_path / "db", GENESIS) as database:
        for block in blocks[1:]:
            database.blocks.insert(block, sync=block.number % 2 == 0)
            database.blocks.set_head(block.hash)
            if block.number > 1:
                parent = blocks[block.number - 1]
                database.finalise(parent.hash, {parent.hash: changes_of(parent.number)})
    for archive in (False, True):
        with open_database(tmp_path / "db", GENESIS, archive=archive) as database:
            assert database.state.finalised.number == 11
            assert database.blocks.head.hash == blocks[12].hash
            assert dict(database.state.entries()) == state_after(GENESIS, 11)
            for block in blocks:
                assert database.blocks.get_body(block.hash) == block.body
                assert database.blocks.get_canonical_hash(block.number) == block.hash


STEPS = st.lists(st.sampled_from(["insert", "insert synced", "fork", "finalise"]), max_size=25)


@given(STEPS, st.integers(0, 2**32))
@settings(max_examples=150)
def test_a_power_cut_loses_nothing_final(steps: list[str], seed: int) -> None:
    store = PowerCutStore()
    database = Database(store, GENESIS)
    line = [GENESIS.block]
    final = 0
    for step in steps:
        if step == "finalise":
            if final + 1 < len(line):
                target = min(len(line) - 1, final + 1 + seed % 3)
                changes = {block.hash: changes_of(block.number) for block in line}
                database.finalise(line[target].hash, changes)
                final = target
        else:
            parent = line[-2] if step == "fork" and len(line) - 2 >= final else line[-1]
            block = make_block(parent, step)
            database.blocks.insert(block, sync=step == "insert synced")
            if step != "fork":
                line.append(block)
                database.blocks.set_head(block.hash)
    check(Database(store, GENESIS), line, final)
    random = Random(seed)
    for _ in range(3):
        store = store.cut_power(random)
        check(Database(store, GENESIS), line[: final + 1], final)


def check(database: Database, line: list[BlockRecord], final: int) -> None:
    """Everything final is there; what came after hangs together."""
    assert database.state.finalised.hash == line[final].hash
    assert dict(database.state.entries()) == state_after(GENESIS, final)
    for block in line:
        assert database.blocks.get_canonical_hash(block.number) == block.hash
        assert database.blocks.get_header(block.hash) == block.header
        assert database.blocks.get_body(block.hash) == block.body
        assert database.blocks.get_witness(block.hash) == block.witness
    known = {database.state.finalised.hash}
    for each in database.blocks.get_unfinalised():
        header = database.blocks.get_header(each.hash)
        assert header is not None
        assert header[:32] in known
        assert database.blocks.get_body(each.hash) is not None
        known.add(each.hash)
    assert database.blocks.head.hash in known
