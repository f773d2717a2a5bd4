"""Typed storage: `total: StorageValue[Balance] = value(default=0)` in a pallet's class body.

A declaration becomes a `StorageSpec` when the class is made, and a storage object bound to one
state when a pallet is made. Keys are Substrate's: twox128(pallet) ++ twox128(item) ++ hashed
keys.
"""

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from runtime.codec.cell import ABSENT, UNDECODED, Cell
from runtime.codec.codec import AnyCodec
from runtime.errors import CodecError, CorruptState
from runtime.frame.hashers import Hasher
from runtime.frozen import frozen
from runtime.state.externalities import Externalities

K = TypeVar("K")
V = TypeVar("V")

SMALL_BYTES, REMEMBERED = 1_024, 256
"""How large values are that an item remembers decoded, and how many of them."""

KEYS_REMEMBERED = 1_024
"""How many keys an item remembers hashed."""


@frozen
class NoDefault:
    """The item is optional: absent means None."""


NO_DEFAULT = NoDefault()


@frozen
class StorageDeclaration:
    """What `value` and `mapping` leave in the class body for the pallet to compile."""

    hashers: tuple[Hasher, ...]
    default: Any


@frozen
class StorageSpec:
    """One storage item of a pallet, compiled."""

    attribute: str
    name: str
    """Its name on the wire, in Pascal case."""

    prefix: bytes
    """The 32 bytes with which all its keys begin."""

    hashers: tuple[Hasher, ...]
    keys: tuple[AnyCodec, ...]
    value: AnyCodec
    default: Any
    remembered: Any = field(init=False, compare=False, repr=False)
    hash_key: Any = field(init=False, compare=False, repr=False)
    """The full storage key of a map's key; those used last are remembered from block to block."""

    def get_default_bytes(self) -> bytes:
        """What metadata gives as the default: the encoded value, or a single zero byte."""
        return b"\x00" if self.default is NO_DEFAULT else self.value.encode(self.default)

    def __post_init__(self) -> None:
        known = lru_cache(maxsize=REMEMBERED)(self.value.decode)
        object.__setattr__(self, "remembered", known)
        object.__setattr__(self, "hash_key", lru_cache(maxsize=KEYS_REMEMBERED)(self._hash_key))

    def decode(self, raw: bytes) -> Any:
        """A value read from the state; `CorruptState` for one that does not decode.

        Small values used last are remembered from block to block: they never change.
        """
        try:
            return self.remembered(raw) if len(raw) <= SMALL_BYTES else self.value.decode(raw)
        except CodecError as error:
            raise CorruptState(f"{self.name}: the state is corrupt: {error}") from error

    def decode_cell(self, cell: Cell) -> Any:
        """The value of a cell that holds bytes alone; the cell keeps it, for it never changes."""
        raw = cell.encode()
        assert raw is not None, "what is not decoded yet has bytes; qed"
        cell.value = found = self.decode(raw)
        return found

    def _hash_key(self, key: Any) -> bytes:
        if len(self.keys) == 1:
            return self.prefix + self.hashers[0].hash_key(self.keys[0].encode(key))
        if len(key) != len(self.keys):
            raise TypeError(f"{self.name}: expected {len(self.keys)} keys, got {len(key)}")
        return self.prefix + self.hash_parts(key)

    def hash_parts(self, parts: tuple[Any, ...]) -> bytes:
        """The first of a map's keys, hashed, as they follow the prefix."""
        pairs = zip(self.hashers, self.keys, parts, strict=False)
        return b"".join(hasher.hash_key(codec.encode(part)) for hasher, codec, part in pairs)


def value(*, default: Any = NO_DEFAULT) -> Any:
    """Declares a single value; without a default it is optional."""
    return StorageDeclaration((), default)


def mapping(*hashers: Hasher, default: Any = NO_DEFAULT) -> Any:
    """Declares a map, a hasher a key: with two the map's key type is a tuple of two."""
    if not hashers:
        raise TypeError("a map needs a hasher for each of its keys")
    return StorageDeclaration(hashers, default)


