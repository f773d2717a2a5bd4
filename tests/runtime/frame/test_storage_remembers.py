"""What storage remembers of decoded values, from one state to another."""

from runtime.codec import U32
from runtime.frame import Pallet, StorageMap, mapping, twox_64_concat
from runtime.frame.storage import REMEMBERED, SMALL_BYTES
from runtime.state import DictBackend, Overlay


class Shelf(Pallet):
    """Numbers and bytes."""

    numbers: StorageMap[U32, tuple[U32, U32]] = mapping(twox_64_concat)
    """Pairs."""


def make(pairs: dict[int, tuple[int, int]]) -> Shelf:
    """A pallet on a state of its own, which holds these."""
    state = Overlay(DictBackend({}))
    shelf = Shelf(state, index=0)
    for key, pair in pairs.items():
        shelf.numbers[key] = pair
    entries = {key: raw for key, raw in state.changes().items() if raw is not None}
    return Shelf(Overlay(DictBackend(entries)), index=0)


def test_the_same_bytes_are_decoded_once_for_all_states() -> None:
    one, other = make({1: (5, 6)}), make({9: (5, 6)})
    assert one.numbers[1] is other.numbers[9]


def test_other_bytes_are_another_value() -> None:
    one, other = make({1: (5, 6)}), make({1: (5, 7)})
    assert (one.numbers[1], other.numbers[1]) == ((5, 6), (5, 7))


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    spec = Shelf.spec.storage[0]
    shelf = make({key: (key, 0) for key in range(2 * REMEMBERED)})
    assert [shelf.numbers[key][0] for key in range(2 * REMEMBERED)] == list(range(2 * REMEMBERED))
    assert spec.remembered.cache_info().currsize == REMEMBERED
    assert SMALL_BYTES * REMEMBERED < 1 << 20
