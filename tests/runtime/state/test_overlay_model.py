"""The overlay against a model that copies everything when a transaction begins."""

from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from runtime.codec.cell import ABSENT, UNDECODED, Cell
from runtime.state.backend import Backend, DictBackend, DiffBackend
from runtime.state.overlay import Mark, Overlay, OverlayTransaction

# Few keys, so that rules meet on them; with prefixes of each other, which order must get right.
KEYS = st.binary(max_size=2).map(lambda key: bytes(byte % 3 for byte in key)) | st.binary(
    max_size=3
)
VALUES = st.binary(max_size=2)
ENTRIES = st.dictionaries(KEYS, VALUES, max_size=8)
CHANGES = st.dictionaries(KEYS, VALUES | st.none(), max_size=8)


def apply_changes(
    entries: dict[bytes, bytes], changes: Mapping[bytes, bytes | None]
) -> dict[bytes, bytes]:
    """The entries after the changes, by definition."""
    merged: dict[bytes, bytes | None] = {**entries, **changes}
    return {key: value for key, value in merged.items() if value is not None}


class OverlayModel(RuleBasedStateMachine):
    """Drives an overlay and the model with the same steps."""

    def __init__(self) -> None:
        super().__init__()
        self.base: dict[bytes, bytes] = {}
        self.written: dict[bytes, bytes | None] = {}
        self.events: list[object] = []
        self.saved: list[tuple[dict[bytes, bytes | None], list[object]]] = []
        self.open: list[OverlayTransaction] = []
        self.marked: tuple[Mark, int, dict[bytes, bytes | None], list[object]] | None = None
        self.overlay = Overlay(DictBackend())

    @initialize(entries=ENTRIES, blocks=st.lists(CHANGES, max_size=3))
    def start(self, entries: dict[bytes, bytes], blocks: list[dict[bytes, bytes | None]]) -> None:
        backend: Backend = DictBackend(entries)
        self.base = entries
        for changes in blocks:
            backend = DiffBackend(backend, changes)
            self.base = apply_changes(self.base, changes)
        self.overlay = Overlay(backend)

    @rule(key=KEYS, value=VALUES)
    def put(self, key: bytes, value: bytes) -> None:
        self.overlay.put(key, value)
        self.written[key] = value

    @rule(key=KEYS, value=VALUES)
    def write_value(self, key: bytes, value: bytes) -> None:
        """A value that is encoded when somebody asks for its bytes."""
        self.overlay.write(key, Cell(value.hex(), None, bytes.fromhex))
        self.written[key] = value

    @rule(key=KEYS)
    def find(self, key: bytes) -> None:
        stored = apply_changes(self.base, self.written).get(key)
        cell = self.overlay.find(key)
        assert (cell is ABSENT) == (stored is None)
        assert cell.value in (UNDECODED, None if stored is None else stored.hex())

    @rule(key=KEYS)
    def delete(self, key: bytes) -> None:
        self.overlay.delete(key)
        self.written[key] = None

    @rule(event=st.integers())
    def emit(self, event: int) -> None:
        self.overlay.emit(event)
        self.events.append(event)

    @rule()
    def begin(self) -> None:
        transaction = self.overlay.transaction()
        transaction.__enter__()
        self.open.append(transaction)
        self.saved.append((dict(self.written), list(self.events)))

    @precondition(lambda self: self.open)
    @rule()
    def commit(self) -> None:
        self.open.pop().__exit__(None, None, None)
        self.saved.pop()
        self.forget_inner_mark()

    @precondition(lambda self: self.open)
    @rule()
    def rollback(self) -> None:
        error = ValueError("any")
        self.open.pop().__exit__(ValueError, error, None)
        self.written, self.events = self.saved.pop()
        self.forget_inner_mark()

    @rule()
    def mark(self) -> None:
        self.marked = (
            self.overlay.mark(),
            len(self.open),
            dict(self.written),
            list(self.events),
        )

    @precondition(lambda self: self.marked is not None and self.marked[1] == len(self.open))
    @rule()
    def rollback_to_mark(self) -> None:
        assert self.marked is not None
        mark, _, written, events = self.marked
        self.overlay.rollback_to(mark)
        self.written, self.events = dict(written), list(events)

    def forget_inner_mark(self) -> None:
        """A mark dies with the transaction it was taken in."""
        if self.marked is not None and self.marked[1] > len(self.open):
            self.marked = None

    @rule(key=KEYS)
    def get(self, key: bytes) -> None:
        assert self.overlay.get(key) == apply_changes(self.base, self.written).get(key)

    @rule(key=KEYS)
    def step(self, key: bytes) -> None:
        live = apply_changes(self.base, self.written)
        assert self.overlay.next_key(key) == min(
            (other for other in live if other > key), default=None
        )

    @rule()
    def iterate(self) -> None:
        live = sorted(apply_changes(self.base, self.written))
        found: list[bytes] = [b""] if b"" in live else []
        key = self.overlay.next_key(b"")
        while key is not None:
            found.append(key)
            key = self.overlay.next_key(key)
        assert found == live

    @rule()
    def ask_for_changes(self) -> None:
        assert self.overlay.changes() == self.written

    @invariant()
    def agrees(self) -> None:
        assert self.overlay.events == self.events


OverlayModel.TestCase.settings = settings(stateful_step_count=60)
TestOverlayModel = OverlayModel.TestCase
