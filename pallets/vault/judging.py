"""Who is at fault in a dispute: pure functions of what was sold, delivered and shown."""

from pallets.vault.declarations import BadProof, BadSecret
from pallets.vault.types import ChunkProof, Fault, Order
from runtime.crypto.chunk_cipher import (
    KEY_SIZE,
    compute_key_commit,
    compute_stream_key,
    encrypt_chunk,
)
from runtime.crypto.sealed_box import open_box, public_of_secret
from runtime.frame.ai_types import SealedDataset
from runtime.primitives import Hash
from runtime.tensor.chunks import verify_chunk, verify_chunk_leaf
from runtime.tensor.commitment import BadOpening, compute_leaf


def open_order(order: Order, once_sk: bytes, key_commit: Hash) -> bytes | Fault:
    """The key in an order's box, or what is wrong with the box. `BadSecret`."""
    if public_of_secret(once_sk) != order.once_pk:
        raise BadSecret
    assert order.sealed_box is not None, "what is disputed was delivered; qed"
    key = open_box(order.sealed_box, once_sk)
    if key is None or len(key) != KEY_SIZE:
        return Fault.BAD_BOX
    return key if compute_key_commit(key) == key_commit else Fault.WRONG_KEY


def find_chunk_fault(key: bytes, sold: SealedDataset, proof: ChunkProof) -> Fault | None:
    """Whether a chunk decrypts to something else than its leaf says. `BadProof`."""
    try:
        verify_chunk(sold.cipher_root, sold.size_bytes, proof.index, proof.chunk, proof.cipher_path)
        verify_chunk_leaf(
            sold.plain_root, sold.size_bytes, proof.index, proof.leaf, proof.plain_path
        )
    except BadOpening as error:
        raise BadProof(str(error)) from error
    stream_key = compute_stream_key(key, sold.plain_root)
    plain = encrypt_chunk(stream_key, proof.index, proof.chunk)
    return None if compute_leaf(plain) == proof.leaf else Fault.WRONG_CHUNK
