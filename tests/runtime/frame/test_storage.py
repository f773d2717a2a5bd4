"""Typed storage: Substrate's keys, defaults, iteration, and what does not fit."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.codec import U8, U16
from runtime.errors import CodecError
from runtime.frame import (
    Pallet,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    blake2_256,
    identity,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.pallet import get_wire_name
from runtime.primitives import AccountId
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from tests.helpers.mock_runtime import MockRuntime

ALICE = AccountId(bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"))


class Shelf(Pallet):
    """Items of every form."""

    total: StorageValue[U16] = value(default=7)
    """With a default."""

    owner: StorageValue[AccountId | None] = value()
    """Without one."""

    price: StorageMap[U8, U16] = mapping(twox_64_concat)
    """A map without a default."""

    stock: StorageMap[U8, U16] = mapping(blake2_128_concat, default=5)
    """A map with one."""

    place: StorageMap[tuple[U8, U8, U16], U16] = mapping(
        twox_64_concat, identity, blake2_128_concat
    )
    """A map of three keys."""

    seen: StorageMap[U8, bool] = mapping(blake2_256)
    """A map whose keys cannot be read back."""


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(Overlay(DictBackend({})), index=9)


@pytest.fixture
def state(shelf: Shelf) -> Overlay:
    assert isinstance(shelf.state, Overlay)
    return shelf.state


# --- keys

SYSTEM = "26aa394eea5630e07c48ae0c9558cef7"
PUBLISHED = {
    # as block explorers and the documentation of Substrate show them
    "System.number": SYSTEM + "02a5c1b19ab7a04f536c519aca4983ac",
    "System.events": SYSTEM + "80d41e5e16056765bc8461851072c9d7",
    "System.extrinsic_count": SYSTEM + "bdc0bd303e9855813aa8a30d4efc5112",
    "System.parent_hash": SYSTEM + "8a42f33323cb5ced3b44dd825fda9fcc",
    "System.digest": SYSTEM + "99e7f93fc6a98f0874fd057f111c4d2d",
    "System.block_weight": SYSTEM + "34abf5cb34d6244378cddbf18e849d96",
    "System.last_runtime_upgrade": SYSTEM + "f9cce9c888469bb1a0dceaa129672ef8",
    "System.account": SYSTEM + "b99d880ec681799c0cf30e8886371da9",
    "System.block_hash": SYSTEM + "a44704b568d21667356a5a050c118746",
    "Timestamp.now": "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb",
    "Balances.total_issuance": "c2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80",
}


@pytest.mark.parametrize("item", PUBLISHED)
def test_prefixes_are_those_of_substrate(item: str) -> None:
    pallet_name, attribute = item.split(".")
    pallet = next(each for each in MockRuntime().pallets if each.spec.name == pallet_name)
    spec = next(each for each in pallet.spec.storage if each.attribute == attribute)
    assert spec.prefix.hex() == PUBLISHED[item]


def test_keys_of_maps_are_those_of_substrate() -> None:
    system = MockRuntime().system
    account = PUBLISHED["System.account"] + "de1e86a9a8c739864cf3cc5ec2bea59f" + ALICE.hex()
    assert system.account.get_key(ALICE).hex() == account
    genesis = PUBLISHED["System.block_hash"] + "b4def25cfda6ef3a" + "00000000"
    assert system.block_hash.get_key(0).hex() == genesis


def test_a_key_of_several_is_hashed_part_by_part(shelf: Shelf) -> None:
    prefix = next(each.prefix for each in Shelf.spec.storage if each.attribute == "place")
    key = shelf.place.get_key((1, 2, 3))
    parts = (twox_64_concat.hash_key(b"\1"), b"\2", blake2_128_concat.hash_key(b"\3\0"))
    assert key == prefix + b"".join(parts)
    assert [len(part) for part in parts] == [8 + 1, 1, 16 + 2]


@pytest.mark.parametrize("parts", [(1,), (1, 2), (1, 2, 3, 4)])
def test_another_number_of_keys_is_refused(shelf: Shelf, parts: tuple[int, int, int]) -> None:
    with pytest.raises(TypeError, match=f"Place: expected 3 keys, got {len(parts)}"):
        shelf.place[parts] = 1


def test_names_on_the_wire() -> None:
    names = {"total_issuance": "TotalIssuance", "ss58_prefix": "SS58Prefix", "now": "Now"}
    assert {name: get_wire_name(name) for name in names} == names


# --- values


def test_a_value_with_a_default(shelf: Shelf, state: Overlay) -> None:
    assert (shelf.total.get(), shelf.total.is_set()) == (7, False)
    shelf.total.put(7)
    assert (shelf.total.get(), shelf.total.is_set()) == (7, True)
    assert state.get(shelf.total.key) == b"\7\0"
    shelf.total.put(300)
    assert shelf.total.get() == 300
    shelf.total.kill()
    assert (shelf.total.get(), shelf.total.is_set()) == (7, False)
    assert state.get(shelf.total.key) is None


def test_a_value_without_default_stores_no_option(shelf: Shelf, state: Overlay) -> None:
    assert shelf.owner.get() is None
    shelf.owner.put(ALICE)
    assert shelf.owner.get() == ALICE
    assert state.get(shelf.owner.key) == ALICE


def test_maps_tell_absent_from_default(shelf: Shelf) -> None:
    assert shelf.stock[1] == 5
    assert shelf.stock.get(1) is None
    assert 1 not in shelf.stock
    shelf.stock[1] = 5
    assert shelf.stock.get(1) == 5
    assert 1 in shelf.stock
    assert 2 not in shelf.stock
    del shelf.stock[1]
    assert 1 not in shelf.stock
    with pytest.raises(KeyError, match="Price: no 3; ask with get"):
        shelf.price[3]
    assert shelf.price.get(3) is None


def test_what_does_not_fit_is_not_stored(shelf: Shelf, state: Overlay) -> None:
    stores: tuple[Callable[[], None], ...] = (
        lambda: shelf.total.put(1 << 16),
        lambda: shelf.total.put(-1),
        lambda: shelf.stock.__setitem__(1, 1 << 16),
        lambda: shelf.stock.__setitem__(256, 1),
    )

    def store_and_encode(store: Callable[[], None]) -> None:
        with state.transaction() as written:
            store()
            written.encode()

    for store in stores:
        with pytest.raises(CodecError):
            store_and_encode(store)
    assert state.changes() == {}


def test_a_value_in_between_may_leave_its_type(shelf: Shelf, state: Overlay) -> None:
    with state.transaction() as written:
        shelf.total.put(1 << 16)
        assert shelf.total.get() == 1 << 16
        shelf.total.put(shelf.total.get() - 1)
        written.encode()
    assert state.changes() == {shelf.total.key: b"\xff\xff"}


def test_whoever_asks_for_bytes_of_what_does_not_fit_is_told(shelf: Shelf, state: Overlay) -> None:
    shelf.stock[1] = 1 << 16
    with pytest.raises(CodecError, match="u16: 65536 is out of range"):
        state.get(shelf.stock.get_key(1))
    with pytest.raises(CodecError, match="u16: 65536 is out of range"):
        state.changes()


def test_a_corrupt_state_is_no_error_of_the_call(shelf: Shelf, state: Overlay) -> None:
    state.put(shelf.total.key, b"\1")
    state.put(shelf.price.get_key(3), b"\1\2\3")
    with pytest.raises(AssertionError, match="Total: the state is corrupt: u16: expected 2 bytes"):
        shelf.total.get()
    with pytest.raises(AssertionError, match="Price: the state is corrupt: u16: 1 bytes remain"):
        shelf.price[3]
    with pytest.raises(AssertionError, match="Price: the state is corrupt"):
        shelf.price.get(3)
    with pytest.raises(AssertionError, match="Price: the state is corrupt"):
        list(shelf.price.items())


# --- iteration

PLACES = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), st.integers(0, 9)
)


@given(stored=PLACES, written=PLACES, deleted=st.sets(st.tuples(*[st.integers(0, 3)] * 3)))
def test_iteration_is_that_of_a_dict_in_the_order_of_keys(
    stored: dict[tuple[int, int, int], int],
    written: dict[tuple[int, int, int], int],
    deleted: set[tuple[int, int, int]],
) -> None:
    before = Shelf(Overlay(DictBackend({})), index=9)
    for key, number in stored.items():
        before.place[key] = number
        before.price[key[0]] = number  # a neighbour, not to be seen
    assert isinstance(before.state, Overlay)
    entries = {key: raw for key, raw in before.state.changes().items() if raw is not None}
    shelf = Shelf(Overlay(DictBackend(entries)), index=9)
    model = dict(stored)
    for key, number in written.items():
        shelf.place[key] = model[key] = number
    for key in sorted(deleted):
        del shelf.place[key]
        model.pop(key, None)
    in_order = sorted(model.items(), key=lambda item: shelf.place.get_key(item[0]))
    assert list(shelf.place.items()) == in_order
    assert list(shelf.place.keys()) == [key for key, _ in in_order]
    for first in range(4):
        below = [item for item in in_order if item[0][0] == first]
        assert list(shelf.place.items(first)) == below
        for second in range(4):
            assert list(shelf.place.items(first, second)) == [
                item for item in below if item[0][1] == second
            ]


def test_entries_may_change_under_an_iteration(shelf: Shelf) -> None:
    for number in range(9):
        shelf.price[number] = number

    def drain() -> Iterator[int]:
        for key, number in shelf.price.items():
            del shelf.price[key]
            yield number

    assert sorted(drain()) == list(range(9))
    assert list(shelf.price.items()) == []


def test_an_iteration_over_whole_keys_is_refused(shelf: Shelf) -> None:
    with pytest.raises(TypeError, match="Place: 3 keys leave nothing to iterate over"):
        list(shelf.place.items(1, 2, 3))
    with pytest.raises(TypeError, match="Price: 1 keys leave nothing"):
        list(shelf.price.keys(1))


def test_hashed_keys_are_not_read_back(shelf: Shelf) -> None:
    shelf.seen[3] = True
    assert shelf.seen[3]
    with pytest.raises(TypeError, match="Seen: Blake2_256 keys cannot be read back"):
        list(shelf.seen.keys())


def test_two_states_do_not_meet() -> None:
    one, two = (Shelf(Overlay(DictBackend({})), index=9) for _ in range(2))
    one.total.put(1)
    one.price[1] = 1
    assert (two.total.get(), two.price.get(1)) == (7, None)
