"""What storage remembers of earlier reads is never seen where the state says something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.codec import U8, U16
from runtime.codec.cell import ABSENT, Cell
from runtime.frame import Pallet, StorageMap, StorageValue, mapping, twox_64_concat, value
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay


class Shelf(Pallet):
    """One item of each form."""

    total: StorageValue[U16] = value(default=7)
    """A value."""

    stock: StorageMap[U8, U16] = mapping(twox_64_concat, default=5)
    """A map."""


class Undone(Exception):
    """Rolls a transaction back."""


def read_and_undo(shelf: Shelf, key: int, new: int) -> None:
    with shelf.state.transaction():
        shelf.stock[key] = new
        shelf.total.put(new)
        assert (shelf.stock[key], shelf.total.get()) == (new, new)
        raise Undone


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "delete", "undone", "elsewhere"]), st.integers(0, 2)),
    max_size=30,
)


@given(steps=STEPS, news=st.lists(st.integers(0, 65_535), min_size=30, max_size=30))
def test_every_read_is_that_of_a_fresh_pallet(
    steps: list[tuple[str, int]], news: list[int]
) -> None:
    state = Overlay(DictBackend({}))
    shelf, other = Shelf(state, index=9), Shelf(state, index=9)
    for (step, key), new in zip(steps, news, strict=False):
        writer = other if step == "elsewhere" else shelf
        if step == "delete":
            del shelf.stock[key]
            shelf.total.kill()
        elif step == "undone":
            with pytest.raises(Undone):
                read_and_undo(shelf, key, new)
        else:
            writer.stock[key] = new
            writer.total.put(new)
        fresh = Shelf(state, index=9)
        for each in (0, 1, 2):
            assert shelf.stock[each] == fresh.stock[each]
            assert shelf.stock.get(each) == fresh.stock.get(each)
        assert shelf.total.get() == fresh.total.get()
        assert dict(shelf.stock.items()) == dict(fresh.stock.items())


def test_a_value_read_twice_is_decoded_once() -> None:
    shelf = Shelf(Overlay(DictBackend({})), index=9)
    shelf.stock[1] = 40_000
    shelf.total.put(40_000)
    assert shelf.stock[1] is shelf.stock[1]
    assert shelf.total.get() is shelf.total.get()


def test_a_call_encodes_what_it_leaves_and_not_what_it_overwrites() -> None:
    encoded: list[object] = []

    def encode(new: object) -> bytes:
        encoded.append(new)
        return b"\0"

    state = Overlay(DictBackend({}))
    state.write(b"a", Cell("before", None, encode))
    with state.transaction() as written:
        for new in ("first", "second"):
            state.write(b"a", Cell(new, None, encode))
            state.write(b"b", Cell(new, None, encode))
        state.write(b"b", ABSENT)
        written.encode()
        written.encode()
    assert encoded == ["second"]
    assert state.changes() == {b"a": b"\0", b"b": None}
    assert encoded == ["second"]


def test_undoing_brings_back_values_that_nobody_encoded() -> None:
    shelf = Shelf(Overlay(DictBackend({})), index=9)
    shelf.stock[1] = 40_000
    kept = shelf.stock[1]
    with pytest.raises(Undone):
        read_and_undo(shelf, 1, 3)
    assert shelf.stock[1] is kept


def test_the_backend_is_asked_once_for_a_key() -> None:
    stored = Shelf(Overlay(DictBackend({})), index=9)
    stored.stock[1] = 4
    assert isinstance(stored.state, Overlay)
    entries = {key: raw for key, raw in stored.state.changes().items() if raw is not None}
    asked: list[bytes] = []

    class Counting(DictBackend):
        def get(self, key: bytes) -> bytes | None:
            asked.append(key)
            return super().get(key)

    shelf = Shelf(Overlay(Counting(entries)), index=9)
    for _ in range(2):
        assert (shelf.stock[1], shelf.stock.get(2), 1 in shelf.stock) == (4, None, True)
    assert asked == [shelf.stock.get_key(1), shelf.stock.get_key(2)]
