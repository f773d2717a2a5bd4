"""What a block says of its work before it is sealed: the `PreRuntime` item of engine `mpow`."""

from functools import lru_cache

from runtime.codec import I64, U64, U128, U256, codec_of
from runtime.errors import CodecError, InvalidBlock
from runtime.frozen import frozen
from runtime.header import Digest, PreRuntime
from runtime.primitives import AccountId, Hash

ENGINE = b"mpow"


@frozen
class PreDigest:
    """Author, time and difficulty of a block; its seal proves work for all of it."""

    author: AccountId
    time_ms: U64
    target: U256
    """A ticket wins up to this bound for one multiply-accumulate; see `compute_work`."""

    score: U128
    """The chain's accumulated work, this block's included."""

    drift: I64
    """How far the chain is behind its schedule in milliseconds, as cASERT counts it."""

    work_root: Hash
    """blake2b-256 of the block's encoded `WorkSummary`."""


PRE_DIGEST = codec_of(PreDigest)


def compute_work(target: int) -> int:
    """The expected number of multiply-accumulates behind a block of this target."""
    return (1 << 256) // (target + 1)


@lru_cache(maxsize=16)
def get_pre_digest(digest: Digest) -> PreDigest | None:
    """The block's pre-digest, None where it has none (genesis); `InvalidBlock` if malformed.

    Those asked for last are remembered: every fee of a block asks for its author.
    """
    items = [item for item in digest.logs if isinstance(item, PreRuntime) and item.engine == ENGINE]
    if not items:
        return None
    if len(items) > 1:
        raise InvalidBlock(f"digest: expected one pre-digest, got {len(items)}")
    try:
        pre_digest: PreDigest = PRE_DIGEST.decode(items[0].data)
    except CodecError as error:
        raise InvalidBlock(f"digest: {error}") from None
    return pre_digest
