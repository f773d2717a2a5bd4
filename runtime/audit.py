"""What an audit of stored bytes asks for (`docs/spec/storage.md`)."""

from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash
from runtime.tensor.chunks import count_chunks, draw_chunks

SEED_DOMAIN = b"soberana/audit/v1"


def compute_audit_seed(genesis: Hash, lease: int, block_hash: Hash) -> Hash:
    """The seed of one lease's audit by one block's hash; no other lease or chain has it."""
    return Hash(blake2_256(SEED_DOMAIN + genesis + lease.to_bytes(8, "little") + block_hash))


def draw_audit(
    genesis: Hash, lease: int, block_hash: Hash, size_bytes: int, draws: int
) -> tuple[int, ...]:
    """The chunks that a provider has to show, in this order; some may come twice."""
    seed = compute_audit_seed(genesis, lease, block_hash)
    return draw_chunks(seed, count_chunks(size_bytes), draws)
