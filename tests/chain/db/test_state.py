"""States of finalised blocks: the newest, earlier ones, archives, and what goes wrong."""

import sys
import threading
from dataclasses import replace
from functools import partial

import pytest

from chain.db import schema
from chain.db.database import Database
from chain.db.history import CACHED_ENTRIES_MAX, UNDO_BLOCKS, UndoRecords, encode_undo_key
from chain.db.memory import MemoryStore
from chain.db.schema import Pointer
from chain.db.state import FinalisedBlock, StateStore
from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseCorrupted, DatabaseError, StatePruned
from runtime.state.backend import Backend
from tests.helpers.chain_of_blocks import changes_of, hash_of, make_genesis, state_after
from tests.helpers.power import FailingStore, InterruptedStore

GENESIS = make_genesis({f"key-{each}".encode(): b"genesis" for each in range(0, 100, 3)})


def open_state(store: KeyValueStore, *, archive: bool = False, undo_blocks: int = 4) -> StateStore:
    if schema.is_empty(store):
        Database(store, GENESIS)
    return StateStore(store, archive=archive, undo_blocks=undo_blocks)


def block_of(number: int) -> FinalisedBlock:
    return FinalisedBlock(number, hash_of(b"%d" % number), changes_of(number))


def finalise_to(states: StateStore, number: int, at_once: int = 1) -> None:
    while states.finalised.number < number:
        first = states.finalised.number + 1
        last = min(number, first + at_once - 1)
        states.finalise([block_of(each) for each in range(first, last + 1)])


def read_all(backend: Backend) -> dict[bytes, bytes]:
    """The whole state, by `next_key` and `get`."""
    found: dict[bytes, bytes] = {}
    key = backend.next_key(b"")
    while key is not None:
        value = backend.get(key)
        assert value is not None, key
        found[key] = value
        key = backend.next_key(key)
    return found


@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_the_newest_state_and_its_pointer(at_once: int) -> None:
    store = MemoryStore()
    states = open_state(store)
    finalise_to(states, 20, at_once)
    for each in (states, open_state(store)):
        assert each.finalised == Pointer(20, hash_of(b"20"))
        assert read_all(each) == dict(each.entries()) == state_after(GENESIS, 20)
        assert each.get(b"none") is None
    for number in range(1, 21):
        assert store.get(schema.encode_canonical_key(number)) == hash_of(b"%d" % number)


@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_the_last_states_are_kept(at_once: int) -> None:
    store = MemoryStore()
    finalise_to(open_state(store), 20, at_once)
    states = open_state(store)
    assert (states.oldest, states.oldest_undone) == (16, 16)
    for number in range(16, 21):
        backend = states.state_at_finalised(number)
        assert read_all(backend) == state_after(GENESIS, number)
        assert backend.get(b"none") is None
    with pytest.raises(StatePruned, match="block from #16 on, got #15, whose state was pruned"):
        states.state_at_finalised(15)
    with pytest.raises(ValueError, match="up to #20, got #21"):
        states.state_at_finalised(21)
    assert [number for number in range(1, 21) if store.get(encode_undo_key(number))] == [
        *range(17, 21)
    ]


def test_a_state_stays_as_it_was_until_it_is_pruned() -> None:
    states = open_state(MemoryStore())
    finalise_to(states, 2)
    backend = states.state_at_finalised(2)
    for number in range(2, 7):
        finalise_to(states, number)
        assert read_all(backend) == state_after(GENESIS, 2)
    finalise_to(states, 7)
    with pytest.raises(StatePruned):
        backend.get(b"key-0")
    with pytest.raises(StatePruned):
        backend.next_key(b"")


def test_an_archive_keeps_every_state() -> None:
    store = MemoryStore()
    finalise_to(open_state(store, archive=True), 30)
    states = open_state(store, archive=True)
    finalise_to(states, 40)
    assert states.oldest == 0
    for number in range(41):
        assert read_all(states.state_at_finalised(number)) == state_after(GENESIS, number), number


def test_an_archive_begins_where_it_is_switched_on_and_ends_where_off() -> None:
    store = MemoryStore()
    finalise_to(open_state(store), 10)
    finalise_to(open_state(store, archive=True), 20)
    states = open_state(store, archive=True)
    assert states.oldest == 10
    for number in range(10, 21):
        assert read_all(states.state_at_finalised(number)) == state_after(GENESIS, number)
    with pytest.raises(StatePruned, match="#10 on, got #9"):
        states.state_at_finalised(9)
    finalise_to(open_state(store), 25)
    states = open_state(store, archive=True)
    finalise_to(states, 40)
    assert states.oldest == 25
    for number in range(25, 41):
        assert read_all(states.state_at_finalised(number)) == state_after(GENESIS, number)


def test_keys_with_zeros_and_keys_that_begin_others() -> None:
    keys = [
        b"\x00",
        b"\x00\x00",
        b"a",
        b"a\x00",
        b"a\x00\x01",
        b"a\x00\xff",
        b"a\x01",
        b"ab",
        b"\xff",
    ]
    states = open_state(MemoryStore(), archive=True, undo_blocks=1)
    expected = [dict(GENESIS.entries)]
    for number in range(1, 30):
        changes = {
            key: None if (number + index) % 3 == 0 else b"%d" % number
            for index, key in enumerate(keys)
            if (number * 7 + index * 5) % 4
        }
        states.finalise([FinalisedBlock(number, hash_of(b"%d" % number), changes)])
        after = expected[-1] | {key: value for key, value in changes.items() if value is not None}
        for key, value in changes.items():
            if value is None:
                after.pop(key, None)
        expected.append(after)
    for number, state in enumerate(expected):
        backend = states.state_at_finalised(number)
        assert read_all(backend) == state, number
        assert [backend.get(key) for key in keys] == [state.get(key) for key in keys]


