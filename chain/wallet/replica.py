"""Ciphertexts of a file to be kept by others, no two alike: `soberana store put --key-file`.

    "soberana replica" || 32 bytes of salt || 16 bytes that tell a wrong key || the encrypted chunks

The chunks are encrypted as those of data that is sold, with the salt in the place of the plain root
(docs/spec/vault.md). Nothing here proves the bytes: a replica is known by its chunk root.
"""

import os
from pathlib import Path
from typing import Final

from chain.wallet.errors import WalletError
from runtime.crypto.chunk_cipher import KEY_SIZE, compute_stream_key, encrypt_chunk
from runtime.crypto.hashing import blake2_256
from runtime.tensor.chunks import CHUNK_BYTES

MAGIC: Final = b"soberana replica"
SALT_BYTES: Final = 32
CHECK_BYTES: Final = 16
HEADER_BYTES: Final = len(MAGIC) + SALT_BYTES + CHECK_BYTES


class BadReplica(WalletError):
    """The bytes are no replica, or not one of this key."""


def encrypt_replica(key: bytes, salt: bytes, data: bytes) -> bytes:
    """A ciphertext of the data; another salt makes another one."""
    stream_key = compute_stream_key(key, salt)
    return MAGIC + salt + _compute_check(stream_key) + _apply(stream_key, data)


def decrypt_replica(key: bytes, replica: bytes) -> bytes:
    """The data again. `BadReplica`."""
    if len(replica) < HEADER_BYTES or not replica.startswith(MAGIC):
        raise BadReplica("expected an encrypted replica, got other bytes")
    salt = replica[len(MAGIC) : len(MAGIC) + SALT_BYTES]
    stream_key = compute_stream_key(key, salt)
    if replica[HEADER_BYTES - CHECK_BYTES : HEADER_BYTES] != _compute_check(stream_key):
        raise BadReplica("expected a replica of this key, got one of another")
    return _apply(stream_key, replica[HEADER_BYTES:])


def make_key_file(path: Path) -> None:
    """Writes a new key that only its owner can read, unless there is a file. `WalletError`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(KEY_SIZE))


def load_key_file(path: Path) -> bytes:
    """The key of a file. `WalletError`."""
    try:
        key = path.read_bytes()
    except OSError as error:
        raise WalletError(f"{path}: cannot be read: {error.strerror}") from error
    if len(key) != KEY_SIZE:
        raise WalletError(f"{path}: expected a key of {KEY_SIZE} bytes, got {len(key)}")
    return key


def _compute_check(stream_key: bytes) -> bytes:
    return blake2_256(b"soberana/replica/check/v1" + stream_key)[:CHECK_BYTES]


def _apply(stream_key: bytes, data: bytes) -> bytes:
    starts = range(0, len(data), CHUNK_BYTES)
    return b"".join(
        encrypt_chunk(stream_key, index, data[start : start + CHUNK_BYTES])
        for index, start in enumerate(starts)
    )
