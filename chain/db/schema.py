"""What the keys of the database look like.

A key begins with one letter for its kind; numbers are big-endian, so that they sort.
"""

from dataclasses import dataclass
from typing import Final, Self

from chain.db.store import KeyValueStore, WriteBatch
from chain.errors import DatabaseError, SchemaMismatch

VERSION: Final = 1
"""Of everything below and of the values' encodings; another number is another database."""

STATE: Final = b"s"
"""STATE + storage key: its value in the newest finalised state."""
UNDO: Final = b"u"
"""UNDO + number: what that finalised block's changes replaced."""
HISTORY: Final = b"a"
"""HISTORY + escaped storage key + number: what that finalised block replaced; archives only."""
CANONICAL: Final = b"n"
"""CANONICAL + number: the hash of the finalised block."""
HEADER: Final = b"h"
"""HEADER + hash: the block's number and header."""
BODY: Final = b"b"
"""BODY + hash: the block's extrinsics."""
JUSTIFICATION: Final = b"j"
"""JUSTIFICATION + hash: proof that the block is final."""
WITNESS: Final = b"w"
"""WITNESS + hash: what the block's seal is checked against."""
UNFINALISED: Final = b"o"
"""UNFINALISED + hash: the number and parent of a block that may still lose."""

META_VERSION: Final = b"mversion"
META_GENESIS: Final = b"mgenesis"
META_HEAD: Final = b"mhead"
META_FINALISED: Final = b"mfinalised"
META_ARCHIVE: Final = b"marchive"
"""The first block whose state, and every later one's, the archive has."""

NUMBER_BYTES: Final = 8
NUMBER_MAX: Final = 2**64 - 1


def encode_number(number: int) -> bytes:
    """A number that sorts as bytes."""
    return number.to_bytes(NUMBER_BYTES, "big")


def decode_number(data: bytes) -> int:
    """The number in the first bytes of `data`."""
    return int.from_bytes(data[:NUMBER_BYTES], "big")


def encode_canonical_key(number: int) -> bytes:
    """The key of a finalised block's hash."""
    return CANONICAL + encode_number(number)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A block, by number and hash."""

    number: int
    hash: bytes

    def pack(self) -> bytes:
        """As a value of the database."""
        return encode_number(self.number) + self.hash

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """From a value of the database."""
        return cls(decode_number(data), data[NUMBER_BYTES:])


def is_empty(store: KeyValueStore) -> bool:
    """Whether nothing was ever written."""
    return next(store.iterate(), None) is None


def note_version(batch: WriteBatch) -> None:
    """Marks a new database with the version of this module."""
    batch.put(META_VERSION, encode_number(VERSION))


def ensure_version(store: KeyValueStore) -> None:
    """Raises `SchemaMismatch` unless the database was written with this module's version."""
    found = store.get(META_VERSION)
    if found is None:
        raise DatabaseError(
            "expected a database of this node, got one without a schema version; "
            "choose another --base-path"
        )
    if decode_number(found) != VERSION:
        raise SchemaMismatch(VERSION, decode_number(found))