class StorageValue(Generic[V]):
    """A single value in one state."""

    __slots__ = ("_absent", "_encode", "_spec", "_state", "key")

    def __init__(self, state: Externalities, spec: StorageSpec) -> None:
        self._state = state
        self._spec = spec
        self._absent: Any = None if spec.default is NO_DEFAULT else spec.default
        self._encode = spec.value.encode
        self.key = spec.prefix

    def get(self) -> V:
        """The stored value, or the default."""
        cell = self._state.find(self.key)
        if cell is ABSENT:
            found = self._absent
        else:
            found = cell.value
            if found is UNDECODED:
                found = self._spec.decode_cell(cell)
        result: V = found
        return result

    def put(self, new: V) -> None:
        """Stores a value."""
        self._state.write(self.key, Cell(new, None, self._encode))

    def kill(self) -> None:
        """Removes the value."""
        self._state.write(self.key, ABSENT)

    def is_set(self) -> bool:
        """Whether a value is stored."""
        return self._state.find(self.key) is not ABSENT


class StorageMap(Generic[K, V]):
    """A map in one state; its order of iteration is that of the hashed keys.

    It remembers the keys it hashed: an account is read a dozen times in one transfer. It lives as
    long as its runtime, for one block.
    """

    __slots__ = ("_encode", "_hashed", "_spec", "_state")

    def __init__(self, state: Externalities, spec: StorageSpec) -> None:
        self._state = state
        self._spec = spec
        self._encode = spec.value.encode
        self._hashed: dict[K, bytes] = {}

    def get_key(self, key: K) -> bytes:
        """The full storage key."""
        found = self._hashed.get(key)
        if found is None:
            found = self._hashed[key] = self._spec.hash_key(key)
        return found

    def __getitem__(self, key: K) -> V:
        at = self._hashed.get(key)
        cell = self._state.find(self.get_key(key) if at is None else at)
        found = cell.value
        if found is UNDECODED:
            found = self._spec.decode_cell(cell)
        elif cell is ABSENT:
            found = self._spec.default
            if found is NO_DEFAULT:
                name = self._spec.name
                raise KeyError(f"{name}: no {key!r}; ask with get() where it may be absent")
        result: V = found
        return result

    def get(self, key: K) -> V | None:
        """The stored value, or None where there is none, whatever the default."""
        at = self._hashed.get(key)
        cell = self._state.find(self.get_key(key) if at is None else at)
        found = cell.value
        if found is UNDECODED:
            found = self._spec.decode_cell(cell)
        result: V | None = found
        return result

    def __setitem__(self, key: K, new: V) -> None:
        at = self._hashed.get(key)
        self._state.write(self.get_key(key) if at is None else at, Cell(new, None, self._encode))

    def __delitem__(self, key: K) -> None:
        self._state.write(self.get_key(key), ABSENT)

    def __contains__(self, key: K) -> bool:
        return self._state.find(self.get_key(key)) is not ABSENT

    def items(self, *first_keys: Any) -> Iterator[tuple[K, V]]:
        """Every entry, or those below some first keys; the caller bounds the iteration.

        Entries may be changed and removed while iterating.
        """
        spec = self._spec
        if len(first_keys) >= len(spec.keys):
            raise TypeError(f"{spec.name}: {len(first_keys)} keys leave nothing to iterate over")
        prefix = spec.prefix + spec.hash_parts(first_keys)
        at = prefix
        while True:
            following = self._state.next_key(at)
            if following is None or not following.startswith(prefix):
                return
            at = following
            cell = self._state.find(at)
            assert cell is not ABSENT, "next_key returned a key that has a value; qed"
            found = cell.value
            if found is UNDECODED:
                found = spec.decode_cell(cell)
            yield self._read_key(at), found

    def keys(self, *first_keys: Any) -> Iterator[K]:
        """The keys of `items`."""
        for key, _ in self.items(*first_keys):
            yield key

    def _read_key(self, key: bytes) -> K:
        spec, offset = self._spec, len(self._spec.prefix)
        parts: list[Any] = []
        for hasher, codec in zip(spec.hashers, spec.keys, strict=True):
            if hasher.prefix_size is None:
                raise TypeError(f"{spec.name}: {hasher.name} keys cannot be read back")
            part, offset = codec.decode_from(key, offset + hasher.prefix_size)
            parts.append(part)
        return cast("K", parts[0] if len(parts) == 1 else tuple(parts))
