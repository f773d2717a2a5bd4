"""Backends: in memory, a block's changes over its parent, and the recording one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.state.backend import Backend, DictBackend, DiffBackend
from runtime.state.recording import RecordingBackend


def get_all_keys(backend: Backend) -> list[bytes]:
    """Every key but the empty one, by iteration."""
    keys: list[bytes] = []
    key = backend.next_key(b"")
    while key is not None:
        keys.append(key)
        key = backend.next_key(key)
    return keys


def test_dict_backend_keeps_its_entries() -> None:
    entries = {b"b": b"2", b"a": b"1"}
    backend = DictBackend(entries)
    entries[b"c"] = b"3"
    assert backend.get(b"a") == b"1"
    assert backend.get(b"c") is None
    assert get_all_keys(backend) == [b"a", b"b"]


def test_a_diff_covers_its_parent() -> None:
    parent = DictBackend({b"a": b"1", b"b": b"2", b"c": b"3"})
    child = DiffBackend(parent, {b"a": b"changed", b"b": None, b"bb": b"new"})
    assert [child.get(key) for key in (b"a", b"b", b"bb", b"c")] == [b"changed", None, b"new", b"3"]
    assert get_all_keys(child) == [b"a", b"bb", b"c"]
    assert get_all_keys(parent) == [b"a", b"b", b"c"]
    assert child.get_changed_keys() == [b"a", b"b", b"bb"]


def test_a_grandchild_may_bring_back_what_its_parent_deleted() -> None:
    base = DictBackend({b"a": b"1", b"b": b"2"})
    child = DiffBackend(base, {b"a": None, b"b": None})
    grandchild = DiffBackend(child, {b"a": b"back"})
    assert get_all_keys(child) == []
    assert get_all_keys(grandchild) == [b"a"]
    assert grandchild.get(b"b") is None


def test_a_stack_of_diffs_is_not_bounded_by_the_interpreters_stack() -> None:
    backend: Backend = DictBackend({b"base": b"0"})
    for number in range(3_000):
        backend = DiffBackend(backend, {number.to_bytes(2, "big"): b"x"})
    assert backend.get(b"base") == b"0"
    assert backend.next_key(b"\x00\x05") == b"\x00\x06"


KEYS = st.binary(min_size=1, max_size=2)


@given(
    entries=st.dictionaries(KEYS, st.binary(max_size=1)),
    blocks=st.lists(st.dictionaries(KEYS, st.binary(max_size=1) | st.none()), max_size=4),
    probe=KEYS,
)
def test_a_stack_of_diffs_equals_the_merged_dict(
    entries: dict[bytes, bytes], blocks: list[dict[bytes, bytes | None]], probe: bytes
) -> None:
    backend: Backend = DictBackend(entries)
    merged: dict[bytes, bytes | None] = dict(entries)
    for changes in blocks:
        backend = DiffBackend(backend, changes)
        merged |= changes
    live = {key: value for key, value in merged.items() if value is not None}
    assert get_all_keys(backend) == sorted(live)
    assert backend.get(probe) == live.get(probe)


@pytest.mark.parametrize("asked, found", [(b"a", b"1"), (b"missing", None)])
def test_recording_notes_reads_of_present_and_absent_keys(asked: bytes, found: bytes) -> None:
    recording = RecordingBackend(DictBackend({b"a": b"1"}))
    assert recording.get(asked) == found
    assert recording.reads == {asked: found}
    assert recording.steps == {}


def test_recording_notes_the_steps_of_an_iteration() -> None:
    recording = RecordingBackend(DictBackend({b"a": b"1", b"b": b"2"}))
    assert get_all_keys(recording) == [b"a", b"b"]
    assert recording.steps == {b"": b"a", b"a": b"b", b"b": None}
    assert recording.reads == {}
