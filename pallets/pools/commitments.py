"""What contributors and owners bind themselves to before anybody shows anything.

A commitment names the chain, the pool or its base, and the account: copied by another account, or
used in another place, it can never be opened.
"""

from runtime.crypto.hashing import blake2_256
from runtime.primitives import AccountId, Hash, Root

SHARD_TAG = b"soberana/pool/shard"
VALIDATION_TAG = b"soberana/pool/validation"


def compute_shard_commitment(
    genesis: Hash, number: int, who: AccountId, shard: Root, salt: bytes
) -> Hash:
    """blake2b-256 of tag, genesis, pool u64 little endian, contributor, blob root, salt."""
    place = number.to_bytes(8, "little")
    return Hash(blake2_256(b"".join((SHARD_TAG, genesis, place, who, shard, salt))))


def compute_validation_commitment(
    genesis: Hash, owner: AccountId, base: Root, validation: Root, salt: bytes
) -> Hash:
    """blake2b-256 of tag, genesis, owner, root of the base, root of the hidden examples, salt.

    A pool has no number yet when its validation set is committed to.
    """
    return Hash(blake2_256(b"".join((VALIDATION_TAG, genesis, owner, base, validation, salt))))


def get_pot(number: int) -> AccountId:
    """The account in which a pool's shares wait for their contributors; nobody has its key."""
    return AccountId((b"modlpy/pools" + number.to_bytes(8, "little")).ljust(32, b"\0"))
