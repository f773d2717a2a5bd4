"""What labellers and requesters bind themselves to before anybody shows anything.

A commitment names the chain, the round or the items, and the account: copied by another account, or
used in another place, it can never be opened.
"""

from pallets.rounds.types import Gold, GoldLabel
from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_256
from runtime.frame.ai_types import HashDuty
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.blob import blob_root

ANSWER_TAG = b"soberana/round/answer"
GOLD_TAG = b"soberana/round/gold"
DUTY_TAG = b"soberana/round/seat"

_GOLD = codec_of(Gold)


def compute_answer_commitment(
    genesis: Hash, number: int, who: AccountId, answers: bytes, salt: bytes
) -> Hash:
    """blake2b-256 of tag, genesis, round u64 little endian, labeller, root of answers, salt."""
    place = number.to_bytes(8, "little")
    parts = (ANSWER_TAG, genesis, place, who, blob_root(answers), salt)
    return Hash(blake2_256(b"".join(parts)))


def compute_gold_commitment(
    genesis: Hash, owner: AccountId, items: Root, gold: tuple[GoldLabel, ...], salt: bytes
) -> Hash:
    """blake2b-256 of tag, genesis, requester, the items' root, root of the encoded gold, salt.

    A round has no number yet when its gold is committed to.
    """
    parts = (GOLD_TAG, genesis, owner, items, blob_root(_GOLD.encode(gold)), salt)
    return Hash(blake2_256(b"".join(parts)))


def compute_duty(number: int, who: AccountId) -> HashDuty:
    """What a labeller's bond is locked for."""
    return HashDuty(Hash(blake2_256(DUTY_TAG + number.to_bytes(8, "little") + who)))
