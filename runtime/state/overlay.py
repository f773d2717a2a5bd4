"""The writes of one block over its parent's state: one dict and an undo journal.

A read is one dict lookup at any depth of nesting, ending a transaction costs nothing, and undoing
one costs as much as its writes did.
"""

from bisect import bisect_left, insort
from types import TracebackType
from typing import Final, Literal, NamedTuple

from runtime.errors import Exhausted
from runtime.state.backend import UNCHANGED, Absence, Backend, Layer, find_next_key

MAX_TRANSACTION_DEPTH: Final = 255
"""Transactions open at once, at most. Substrate: `frame_support::storage::transactional`."""


class Mark(NamedTuple):
    """A moment in an overlay's life, to roll back to."""

    writes: int
    events: int
    depth: int


class Overlay:
    """`Externalities` over a backend, which it never changes."""

    __slots__ = (
        "_backend",
        "_changes",
        "_depth",
        "_journal",
        "_new_keys",
        "_sorted_keys",
        "events",
    )

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._changes: dict[bytes, bytes | None] = {}
        self._journal: list[tuple[bytes, bytes | Literal[Absence.UNCHANGED] | None]] = []
        self._depth = 0
        # The keys of _changes: those first written since the last next_key in the order they came,
        # the others sorted. Undoing goes backwards, so what it removes is the last of _new_keys
        # while there is one.
        self._new_keys: list[bytes] = []
        self._sorted_keys: list[bytes] = []
        self.events: list[object] = []
        """What was emitted and not undone, in order."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        value = self._changes.get(key, UNCHANGED)
        return self._backend.get(key) if value is UNCHANGED else value

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value under `key`."""
        self._write(key, value)

    def delete(self, key: bytes) -> None:
        """Removes `key`, whether or not it is there."""
        self._write(key, None)

    def _write(self, key: bytes, value: bytes | None) -> None:
        before = self._changes.get(key, UNCHANGED)
        self._journal.append((key, before))
        if before is UNCHANGED:
            self._new_keys.append(key)
        self._changes[key] = value

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        self._sort_new_keys()
        layer = Layer(self._changes, self._sorted_keys)
        return find_next_key((layer,), self._backend, key)

    def _sort_new_keys(self) -> None:
        new, known = self._new_keys, self._sorted_keys
        if 16 * len(new) < len(known):
            for key in new:
                insort(known, key)
        elif new:
            known.extend(new)
            known.sort()
        new.clear()

    def emit(self, event: object) -> None:
        """Appends to `events`."""
        self.events.append(event)

    def transaction(self) -> "OverlayTransaction":
        """A scope for `with`: its writes and events stand or fall together."""
        return OverlayTransaction(self)

    def mark(self) -> Mark:
        """This moment; `rollback_to` may return to it while no transaction around it has ended."""
        return Mark(len(self._journal), len(self.events), self._depth)

    def rollback_to(self, mark: Mark) -> None:
        """Undoes the writes and events since `mark`, which was taken in the same transaction."""
        assert mark.depth == self._depth, "a mark is used in the transaction it was taken in; qed"
        assert mark.writes <= len(self._journal), "what was undone is not returned to; qed"
        while len(self._journal) > mark.writes:
            key, before = self._journal.pop()
            if before is UNCHANGED:
                del self._changes[key]
                self._forget_last_key(key)
            else:
                self._changes[key] = before
        del self.events[mark.events :]

    def _forget_last_key(self, key: bytes) -> None:
        if self._new_keys:
            self._new_keys.pop()
        else:
            del self._sorted_keys[bisect_left(self._sorted_keys, key)]

    def changes(self) -> dict[bytes, bytes | None]:
        """The last value written to each key, None where it was deleted; a copy."""
        return dict(self._changes)

    def begin(self) -> Mark:
        """Opens a transaction; `Exhausted` beyond `MAX_TRANSACTION_DEPTH`."""
        if self._depth == MAX_TRANSACTION_DEPTH:
            raise Exhausted(f"more than {MAX_TRANSACTION_DEPTH} nested transactions")
        self._depth += 1
        return self.mark()

    def end(self, mark: Mark, *, is_kept: bool) -> None:
        """Closes the transaction that `begin` returned `mark` for."""
        if not is_kept:
            self.rollback_to(mark)
        self._depth -= 1


class OverlayTransaction:
    """One use of `Overlay.transaction`."""

    __slots__ = ("_mark", "_overlay")

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self._mark: Mark | None = None

    def __enter__(self) -> None:
        assert self._mark is None, "a transaction is entered once; qed"
        self._mark = self._overlay.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        assert self._mark is not None, "with enters before it leaves; qed"
        self._overlay.end(self._mark, is_kept=kind is None)
