"""Both stores are the same ordered map."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.db.leveldb import LevelDbStore
from chain.db.memory import MemoryStore
from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseError

KEYS = st.binary(max_size=3)
BATCHES = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=6), max_size=8)


def make_memory(path: Path) -> KeyValueStore:
    return MemoryStore()


MAKERS: list[Callable[[Path], KeyValueStore]] = [make_memory, LevelDbStore]


@pytest.fixture(params=MAKERS, ids=["memory", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValueStore]:
    made: KeyValueStore = request.param(tmp_path / "db")
    yield made
    made.close()


def batch_of(changes: dict[bytes, bytes | None]) -> WriteBatch:
    batch = WriteBatch()
    for key, value in changes.items():
        if value is None:
            batch.delete(key)
        else:
            batch.put(key, value)
    return batch


def test_what_is_put_is_got_until_it_is_deleted(store: KeyValueStore) -> None:
    store.write(batch_of({b"a": b"1", b"b": b""}), sync=True)
    assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (b"1", b"", None)
    store.write(batch_of({b"a": None, b"c": None, b"b": b"2"}), sync=False)
    assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (None, b"2", None)


def test_the_last_word_on_a_key_counts(store: KeyValueStore) -> None:
    batch = batch_of({b"a": b"1", b"b": b"1"})
    batch.append(batch_of({b"a": None, b"c": b"2"}))
    batch.put(b"b", b"3")
    store.write(batch, sync=False)
    assert list(store.iterate()) == [(b"b", b"3"), (b"c", b"2")]


def test_writing_while_iterating(store: KeyValueStore) -> None:
    store.write(batch_of({bytes([each]): b"x" for each in range(10)}), sync=False)
    seen: list[bytes] = []
    for key, _ in store.iterate():
        seen.append(key)
        store.write(batch_of({key: None}), sync=False)
    assert seen == [bytes([each]) for each in range(10)]
    assert list(store.iterate()) == []


def test_a_closed_store_says_so(store: KeyValueStore) -> None:
    store.close()
    for use in (
        lambda: store.get(b"a"),
        lambda: store.write(WriteBatch(), sync=False),
        lambda: next(store.iterate(), None),
    ):
        with pytest.raises(DatabaseError, match="open"):
            use()
    store.close()


def test_closing_ends_an_iteration(store: KeyValueStore) -> None:
    store.write(batch_of({b"a": b"", b"b": b""}), sync=False)
    entries = store.iterate()
    next(entries)
    store.close()
    with pytest.raises(DatabaseError):
        next(entries)


@given(BATCHES, KEYS, KEYS)
@settings(max_examples=60)
def test_both_stores_agree_with_a_dict(
    batches: list[dict[bytes, bytes | None]], prefix: bytes, start: bytes
) -> None:
    with TemporaryDirectory() as folder:
        stores: list[KeyValueStore] = [MemoryStore(), LevelDbStore(Path(folder))]
        model: dict[bytes, bytes] = {}
        for changes in batches:
            for each in stores:
                each.write(batch_of(changes), sync=False)
            for key, value in changes.items():
                model.pop(key, None)
                if value is not None:
                    model[key] = value
        expected = [
            (key, model[key]) for key in sorted(model) if key.startswith(prefix) and key >= start
        ]
        for each in stores:
            assert list(each.iterate()) == sorted(model.items())
            assert list(each.iterate(prefix, start)) == expected
            assert all(each.get(key) == model.get(key) for changes in batches for key in changes)
            each.close()
