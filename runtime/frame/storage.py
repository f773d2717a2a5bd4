"""Typed storage: `total: StorageValue[Balance] = value(default=0)` in a pallet's class body.

A declaration becomes a `StorageSpec` when the class is made, and a storage object bound to one
state when a pallet is made. Keys are Substrate's: twox128(pallet) ++ twox128(item) ++ hashed
keys.
"""

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from runtime.codec.codec import AnyCodec
from runtime.errors import CodecError, CorruptState
from runtime.frame.hashers import Hasher
from runtime.frozen import frozen
from runtime.state.externalities import Externalities

K = TypeVar("K")
V = TypeVar("V")

SMALL_BYTES, REMEMBERED = 1_024, 256
"""How large values are that an item remembers decoded, and how many of them."""


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

    def get_default_bytes(self) -> bytes:
        """What metadata gives as the default: the encoded value, or a single zero byte."""
        return b"\x00" if self.default is NO_DEFAULT else self.value.encode(self.default)

    def __post_init__(self) -> None:
        known = lru_cache(maxsize=REMEMBERED)(self.value.decode)
        object.__setattr__(self, "remembered", known)

    def decode(self, raw: bytes) -> Any:
        """A value read from the state; `CorruptState` for one that does not decode.

        Small values used last are remembered from block to block: they never change.
        """
        try:
            return self.remembered(raw) if len(raw) <= SMALL_BYTES else self.value.decode(raw)
        except CodecError as error:
            raise CorruptState(f"{self.name}: the state is corrupt: {error}") from error


def value(*, default: Any = NO_DEFAULT) -> Any:
    """Declares a single value; without a default it is optional."""
    return StorageDeclaration((), default)


def mapping(*hashers: Hasher, default: Any = NO_DEFAULT) -> Any:
    """Declares a map, a hasher a key: with two the map's key type is a tuple of two."""
    if not hashers:
        raise TypeError("a map needs a hasher for each of its keys")
    return StorageDeclaration(hashers, default)


class StorageValue(Generic[V]):
    """A single value in one state; what was decoded last is remembered with its bytes."""

    __slots__ = ("_decoded", "_spec", "_state", "key")

    def __init__(self, state: Externalities, spec: StorageSpec) -> None:
        self._state = state
        self._spec = spec
        self._decoded: tuple[bytes, V] | None = None
        self.key = spec.prefix

    def get(self) -> V:
        """The stored value, or the default."""
        raw = self._state.get(self.key)
        if raw is None:
            default = self._spec.default
            return cast("V", None if default is NO_DEFAULT else default)
        known = self._decoded
        if known is None or known[0] != raw:
            known = self._decoded = raw, cast("V", self._spec.decode(raw))
        return known[1]

    def put(self, new: V) -> None:
        """Stores a value."""
        raw = self._spec.value.encode(new)
        self._decoded = raw, new
        self._state.put(self.key, raw)

    def kill(self) -> None:
        """Removes the value."""
        self._state.delete(self.key)

    def is_set(self) -> bool:
        """Whether a value is stored."""
        return self._state.get(self.key) is not None


class StorageMap(Generic[K, V]):
    """A map in one state; its order of iteration is that of the hashed keys.

    It remembers the keys it hashed and the values it decoded: an account is read a dozen times in
    one transfer. It lives as long as its runtime, for one block.
    """

    __slots__ = ("_decoded", "_encode", "_hashed", "_spec", "_state")

    def __init__(self, state: Externalities, spec: StorageSpec) -> None:
        self._state = state
        self._spec = spec
        self._encode = spec.value.encode
        self._hashed: dict[K, bytes] = {}
        self._decoded: dict[bytes, tuple[bytes, V]] = {}

    def get_key(self, key: K) -> bytes:
        """The full storage key."""
        found = self._hashed.get(key)
        if found is None:
            found = self._hashed[key] = self._hash_key(key)
        return found

    def _hash_key(self, key: K) -> bytes:
        spec = self._spec
        if len(spec.keys) == 1:
            return spec.prefix + spec.hashers[0].hash_key(spec.keys[0].encode(key))
        parts = cast("tuple[Any, ...]", key)
        if len(parts) != len(spec.keys):
            raise TypeError(f"{spec.name}: expected {len(spec.keys)} keys, got {len(parts)}")
        return spec.prefix + _hash_parts(spec, parts)

    def __getitem__(self, key: K) -> V:
        at = self.get_key(key)
        raw = self._state.get(at)
        if raw is not None:
            return self._decode(at, raw)
        if self._spec.default is NO_DEFAULT:
            raise KeyError(f"{self._spec.name}: no {key!r}; ask with get() where it may be absent")
        return cast("V", self._spec.default)

    def get(self, key: K) -> V | None:
        """The stored value, or None where there is none, whatever the default."""
        at = self.get_key(key)
        raw = self._state.get(at)
        return None if raw is None else self._decode(at, raw)

    def __setitem__(self, key: K, new: V) -> None:
        at, raw = self.get_key(key), self._encode(new)
        self._decoded[at] = (raw, new)
        self._state.put(at, raw)

    def __delitem__(self, key: K) -> None:
        self._state.delete(self.get_key(key))

    def __contains__(self, key: K) -> bool:
        return self._state.get(self.get_key(key)) is not None

    def items(self, *first_keys: Any) -> Iterator[tuple[K, V]]:
        """Every entry, or those below some first keys; the caller bounds the iteration.

        Entries may be changed and removed while iterating.
        """
        spec = self._spec
        if len(first_keys) >= len(spec.keys):
            raise TypeError(f"{spec.name}: {len(first_keys)} keys leave nothing to iterate over")
        prefix = spec.prefix + _hash_parts(spec, first_keys)
        at = prefix
        while True:
            following = self._state.next_key(at)
            if following is None or not following.startswith(prefix):
                return
            at = following
            raw = self._state.get(at)
            assert raw is not None, "next_key returned a key that has a value; qed"
            yield self._read_key(at), self._decode(at, raw)

    def keys(self, *first_keys: Any) -> Iterator[K]:
        """The keys of `items`."""
        for key, _ in self.items(*first_keys):
            yield key

    def _decode(self, at: bytes, raw: bytes) -> V:
        """The value of these bytes, shared with whoever read them before: values never change."""
        known = self._decoded.get(at)
        if known is not None and known[0] == raw:
            return known[1]
        decoded = cast("V", self._spec.decode(raw))
        self._decoded[at] = (raw, decoded)
        return decoded

    def _read_key(self, key: bytes) -> K:
        spec, offset = self._spec, len(self._spec.prefix)
        parts: list[Any] = []
        for hasher, codec in zip(spec.hashers, spec.keys, strict=True):
            if hasher.prefix_size is None:
                raise TypeError(f"{spec.name}: {hasher.name} keys cannot be read back")
            part, offset = codec.decode_from(key, offset + hasher.prefix_size)
            parts.append(part)
        return cast("K", parts[0] if len(parts) == 1 else tuple(parts))


def _hash_parts(spec: StorageSpec, parts: tuple[Any, ...]) -> bytes:
    pairs = zip(spec.hashers, spec.keys, parts, strict=False)
    return b"".join(hasher.hash_key(codec.encode(part)) for hasher, codec, part in pairs)
