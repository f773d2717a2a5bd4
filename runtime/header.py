"""Block headers and their digests, as every Substrate client knows them."""

from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U32, Array, Compact, MaxLen, Name, codec_of, variant
from runtime.crypto.hashing import blake2_256
from runtime.frozen import frozen, replace
from runtime.primitives import BlockNumber, Hash

DIGEST_ITEM_BYTES_MAX = 4096
DIGEST_ITEMS_MAX = 16

EngineId: TypeAlias = Annotated[bytes, Array(4), Name("ConsensusEngineId")]
DigestData: TypeAlias = Annotated[bytes, MaxLen(DIGEST_ITEM_BYTES_MAX)]


@variant(0, unnamed=True)
@frozen
class Other:
    """Bytes of no meaning to consensus."""

    data: DigestData


@variant(4, unnamed=True)
@frozen
class Consensus:
    """A message from the runtime to the consensus engine."""

    engine: EngineId
    data: DigestData


@variant(5, unnamed=True)
@frozen
class Seal:
    """The proof that the block was paid for; outside of what it proves, inside the block's hash."""

    engine: EngineId
    data: DigestData


@variant(6, unnamed=True)
@frozen
class PreRuntime:
    """A message from the consensus engine to the runtime."""

    engine: EngineId
    data: DigestData


@variant(8)
@frozen
class RuntimeEnvironmentUpdated:
    """The runtime's code or environment changed in this block."""


DigestItem: TypeAlias = Annotated[
    Other | Consensus | Seal | PreRuntime | RuntimeEnvironmentUpdated,
    Name("sp_runtime::generic::digest::DigestItem"),
]


@frozen
class Digest:
    """A header's log of items."""

    SCALE_PATH: ClassVar[str] = "sp_runtime::generic::digest::Digest"

    logs: Annotated[tuple[DigestItem, ...], MaxLen(DIGEST_ITEMS_MAX)] = ()


@frozen
class Header:
    """The five fields of a block's header; its hash names the block."""

    SCALE_PATH: ClassVar[str] = "sp_runtime::generic::header::Header"

    parent_hash: Hash
    number: Compact[BlockNumber]
    state_root: Hash
    extrinsics_root: Hash
    digest: Digest = Digest()

    def compute_hash(self) -> Hash:
        """The block's hash: blake2b-256 of the encoded header."""
        return Hash(blake2_256(HEADER.encode(self)))


HEADER = codec_of(Header)
_EXTRINSIC_COUNT = codec_of(U32)


def strip_seals(header: Header) -> Header:
    """The header as it was executed: seals come after execution."""
    logs = tuple(item for item in header.digest.logs if not isinstance(item, Seal))
    return replace(header, digest=Digest(logs))


def compute_pre_hash(header: Header) -> Hash:
    """What a seal proves work for: the hash of the header without its seals."""
    return strip_seals(header).compute_hash()


def compute_extrinsics_root(extrinsics: tuple[bytes, ...]) -> Hash:
    """A Merkle root over the extrinsics' hashes in order, bound to their number.

    Leaves are blake2b-256 of ``00 ++ extrinsic``, nodes of ``01 ++ left ++ right``; an odd node
    rises unchanged; the root is blake2b-256 of ``02 ++ count as u32 ++ top``.
    """
    level = [blake2_256(b"\x00" + extrinsic) for extrinsic in extrinsics] or [bytes(32)]
    while len(level) > 1:
        odd = [level[-1]] if len(level) & 1 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [blake2_256(b"\x01" + left + right) for left, right in pairs] + odd
    return Hash(blake2_256(b"\x02" + _EXTRINSIC_COUNT.encode(len(extrinsics)) + level[0]))
