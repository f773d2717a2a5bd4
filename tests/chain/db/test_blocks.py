"""Blocks: their parts, the canonical line, the tree, and what losing a write does to it."""

from dataclasses import replace

import pytest

from chain.db import schema
from chain.db.blocks import BlockRecord, BlockStore
from chain.db.database import Database
from chain.db.memory import MemoryStore
from chain.db.schema import Pointer
from chain.db.store import WriteBatch
from chain.errors import DatabaseCorrupted
from tests.helpers.chain_of_blocks import hash_of, make_block, make_genesis

GENESIS = make_genesis()
ROOT = GENESIS.block
A1 = make_block(ROOT, "a")
A2 = make_block(A1, "a")
A3 = make_block(A2, "a")
B1 = make_block(ROOT, "b")
B2 = make_block(B1, "b")
C3 = make_block(A2, "c")
NAMES = {ROOT: "root", A1: "a1", A2: "a2", A3: "a3", B1: "b1", B2: "b2", C3: "c3"}
BY_HASH = {block.hash: name for block, name in NAMES.items()}
TREE = (A1, B1, A2, B2, A3, C3)


def make_database(*blocks: BlockRecord) -> tuple[MemoryStore, Database]:
    store = MemoryStore()
    database = Database(store, GENESIS)
    for block in blocks:
        database.blocks.insert(block)
    return store, database


def reopen(store: MemoryStore) -> BlockStore:
    return Database(store, GENESIS).blocks


def names(found: tuple[Pointer | bytes, ...]) -> list[str]:
    return [BY_HASH[each.hash if isinstance(each, Pointer) else each] for each in found]


def line(blocks: BlockStore) -> list[str]:
    hashes = [blocks.get_canonical_hash(number) for number in range(5)]
    return [BY_HASH[each] for each in hashes if each is not None]


def test_the_parts_of_a_block() -> None:
    store, database = make_database(A1, replace(B1, justification=b"j", witness=None))
    for blocks in (database.blocks, reopen(store)):
        assert blocks.get_header(A1.hash) == A1.header
        assert blocks.get_number(A1.hash) == 1
        assert blocks.get_body(A1.hash) == A1.body
        assert blocks.get_witness(A1.hash) == A1.witness
        assert blocks.get_justification(A1.hash) is None
        assert (blocks.get_justification(B1.hash), blocks.get_witness(B1.hash)) == (b"j", None)
        assert blocks.get_body(ROOT.hash) == ()
        for read in (blocks.get_header, blocks.get_number, blocks.get_body):
            assert read(bytes(32)) is None


def test_the_tree() -> None:
    store, database = make_database(*TREE)
    for blocks in (database.blocks, reopen(store)):
        assert sorted(names(blocks.get_children(ROOT.hash))) == ["a1", "b1"]
        assert sorted(names(blocks.get_children(A2.hash))) == ["a3", "c3"]
        assert blocks.get_children(A3.hash) == ()
        assert sorted(names(blocks.get_leaves())) == ["a3", "b2", "c3"]
        order = names(blocks.get_unfinalised())
        assert sorted(order) == ["a1", "a2", "a3", "b1", "b2", "c3"]
        assert [name[1] for name in order] == ["1", "1", "2", "2", "3", "3"]


def test_without_a_block_the_genesis_is_head_and_leaf() -> None:
    store, database = make_database()
    for blocks in (database.blocks, reopen(store)):
        assert blocks.head == blocks.finalised == Pointer(0, ROOT.hash)
        assert blocks.get_leaves() == (Pointer(0, ROOT.hash),)
        assert blocks.get_unfinalised() == ()
        assert line(blocks) == ["root"]
        for number in (-1, 1, 2**64, -(2**64)):
            assert blocks.get_canonical_hash(number) is None


