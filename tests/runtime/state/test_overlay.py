"""The overlay: nested transactions, events, net changes, and the order of keys."""

from contextlib import suppress

import pytest

from runtime.errors import Exhausted
from runtime.state.backend import DictBackend
from runtime.state.overlay import MAX_TRANSACTION_DEPTH, Overlay


class Stop(Exception):
    """Leaves a transaction."""


def test_reads_fall_through_to_the_backend_until_written() -> None:
    overlay = Overlay(DictBackend({b"a": b"1"}))
    assert overlay.get(b"a") == b"1"
    overlay.put(b"a", b"2")
    assert overlay.get(b"a") == b"2"
    overlay.delete(b"a")
    assert overlay.get(b"a") is None
    assert overlay.get(b"missing") is None


def test_an_empty_value_is_a_value() -> None:
    overlay = Overlay(DictBackend({b"a": b""}))
    assert overlay.get(b"a") == b""
    assert overlay.next_key(b"") == b"a"
    overlay.put(b"b", b"")
    assert overlay.get(b"b") == b""
    assert overlay.next_key(b"a") == b"b"


def test_a_transaction_is_kept_when_it_ends() -> None:
    overlay = Overlay(DictBackend())
    with overlay.transaction():
        overlay.put(b"a", b"1")
        overlay.emit("event")
    assert overlay.changes() == {b"a": b"1"}
    assert overlay.events == ["event"]


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, GeneratorExit])
def test_a_transaction_is_undone_by_any_exception_which_goes_on(
    error: type[BaseException],
) -> None:
    overlay = Overlay(DictBackend({b"a": b"0"}))
    overlay.put(b"b", b"before")
    overlay.emit("before")

    def write_and_raise() -> None:
        with overlay.transaction():
            overlay.put(b"a", b"1")
            overlay.delete(b"b")
            overlay.emit("inside")
            raise error

    with pytest.raises(error):
        write_and_raise()
    assert overlay.get(b"a") == b"0"
    assert overlay.changes() == {b"b": b"before"}
    assert overlay.events == ["before"]


def test_an_inner_commit_is_undone_with_the_outer_transaction() -> None:
    overlay = Overlay(DictBackend())
    with suppress(Stop), overlay.transaction():
        with overlay.transaction():
            overlay.put(b"a", b"1")
            overlay.emit("inner")
        assert overlay.changes() == {b"a": b"1"}
        raise Stop
    assert overlay.changes() == {}
    assert overlay.events == []


def test_an_inner_rollback_keeps_the_outer_writes() -> None:
    overlay = Overlay(DictBackend())
    with overlay.transaction():
        overlay.put(b"a", b"outer")
        with suppress(Stop), overlay.transaction():
            overlay.put(b"a", b"inner")
            overlay.put(b"b", b"inner")
            raise Stop
        overlay.put(b"c", b"outer")
    assert overlay.changes() == {b"a": b"outer", b"c": b"outer"}


def test_nesting_is_bounded_and_the_bound_leaves_the_overlay_usable() -> None:
    overlay = Overlay(DictBackend())

    def nest(depth: int) -> None:
        with overlay.transaction():
            overlay.put(depth.to_bytes(2, "big"), b"x")
            if depth > 1:
                nest(depth - 1)

    nest(MAX_TRANSACTION_DEPTH)
    assert len(overlay.changes()) == MAX_TRANSACTION_DEPTH == 255
    with pytest.raises(Exhausted, match="255"):
        nest(MAX_TRANSACTION_DEPTH + 1)
    assert len(overlay.changes()) == MAX_TRANSACTION_DEPTH
    nest(MAX_TRANSACTION_DEPTH)


def test_a_mark_returns_to_its_moment_any_number_of_times() -> None:
    overlay = Overlay(DictBackend())
    overlay.put(b"a", b"1")
    mark = overlay.mark()
    for _ in range(2):
        overlay.put(b"a", b"2")
        overlay.put(b"b", b"2")
        overlay.emit("after")
        overlay.rollback_to(mark)
        assert overlay.changes() == {b"a": b"1"}
        assert overlay.events == []


def test_a_mark_of_another_transaction_is_refused() -> None:
    overlay = Overlay(DictBackend())
    mark = overlay.mark()
    with (
        pytest.raises(AssertionError, match="in the transaction it was taken in"),
        overlay.transaction(),
    ):
        overlay.rollback_to(mark)


def test_a_transaction_object_is_entered_once() -> None:
    overlay = Overlay(DictBackend())
    transaction = overlay.transaction()
    with transaction:
        pass
    with pytest.raises(AssertionError, match="entered once"):
        transaction.__enter__()


def test_changes_is_a_copy() -> None:
    overlay = Overlay(DictBackend())
    overlay.changes()[b"a"] = b"1"
    assert overlay.get(b"a") is None


def test_next_key_skips_deleted_keys_and_sees_inserted_ones() -> None:
    overlay = Overlay(DictBackend({b"b": b"", b"d": b"", b"f": b""}))
    overlay.delete(b"d")
    overlay.put(b"e", b"")
    overlay.put(b"f", b"rewritten")
    assert overlay.next_key(b"") == b"b"
    assert overlay.next_key(b"b") == b"e"
    assert overlay.next_key(b"d") == b"e"
    assert overlay.next_key(b"e") == b"f"
    assert overlay.next_key(b"f") is None


def test_keys_stay_ordered_while_iterating_and_writing_by_turns() -> None:
    overlay = Overlay(DictBackend())
    expected: list[bytes] = []
    for number in range(200):
        key = (number * 89 % 200).to_bytes(1, "big")
        overlay.put(key, b"x")
        expected.append(key)
        following = [other for other in expected if other > key]
        assert overlay.next_key(key) == min(following, default=None)
