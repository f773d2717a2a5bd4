"""The state of finalised blocks: the newest one flat, earlier ones by what was replaced since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chain.db import schema
from chain.db.history import (
    UNDO_BLOCKS,
    HistoricState,
    UndoRecords,
    encode_history,
    encode_history_key,
    encode_undo,
    encode_undo_key,
)
from chain.db.schema import Pointer
from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseCorrupted, StatePruned
from runtime.state.backend import UNCHANGED, Backend, Changes, Layer, find_next_key


@dataclass(frozen=True, slots=True)
class FinalisedBlock:
    """A block that becomes final, with what it changed."""

    number: int
    hash: bytes
    changes: Changes


@dataclass(frozen=True, slots=True)
class View:
    """How to read an earlier state while `noted` is the newest block a reader may meet."""

    noted: int
    layers: Sequence[Layer]
    """What blocks replaced, the oldest first: its word on a key counts."""
    backend: Backend


class FlatState:
    """The newest finalised state: one read a key. It changes as blocks become final."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        return self._store.get(schema.STATE + key)

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        for found, _ in self._store.iterate(schema.STATE, schema.STATE + key + b"\x00"):
            return found[len(schema.STATE) :]
        return None

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key with its value, in key order."""
        for key, value in self._store.iterate(schema.STATE):
            yield key[len(schema.STATE) :], value


class StateStore:
    """The states of finalised blocks. One thread writes; reading is safe from any."""

    def __init__(
        self, store: KeyValueStore, *, archive: bool = False, undo_blocks: int = UNDO_BLOCKS
    ) -> None:
        """The states of an existing database.

        With `archive` every state from now on stays readable. Without, an archive that is there
        ends: what it holds is not read again. A database keeps the `undo_blocks` it began with.
        """
        self._store = store
        self._undo_blocks = undo_blocks
        self._flat = FlatState(store)
        self._undo = UndoRecords(store)
        found = store.get(schema.META_FINALISED)
        if found is None:
            raise DatabaseCorrupted("the database", "the pointer to the finalised block is missing")
        self._finalised = Pointer.unpack(found)
        # The newest block whose undo record readers must heed: set before its batch is written.
        self._noted = self._finalised.number
        self._archive_from = self._open_archive(archive=archive)
        self._ensure_whole()

    def _open_archive(self, *, archive: bool) -> int | None:
        found = self._store.get(schema.META_ARCHIVE)
        if archive and found is not None:
            return schema.decode_number(found)
        batch = WriteBatch()
        if archive:
            batch.put(schema.META_ARCHIVE, schema.encode_number(self._noted))
        elif found is not None:
            batch.delete(schema.META_ARCHIVE)
        if batch.changes:
            self._store.write(batch, sync=True)
        return self._noted if archive else None

    def _ensure_whole(self) -> None:
        """Raises `DatabaseCorrupted` if a block's batch is missing among the last ones.

        LevelDB notices damage to what it reads, but not every loss of a whole batch.
        """
        for number in range(self.oldest_undone + 1, self._noted + 1):
            if self._store.get(encode_undo_key(number)) is None:
                raise DatabaseCorrupted("the database", f"the undo record of #{number} is missing")
        expected = self._store.get(schema.encode_canonical_key(self._noted))
        if expected != self._finalised.hash:
            raise DatabaseCorrupted(
                "the database", f"the finalised block #{self._noted} has two hashes"
            )

    @property
    def finalised(self) -> Pointer:
        """The newest finalised block."""
        return self._finalised

    @property
    def oldest_undone(self) -> int:
        """The oldest block whose state the undo records give."""
        return max(0, self._noted - self._undo_blocks)

    @property
    def oldest(self) -> int:
        """The oldest block whose state is kept."""
        if self._archive_from is None:
            return self.oldest_undone
        return min(self._archive_from, self.oldest_undone)

    def get(self, key: bytes) -> bytes | None:
        """The value under `key` in the newest finalised state, or None."""
        return self._flat.get(key)

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in the newest finalised state, or None."""
        return self._flat.next_key(key)

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key of the newest finalised state with its value, in key order."""
        return self._flat.entries()

    def state_at_finalised(self, number: int) -> "FinalisedState":
        """The state after a finalised block; it stays the same while later ones become final.

        Raises `StatePruned` if it is not kept, as does a later read once it is pruned.
        """
        if number > self._noted:
            raise ValueError(f"expected a block up to #{self._noted}, got #{number}")
        return FinalisedState(self, number)

    def finalise(self, blocks: Sequence[FinalisedBlock], extra: WriteBatch | None = None) -> None:
        """Makes blocks final, oldest first, in one synced batch with `extra`.

        When this returns they are on the disk; if it raises or the power fails, none is.
        """
        if not blocks:
            raise ValueError("expected a block to finalise, got none")
        for number, block in enumerate(blocks, self._noted + 1):
            if block.number != number:
                raise ValueError(f"expected block #{number} next, got #{block.number}")
        batch = WriteBatch()
        written: dict[bytes, bytes | None] = {}
        for block in blocks:
            replaced = self._compute_replaced(block.changes, written)
            self._add_block(batch, block, replaced)
            self._undo.note(block.number, replaced)
        for key, value in written.items():
            batch.changes[schema.STATE + key] = value
        last = Pointer(blocks[-1].number, blocks[-1].hash)
        batch.put(schema.META_FINALISED, last.pack())
        if extra is not None:
            batch.append(extra)
        # From here on readers of earlier states heed the new undo records, which say the same as
        # the state until the batch is written, and the truth from then on.
        self._noted = last.number
        try:
            self._store.write(batch, sync=True)
        except BaseException:
            self._noted = self._finalised.number
            self._undo.settle(written=False)
            raise
        self._undo.settle(written=True)
        self._finalised = last

    def _compute_replaced(
        self, changes: Changes, written: dict[bytes, bytes | None]
    ) -> Mapping[bytes, bytes | None]:
        """The values that `changes` replaces in the state with `written`, and adds them to it."""
        replaced: dict[bytes, bytes | None] = {}
        for key, value in changes.items():
            before = written.get(key, UNCHANGED)
            if before is UNCHANGED:
                before = self._flat.get(key)
            if before != value:
                replaced[key] = before
                written[key] = value
        return replaced

    def _add_block(self, batch: WriteBatch, block: FinalisedBlock, replaced: Changes) -> None:
        batch.put(encode_undo_key(block.number), encode_undo(replaced))
        batch.put(schema.encode_canonical_key(block.number), block.hash)
        if block.number > self._undo_blocks:
            batch.delete(encode_undo_key(block.number - self._undo_blocks))
        if self._archive_from is not None:
            for key, value in replaced.items():
                batch.put(encode_history_key(key, block.number), encode_history(value))

    @property
    def noted(self) -> int:
        """The newest block whose changes a reader may meet in the flat state."""
        return self._noted

    def view(self, number: int) -> View:
        """How to read the state after `number`. Raises `StatePruned` if it is not kept."""
        noted = self._noted
        if number >= noted - self._undo_blocks:
            return View(noted, self._get_layers(number, noted), self._flat)
        if self._archive_from is None or number < self._archive_from:
            raise StatePruned(number, self.oldest)
        return View(noted, (), HistoricState(self._store, number, self._flat))

    def _get_layers(self, number: int, noted: int) -> Sequence[Layer]:
        layers: list[Layer] = []
        for each in range(number + 1, noted + 1):
            layer = self._undo.get(each)
            if layer is None:
                if self._noted != noted:
                    return ()  # pruned meanwhile; the reader looks again
                raise DatabaseCorrupted("the database", f"the undo record of #{each} is missing")
            layers.append(layer)
        return layers


class FinalisedState:
    """The state after one finalised block, read-only; later blocks do not change it."""

    def __init__(self, states: StateStore, number: int) -> None:
        self.number = number
        """The block's number."""
        self._states = states
        self._view: View = states.view(number)

    def _follow(self) -> View:
        """The view with what became final since the last read."""
        if self._view.noted != self._states.noted:
            self._view = self._states.view(self.number)
        return self._view

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        while True:
            view = self._follow()
            for layer in view.layers:
                if key in layer.changes:
                    value = layer.changes[key]
                    break
            else:
                value = view.backend.get(key)
            # A block that became final meanwhile may have changed what was read.
            if self._states.noted == view.noted:
                return value

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        while True:
            view = self._follow()
            found = find_next_key(view.layers, view.backend, key)
            if self._states.noted == view.noted:
                return found