def test_the_canonical_line_follows_the_head() -> None:
    store, database = make_database(*TREE)
    blocks = database.blocks
    for head, expected in (
        (A3, ["root", "a1", "a2", "a3"]),
        (C3, ["root", "a1", "a2", "c3"]),
        (B2, ["root", "b1", "b2"]),
        (A1, ["root", "a1"]),
        (B1, ["root", "b1"]),
        (ROOT, ["root"]),
        (C3, ["root", "a1", "a2", "c3"]),
    ):
        blocks.set_head(head.hash)
        assert blocks.head == Pointer(head.number, head.hash)
        assert line(blocks) == line(reopen(store)) == expected
    with pytest.raises(ValueError, match="expected a block of the tree"):
        blocks.set_head(bytes(32))
    assert names((blocks.head,)) == ["c3"]


def test_a_block_needs_its_parent() -> None:
    _, database = make_database(A1)
    for block in (A3, replace(A2, number=3), replace(A1, hash=bytes(32), number=0)):
        with pytest.raises(ValueError, match="expected the parent of"):
            database.blocks.insert(block)
    database.blocks.insert(replace(A1, header=b"other"))
    assert database.blocks.get_header(A1.hash) == A1.header


def test_becoming_final_prunes_what_lost() -> None:
    store, database = make_database(*TREE)
    database.blocks.set_head(B2.hash)
    finality = database.finalise(A2.hash, {A1.hash: {}, A2.hash: {}}, b"proof")
    assert names(finality.path) == ["a1", "a2"]
    assert names(finality.pruned) == ["b1", "b2"]
    for blocks in (database.blocks, reopen(store)):
        assert blocks.finalised == blocks.head == Pointer(2, A2.hash)
        assert sorted(names(blocks.get_unfinalised())) == ["a3", "c3"]
        assert sorted(names(blocks.get_children(A2.hash))) == ["a3", "c3"]
        assert line(blocks) == ["root", "a1", "a2"]
        assert blocks.get_justification(A2.hash) == b"proof"
        assert blocks.get_justification(A1.hash) is None
        for lost in (B1, B2):
            assert blocks.get_header(lost.hash) is None
            assert blocks.get_body(lost.hash) is None
        for kept in (ROOT, A1, A2, A3, C3):
            assert blocks.get_body(kept.hash) == kept.body
    with pytest.raises(ValueError, match="expected an unfinalised block"):
        database.blocks.compute_finality(A1.hash)
    database.blocks.insert(make_block(A3))


def test_the_head_stays_when_it_descends_from_what_is_final() -> None:
    store, database = make_database(*TREE)
    database.blocks.set_head(C3.hash)
    database.finalise(A1.hash, {A1.hash: {}})
    for blocks in (database.blocks, reopen(store)):
        assert names((blocks.head,)) == ["c3"]
        assert line(blocks) == ["root", "a1", "a2", "c3"]
        assert sorted(names(blocks.get_unfinalised())) == ["a2", "a3", "c3"]
    database.finalise(C3.hash, {A2.hash: {}, C3.hash: {}})
    for blocks in (database.blocks, reopen(store)):
        assert names(blocks.get_leaves()) == names((blocks.head,)) == ["c3"]
        assert line(blocks) == ["root", "a1", "a2", "c3"]


def test_blocks_whose_parent_is_lost_go_too() -> None:
    store, database = make_database(*TREE)
    database.blocks.set_head(C3.hash)
    batch = WriteBatch()
    for kind in (schema.UNFINALISED, schema.HEADER, schema.BODY):
        batch.delete(kind + A2.hash)
    store.write(batch, sync=True)
    for blocks in (reopen(store), reopen(store)):
        assert sorted(names(blocks.get_unfinalised())) == ["a1", "b1", "b2"]
        assert blocks.head == Pointer(0, ROOT.hash)
        assert blocks.get_header(A3.hash) is blocks.get_header(C3.hash) is None


def test_a_garbled_body_is_noticed() -> None:
    store, database = make_database(A1)
    batch = WriteBatch()
    batch.put(schema.BODY + A1.hash, b"\xc1")
    store.write(batch, sync=True)
    with pytest.raises(DatabaseCorrupted, match=f"the body of 0x{A1.hash.hex()}"):
        database.blocks.get_body(A1.hash)


def test_a_body_of_many_extrinsics() -> None:
    body = tuple(hash_of(b"%d" % each) * (each % 7) for each in range(3_000))
    store, _ = make_database(replace(A1, body=body))
    assert reopen(store).get_body(A1.hash) == body