def test_the_extra_batch_is_written_with_the_block() -> None:
    store = FailingStore()
    states = open_state(store)
    extra = WriteBatch()
    extra.put(b"x", b"1")
    store.failing = True
    with pytest.raises(DatabaseError, match="no space left"):
        states.finalise([block_of(1)], extra)
    assert store.get(b"x") is None
    assert states.finalised.number == 0
    assert read_all(states) == read_all(states.state_at_finalised(0)) == dict(GENESIS.entries)
    store.failing = False
    states.finalise([block_of(1)], extra)
    assert store.get(b"x") == b"1"
    assert read_all(states.state_at_finalised(0)) == dict(GENESIS.entries)
    assert read_all(states.state_at_finalised(1)) == state_after(GENESIS, 1)


def test_blocks_come_in_order() -> None:
    states = open_state(MemoryStore())
    for blocks in ([], [block_of(2)], [block_of(1), block_of(3)], [block_of(0)]):
        with pytest.raises(ValueError, match="expected"):
            states.finalise(blocks)
    assert states.finalised.number == 0


def test_changes_that_change_nothing_are_not_written() -> None:
    store = MemoryStore()
    states = open_state(store)
    finalise_to(states, 1)
    same = dict.fromkeys([b"none", b"key-none"], None) | dict(states.entries())
    states.finalise([replace(block_of(2), changes=same)])
    assert store.get(encode_undo_key(2)) == b"\x80"


def test_a_lost_batch_is_noticed() -> None:
    store = MemoryStore()
    finalise_to(open_state(store), 10)
    for key in (encode_undo_key(8), schema.encode_canonical_key(10), schema.META_FINALISED):
        value = store.get(key)
        assert value is not None
        batch = WriteBatch()
        batch.delete(key)
        store.write(batch, sync=True)
        with pytest.raises(DatabaseCorrupted, match="remove the folder and let the node"):
            open_state(store)
        batch.put(key, value)
        store.write(batch, sync=True)
    assert open_state(store).finalised.number == 10


def test_a_garbled_undo_record_is_noticed() -> None:
    store = MemoryStore()
    finalise_to(open_state(store), 10)
    batch = WriteBatch()
    batch.put(encode_undo_key(9), b"\x81\xc4")
    store.write(batch, sync=True)
    states = open_state(store)
    with pytest.raises(DatabaseCorrupted, match="the undo record of #9"):
        states.state_at_finalised(8)
    assert read_all(states.state_at_finalised(9)) == state_after(GENESIS, 9)


@pytest.mark.parametrize("archive", [False, True])
def test_a_block_that_becomes_final_between_two_steps_of_a_read(archive: bool) -> None:
    expected = state_after(GENESIS, 3)
    for key in [f"key-{each}".encode() for each in range(100)]:
        store = InterruptedStore()
        states = open_state(store, archive=archive)
        finalise_to(states, 3)
        backend = states.state_at_finalised(3)
        # One more; as many as are undone; beyond that, for an archive.
        for last in (4, 5, 7, 9) if archive else (4, 5, 7):
            store.before_read = partial(finalise_to, states, last)
            if last % 2:
                following = min((each for each in expected if each > key), default=None)
                assert backend.next_key(key) == following
            else:
                assert backend.get(key) == expected.get(key)
            assert states.finalised.number == last or store.before_read is not None


def test_a_read_while_a_block_is_being_written() -> None:
    store = InterruptedStore()
    states = open_state(store, archive=True)
    finalise_to(states, 3)
    backends = [states.state_at_finalised(number) for number in range(4)]
    seen: list[int] = []

    def read() -> None:
        for number, backend in enumerate(backends):
            fresh = states.state_at_finalised(number)
            assert read_all(backend) == read_all(fresh) == state_after(GENESIS, number)
        seen.append(states.finalised.number)

    store.after_write = read
    finalise_to(states, 12)
    assert seen == [*range(3, 12)]


def test_readers_in_threads_see_one_state_while_blocks_become_final() -> None:
    states = open_state(MemoryStore(), undo_blocks=UNDO_BLOCKS)
    finalise_to(states, 3)
    expected = state_after(GENESIS, 3)
    keys = [f"key-{each}".encode() for each in range(100)]
    done = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        shared = states.state_at_finalised(3)
        while not done.is_set() and not wrong:
            fresh = states.state_at_finalised(3)
            for backend in (shared, fresh):
                wrong.extend(key for key in keys if backend.get(key) != expected.get(key))
            if read_all(fresh) != expected:
                wrong.append("next_key")

    readers = [threading.Thread(target=read) for _ in range(3)]
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for reader in readers:
        reader.start()
    try:
        finalise_to(states, 60)
    finally:
        done.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(interval_s)
    assert not wrong


def test_undo_records_in_memory_are_bounded() -> None:
    undo = UndoRecords(MemoryStore())
    many = {b"%d" % each: None for each in range(CACHED_ENTRIES_MAX // 2)}
    for number in range(4):
        undo.note(number, many)
    assert all(undo.get(number) for number in range(4))
    undo.settle(written=True)
    assert [number for number in range(4) if undo.get(number)] == [2, 3]
