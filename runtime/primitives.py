"""The runtime's common types, named as Substrate names them."""

from typing import Annotated, ClassVar, Self, TypeAlias

from runtime.codec import U16, U32, U64, U128, Compact, FixedBytes, Name
from runtime.frozen import frozen


class AccountId(FixedBytes):
    """An account: an ed25519 or sr25519 public key."""

    LENGTH: ClassVar[int] = 32
    SCALE_PATH: ClassVar[str] = "sp_core::crypto::AccountId32"


class Hash(FixedBytes):
    """A 32-byte hash, blake2b-256 unless said otherwise."""

    LENGTH: ClassVar[int] = 32
    SCALE_PATH: ClassVar[str] = "primitive_types::H256"


class Root(Hash):
    """A BLAKE3 commitment to a matrix, a blob or a list."""


Balance: TypeAlias = Annotated[U128, Name("Balance")]
BlockNumber: TypeAlias = Annotated[U32, Name("BlockNumber")]
Nonce: TypeAlias = Annotated[U32, Name("Nonce")]
Moment: TypeAlias = Annotated[U64, Name("Moment")]
Id: TypeAlias = Annotated[U64, Name("Id")]
Bps: TypeAlias = Annotated[U16, Name("Bps")]

UNIT = 10**12
"""One SBR in planck."""

BPS = 10_000
"""One whole in basis points."""


@frozen
class Weight:
    """What executing something costs: picoseconds of the reference machine, and proof bytes."""

    SCALE_PATH: ClassVar[str] = "sp_weights::weight_v2::Weight"

    ref_time: Compact[U64] = 0
    proof_size: Compact[U64] = 0

    def __add__(self, other: Self) -> "Weight":
        return Weight(self.ref_time + other.ref_time, self.proof_size + other.proof_size)

    def __mul__(self, count: int) -> "Weight":
        return Weight(self.ref_time * count, self.proof_size * count)

    def is_within(self, limit: Self) -> bool:
        """Whether neither part exceeds the limit's."""
        return self.ref_time <= limit.ref_time and self.proof_size <= limit.proof_size

    def has_room(self, more: Self, limit: Self) -> bool:
        """Whether this and more together are within the limit."""
        return (
            self.ref_time + more.ref_time <= limit.ref_time
            and self.proof_size + more.proof_size <= limit.proof_size
        )
