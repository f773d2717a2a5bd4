"""Where an overlay reads what it has not written: the state at the end of one block."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from runtime.frozen import frozen


class Absence(Enum):
    """Tells "no entry" from None, which in a set of changes says "deleted"."""

    UNCHANGED = 0


UNCHANGED: Final[Literal[Absence.UNCHANGED]] = Absence.UNCHANGED

Changes: TypeAlias = Mapping[bytes, bytes | None]
"""New values by key; None deletes the key."""


class Backend(Protocol):
    """The state at the end of one block; it never changes."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        ...

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None; `key` need not exist."""
        ...


C_co = TypeVar("C_co", covariant=True)


@frozen
class AnyLayer(Generic[C_co]):
    """Changes over a backend, with their keys in order."""

    changes: Mapping[bytes, C_co]
    keys: Sequence[bytes]
    deleted: object = None
    """What says in ``changes`` that a key is deleted."""


Layer: TypeAlias = AnyLayer[bytes | None]
"""A layer of bytes."""


def find_next_key(layers: Sequence[AnyLayer[object]], backend: Backend, key: bytes) -> bytes | None:
    """The first key after `key` that lives once `layers`, newest first, cover `backend`.

    Costs one binary search a layer, and as much again for each deleted key on the way.
    """
    stored = backend.next_key(key)
    while True:
        candidate = stored
        for layer in layers:
            position = bisect_right(layer.keys, key)
            if position < len(layer.keys):
                changed = layer.keys[position]
                if candidate is None or changed < candidate:
                    candidate = changed
        if candidate is None or _is_live(layers, candidate):
            return candidate
        key = candidate
        if stored == candidate:
            stored = backend.next_key(candidate)


def _is_live(layers: Sequence[AnyLayer[object]], key: bytes) -> bool:
    for layer in layers:
        value = layer.changes.get(key, UNCHANGED)
        if value is not UNCHANGED:
            return value is not layer.deleted
    return True


class DictBackend:
    """A state held in memory: for genesis and tests."""

    __slots__ = ("_entries", "_keys")

    def __init__(self, entries: Mapping[bytes, bytes] = MappingProxyType({})) -> None:
        self._entries = dict(entries)
        self._keys = sorted(self._entries)

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        return self._entries.get(key)

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        position = bisect_right(self._keys, key)
        return self._keys[position] if position < len(self._keys) else None


class DiffBackend:
    """The state after a block: its changes over its parent's state.

    A stack of them is walked in a loop, newest first, so its height is bounded by patience only.
    """

    __slots__ = ("_keys", "changes", "parent")

    def __init__(self, parent: Backend, changes: Changes) -> None:
        self.parent = parent
        """The state before the block."""
        self.changes = changes
        """What the block changed; the caller lets go of it."""
        self._keys: list[bytes] | None = None

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        backend: Backend = self
        while isinstance(backend, DiffBackend):
            value = backend.changes.get(key, UNCHANGED)
            if value is not UNCHANGED:
                return value
            backend = backend.parent
        return backend.get(key)

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None."""
        layers: list[Layer] = []
        backend: Backend = self
        while isinstance(backend, DiffBackend):
            layers.append(Layer(backend.changes, backend.get_changed_keys()))
            backend = backend.parent
        return find_next_key(layers, backend, key)

    def get_changed_keys(self) -> Sequence[bytes]:
        """The keys of `changes` in order, sorted when first asked for."""
        if self._keys is None:
            self._keys = sorted(self.changes)
        return self._keys
