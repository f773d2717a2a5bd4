"""What the leases pallet stores and what its calls are given."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, U32, U64, Compact, MaxLen, Name, variant
from runtime.crypto.hashing import blake2_256
from runtime.frame.ai_types import HashDuty, JobKind, Role
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id, Root
from runtime.tensor.chunks import CHUNK_BYTES
from runtime.tensor.commitment import MerklePath

TERM_BLOCKS_MAX = 100_000
"""The longest of every time that an offer names."""

PROOF_BLOCKS_MAX = 1_000
"""The longest window of an audit; the hash of its block is known for much longer."""

DRAWS_MAX = 32
"""Chunks of one audit: with the longest paths they still fit in one transaction."""

MISSES_MAX = 3
"""The audit whose miss ends a lease."""

STORAGE_UNIT_BYTES = 1 << 20
"""What one unit of storage is: a replica of less pays for all of it."""


@variant(0)
@frozen
class MachineTerms:
    """Machines: the tenant accepts the work, and its silence accepts it too."""

    review_blocks: Compact[BlockNumber]
    """What is so old is paid unless the tenant disputes the lease."""


@variant(1)
@frozen
class StorageTerms:
    """Storage: each window is paid once some chunks of the replica were shown."""

    proof_every: Compact[BlockNumber]
    """The length of a window; its last block's hash draws the chunks."""

    proof_blocks: Compact[BlockNumber]
    """How long after that block the provider may answer."""

    draws: U8
    """How many chunks are drawn."""


LeaseTerms: TypeAlias = Annotated[
    MachineTerms | StorageTerms, Name("pallet_leases::types::LeaseTerms")
]


@variant(0)
@frozen
class Machines:
    """So many machines as the provider's record describes."""

    count: Compact[U32]

    @property
    def units(self) -> int:
        """What it takes of an offer."""
        return self.count


@variant(1)
@frozen
class Replica:
    """Bytes to be kept, by their chunk root (`docs/spec/storage.md`); usually a ciphertext."""

    root: Root
    size_bytes: Compact[U64]

    @property
    def units(self) -> int:
        """What it takes of an offer."""
        return -(-self.size_bytes // STORAGE_UNIT_BYTES)


Subject: TypeAlias = Annotated[Machines | Replica, Name("pallet_leases::types::Subject")]


@frozen
class Opening:
    """One chunk of a replica with the path that proves it."""

    SCALE_PATH: ClassVar[str] = "pallet_leases::types::Opening"

    chunk: Annotated[bytes, MaxLen(CHUNK_BYTES)]
    path: MerklePath


Openings: TypeAlias = Annotated[tuple[Opening, ...], MaxLen(DRAWS_MAX)]


@frozen
class Offer:
    """What a provider lets; never changed, so that whoever takes it knows what it gets."""

    SCALE_PATH: ClassVar[str] = "pallet_leases::types::Offer"

    owner: AccountId
    record: Id
    """The provider's record, whose attributes say what is let."""

    terms: LeaseTerms
    unit_rate: Balance
    """For one machine, or one started MiB, and one block."""

    min_blocks: BlockNumber
    """A tenant who leaves earlier pays for so many."""

    notice_blocks: BlockNumber
    """How long the provider goes on after it has reclaimed."""

    capacity: U32
    """How many units are let at a time."""

    taken: U32
    deposit: Balance

    @property
    def kind(self) -> JobKind:
        """The kind of job that the provider's record must name."""
        return JobKind.STORE if isinstance(self.terms, StorageTerms) else JobKind.RENT


class CloseReason(IntEnum):
    """Why a lease ended."""

    SCALE_PATH = nonmember("pallet_leases::types::CloseReason")

    TENANT = 0
    OVERDRAWN = 1
    RECLAIMED = 2
    EXPIRED = 3
    """The provider did not accept it in time."""

    DECLINED = 4
    DISPUTED = 5
    LAPSED = 6
    """The provider's record was no longer alive."""

    FAULTY = 7
    """Too many audits were missed."""


@frozen
class Lease:
    """One lease, from its start until it is closed."""

    SCALE_PATH: ClassVar[str] = "pallet_leases::types::Lease"

    offer: Id
    record: Id
    tenant: AccountId
    provider: AccountId
    subject: Subject
    terms: LeaseTerms
    rate: Balance
    """For one block, all units together."""

    min_blocks: BlockNumber
    notice_blocks: BlockNumber
    started_at: BlockNumber
    deposit: Balance
    funded: Balance
    """What the tenant has put in, top-ups included."""

    balance: Balance
    """What of that is left."""

    accepted_at: BlockNumber | None = None
    """When the provider took it on; it pays from there."""

    bond: Balance = 0
    """The provider's collateral that is locked for it."""

    settled_at: BlockNumber = 0
    """Everything up to this block is paid, or was missed."""

    paid_blocks: U32 = 0
    paid: Balance = 0
    misses: U8 = 0
    misses_max: U8 = MISSES_MAX
    """So many end it; never more than its notice is long enough for."""

    ends_at: BlockNumber | None = None
    """When it ends because the provider reclaims it."""

    @property
    def kind(self) -> JobKind:
        """What kind of job it is."""
        return JobKind.STORE if isinstance(self.terms, StorageTerms) else JobKind.RENT

    @property
    def role(self) -> Role:
        """The bond that answers for it."""
        return Role.STORAGE if isinstance(self.terms, StorageTerms) else Role.PROVIDER

    @property
    def step_blocks(self) -> int:
        """What is paid at a time: a block of machines, a proven window of storage."""
        return self.terms.proof_every if isinstance(self.terms, StorageTerms) else 1

    @property
    def funded_until(self) -> int:
        """The last block for which the balance lasts; paying does not move it, a miss does."""
        step = self.step_blocks
        return self.settled_at + self.balance // (self.rate * step) * step

    @property
    def end(self) -> int:
        """The last block that it pays for."""
        return self.funded_until if self.ends_at is None else min(self.ends_at, self.funded_until)

    @property
    def audit_at(self) -> int:
        """The block whose hash draws the next chunks, if it is one of storage."""
        return self.settled_at + self.step_blocks


def compute_duty(lease: int) -> HashDuty:
    """What the provider's collateral is locked for."""
    return HashDuty(Hash(blake2_256(b"soberana/lease/v1" + lease.to_bytes(8, "little"))))


@frozen
class LeaseParams:
    """The parameters of leases; shares in basis points of what is paid."""

    SCALE_PATH: ClassVar[str] = "pallet_leases::types::LeaseParams"

    treasury: AccountId
    burn_bps: Bps = 1_000
    treasury_bps: Bps = 200
    bond_min: Balance = 0
    bond_blocks: BlockNumber = 1_000
    """Collateral for a lease is what it pays in so many blocks, at least `bond_min`."""

    offer_deposit: Balance = 0
    lease_deposit: Balance = 0
    accept_blocks: BlockNumber = 600
    """A lease that its provider has not accepted by then is over."""
