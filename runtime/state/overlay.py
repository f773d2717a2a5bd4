"""The writes of one block over its parent's state: one dict and an undo journal.

A read is one dict lookup at any depth of nesting, ending a transaction costs nothing, and undoing
one costs as much as its writes did. Values stay decoded: what was read is decoded once, and what
is written is encoded once, at the end of the call that wrote it or when somebody asks for bytes.
"""

from bisect import bisect_left, insort
from types import TracebackType
from typing import Final, NamedTuple

from runtime.codec.cell import ABSENT, UNDECODED, Cell
from runtime.errors import Exhausted
from runtime.state.backend import AnyLayer, Backend, find_next_key

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
        "_known",
        "_new_keys",
        "_sorted_keys",
        "events",
    )

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._changes: dict[bytes, Cell] = {}
        self._known: dict[bytes, Cell] = {}  # of the backend, which never changes
        self._journal: list[tuple[bytes, Cell | None]] = []
        self._depth = 0
        # The keys of _changes: those first written since the last next_key in the order they came,
        # the others sorted. Undoing goes backwards, so what it removes is the last of _new_keys
        # while there is one.
        self._new_keys: list[bytes] = []
        self._sorted_keys: list[bytes] = []
        self.events: list[object] = []
        """What was emitted and not undone, in order."""

    def find(self, key: bytes) -> Cell:
        """What is under `key`; `ABSENT` where there is nothing."""
        cell = self._changes.get(key)
        if cell is None:
            cell = self._known.get(key)
            if cell is None:
                raw = self._backend.get(key)
                cell = self._known[key] = ABSENT if raw is None else Cell(UNDECODED, raw)
        return cell

    def write(self, key: bytes, cell: Cell) -> None:
        """Sets what is under `key`; `ABSENT` removes it."""
        before = self._changes.get(key)
        self._journal.append((key, before))
        if before is None:
            self._new_keys.append(key)
        self._changes[key] = cell

    def get(self, key: bytes) -> bytes | None:
        """The bytes under `key`, or None."""
        return self.find(key).encode()

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the bytes under `key`."""
        self.write(key, Cell(UNDECODED, value))

    def delete(self, key: bytes) -> None:
        """Removes `key`, whether or not it is there."""
        self.write(key, ABSENT)

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        self._sort_new_keys()
        layer = AnyLayer(self._changes, self._sorted_keys, ABSENT)
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
            if before is None:
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
        return {key: cell.encode() for key, cell in self._changes.items()}

    def encode_since(self, mark: Mark) -> None:
        """Encodes what was written since; `CodecError` for a value outside its type."""
        for position in range(mark.writes, len(self._journal)):
            self._changes[self._journal[position][0]].encode()

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

    def __enter__(self) -> "OverlayTransaction":
        assert self._mark is None, "a transaction is entered once; qed"
        self._mark = self._overlay.begin()
        return self

    def encode(self) -> None:
        """Encodes what was written in it; `CodecError` for a value outside its type."""
        assert self._mark is not None, "with enters before it is used; qed"
        self._overlay.encode_since(self._mark)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        assert self._mark is not None, "with enters before it leaves; qed"
        self._overlay.end(self._mark, is_kept=kind is None)
