"""What finalised blocks replaced, as keys and values: by block (undo) and by key (history)."""

from threading import Lock
from typing import Final

import msgspec

from chain.db import schema
from chain.db.store import KeyValueStore
from chain.errors import DatabaseCorrupted
from runtime.state.backend import Backend, Changes, Layer

UNDO_BLOCKS: Final = 256
"""Undo records kept: the state is known after each of the last 256 blocks, and before them."""
CACHED_ENTRIES_MAX: Final = 200_000
"""Entries of decoded undo records kept in memory, of all records together."""

_UNDO_DECODER: Final = msgspec.msgpack.Decoder(dict[bytes, bytes | None])
_TERMINATOR: Final = b"\x00\x01"
_AFTER_TERMINATOR: Final = b"\x00\x02"


def encode_undo_key(number: int) -> bytes:
    """The key of a block's undo record."""
    return schema.UNDO + schema.encode_number(number)


def encode_undo(replaced: Changes) -> bytes:
    """The value of a block's undo record."""
    return msgspec.msgpack.encode(replaced)


class UndoRecords:
    """The undo records on the disk, those lately used decoded in memory. Safe from any thread."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store
        self._lock = Lock()
        self._layers: dict[int, Layer] = {}  # in the order of use, the least recent first
        self._entries = 0
        self._pending: dict[int, Layer] = {}

    def note(self, number: int, replaced: Changes) -> None:
        """Makes a record known that is about to be written."""
        self._pending[number] = Layer(replaced, sorted(replaced))

    def settle(self, *, written: bool) -> None:
        """Ends what `note` began: the noted records are on the disk, or never will be."""
        pending, self._pending = self._pending, {}
        if written:
            for number, layer in pending.items():
                self._keep(number, layer)

    def get(self, number: int) -> Layer | None:
        """What the block replaced, or None if it is not kept."""
        pending = self._pending.get(number)
        if pending is not None:
            return pending
        with self._lock:
            layer = self._layers.pop(number, None)
            if layer is not None:
                self._layers[number] = layer
                return layer
        found = self._store.get(encode_undo_key(number))
        if found is None:
            return None
        try:
            replaced = _UNDO_DECODER.decode(found)
        except msgspec.DecodeError as error:
            raise DatabaseCorrupted(
                "the database", f"the undo record of #{number}: {error}"
            ) from error
        layer = Layer(replaced, sorted(replaced))
        self._keep(number, layer)
        return layer

    def _keep(self, number: int, layer: Layer) -> None:
        with self._lock:
            if number in self._layers:
                return
            self._layers[number] = layer
            self._entries += len(layer.keys)
            while self._entries > CACHED_ENTRIES_MAX and len(self._layers) > 1:
                oldest = next(iter(self._layers))
                self._entries -= len(self._layers.pop(oldest).keys)


def encode_history_prefix(key: bytes) -> bytes:
    """The beginning of a key's history records; ends so that no other key's begin the same."""
    return schema.HISTORY + key.replace(b"\x00", b"\x00\xff") + _TERMINATOR


def encode_history_key(key: bytes, number: int) -> bytes:
    """The key of what block `number` replaced under `key`."""
    return encode_history_prefix(key) + schema.encode_number(number)


def encode_history(value: bytes | None) -> bytes:
    """The value of a history record."""
    return b"\x00" if value is None else b"\x01" + value


class HistoricState:
    """The state after a block as the history records tell it, over the newest state.

    A key's value after block n is what the first later block to change it replaced; unchanged
    since, it is the newest value. The newest is read first: a block that is being finalised
    meanwhile brings its history records along.
    """

    def __init__(self, store: KeyValueStore, number: int, newest: Backend) -> None:
        self._store = store
        self._number = number
        self._newest = newest

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        newest = self._newest.get(key)
        prefix = encode_history_prefix(key)
        first = prefix + schema.encode_number(self._number + 1)
        for _, replaced in self._store.iterate(prefix, first):
            return None if replaced == b"\x00" else replaced[1:]
        return newest

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        while True:
            candidates = (self._newest.next_key(key), self._next_recorded(key))
            found = min((each for each in candidates if each is not None), default=None)
            if found is None or self.get(found) is not None:
                return found
            key = found

    def _next_recorded(self, key: bytes) -> bytes | None:
        """The first key after `key` that has history records."""
        start = encode_history_prefix(key)[: -len(_TERMINATOR)] + _AFTER_TERMINATOR
        for record, _ in self._store.iterate(schema.HISTORY, start):
            end = -len(_TERMINATOR) - schema.NUMBER_BYTES
            return record[len(schema.HISTORY) : end].replace(b"\x00\xff", b"\x00")
        return None
