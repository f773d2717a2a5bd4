"""The cipher of data that is sold: ChaCha20 (RFC 8439), each chunk on its own (docs/spec/vault.md).

    commit = BLAKE2b-256("soberana/sale/key/v1" || key)
    stream = BLAKE2b-256("soberana/sale/stream/v1" || key || plain root)
    chunk i = ChaCha20(stream, nonce u64 i || u32 0, counter from 1) XOR the plain chunk

There is no tag: roots commit to plain and cipher chunks, and whoever holds the key can show that
one is not the other. The plain root in the stream's key keeps a key that is used again from
encrypting two texts with one stream.
"""

from nacl.bindings import crypto_aead_chacha20poly1305_ietf_encrypt

from runtime.crypto.hashing import blake2_256

KEY_SIZE = 32
ROOT_SIZE = 32
COMMIT_DOMAIN = b"soberana/sale/key/v1"
STREAM_DOMAIN = b"soberana/sale/stream/v1"


def compute_key_commit(key: bytes) -> bytes:
    """What a listing says of its key."""
    _ensure_size("key", key, KEY_SIZE)
    return blake2_256(COMMIT_DOMAIN + key)


def compute_stream_key(key: bytes, plain_root: bytes) -> bytes:
    """The key of the stream for one dataset."""
    _ensure_size("key", key, KEY_SIZE)
    _ensure_size("root", plain_root, ROOT_SIZE)
    return blake2_256(STREAM_DOMAIN + key + plain_root)


def encrypt_chunk(stream_key: bytes, index: int, chunk: bytes) -> bytes:
    """One chunk encrypted; of an encrypted one, the plain chunk: the two are the same."""
    # The AEAD of RFC 8439 begins its stream at block 1 and puts its tag behind, which is cut off.
    nonce = index.to_bytes(8, "little") + bytes(4)
    return crypto_aead_chacha20poly1305_ietf_encrypt(chunk, None, nonce, stream_key)[: len(chunk)]


def _ensure_size(what: str, data: bytes, size: int) -> None:
    if len(data) != size:
        raise ValueError(f"a {what} has {size} bytes, got {len(data)}")
