"""What the registry stores: records, their versions with typed bodies, and blobs."""

from collections.abc import Sequence
from enum import IntEnum, nonmember
from itertools import pairwise
from typing import Annotated, ClassVar, TypeAlias, TypeVar

from runtime.codec import U8, U16, U32, U64, Compact, MaxLen, Name, variant
from runtime.frame.ai_types import (
    BLOB_BYTES_MAX,
    GRAPH_BYTES_MAX,
    ROYALTY_SHARES_MAX,
    TENSORS_MAX,
    JobKind,
    RecordKind,
    TensorInfo,
)
from runtime.frozen import frozen, replace
from runtime.primitives import UNIT, AccountId, Balance, BlockNumber, Bps, Hash, Id, Root

Ordered = TypeVar("Ordered", str, int)

PARENTS_MAX = 8
VERSIONS_MAX = 8
"""Versions of a record that are kept; the oldest that no job needs makes room for a new one."""

TTL_BLOCKS_MAX = 100_000
CHUNK_BYTES = 1_024
"""A dataset is addressed in chunks of this size."""

PARALLEL_MAX = 1_024
ENDPOINT_BYTES_MAX = 128
ATTRIBUTES_MAX = 16

BLOCK_BLOB_BYTES = 4 * BLOB_BYTES_MAX
"""Blobs that one block takes, all together, until governance sets another number."""

ENTRY_OVERHEAD_BYTES = 128
"""What the deposit of a blob or an attestation pays for beside its bytes."""

RECORD_DEPOSIT = 5 * UNIT
BYTE_DEPOSIT = UNIT // 1_000


class Availability(IntEnum):
    """Where a model's tensors are."""

    SCALE_PATH = nonmember("pallet_registry::types::Availability")

    ON_CHAIN = 0
    """In blobs: everybody can run it."""

    CONTENT = 1
    """With whoever serves the manifest; only the roots are here."""


@variant(0)
@frozen
class Model:
    """An i8graph with its tensors."""

    graph: Annotated[bytes, MaxLen(GRAPH_BYTES_MAX)]
    tensors: Annotated[tuple[TensorInfo, ...], MaxLen(TENSORS_MAX)]
    """In the order and shape in which the graph declares them."""

    macs_per_row: Compact[U64]
    avail: Availability


@variant(1)
@frozen
class Dataset:
    """Data by its roots: what it is, never the data itself."""

    plain_root: Root
    cipher_root: Root | None
    key_commit: Hash | None
    items: Compact[U64]
    chunk_bytes: Compact[U32]
    size_bytes: Compact[U64]
    schema_hash: Hash
    gold_commit: Hash | None
    """Commits to the hidden labels by which labellers are judged."""


@frozen
class Attribute:
    """One thing a provider says of itself: `gpu`, `vram_gib`, `region` …."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Attribute"

    name: Annotated[str, MaxLen(16)]
    value: Annotated[str, MaxLen(64)]


Attributes: TypeAlias = Annotated[tuple[Attribute, ...], MaxLen(ATTRIBUTES_MAX)]
"""In the order of their names, each once."""


@frozen
class KindPrice:
    """The least a provider asks for one unit of a kind of job."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::KindPrice"

    kind: JobKind
    unit_price: Compact[Balance]


@variant(2)
@frozen
class Provider:
    """Somebody with machines."""

    endpoint: Annotated[str, MaxLen(ENDPOINT_BYTES_MAX)]
    attributes: Attributes
    prices: Annotated[tuple[KindPrice, ...], MaxLen(len(JobKind))]
    """The kinds of jobs it takes, in their order, each once."""

    max_parallel: Compact[U16]


Body: TypeAlias = Annotated[Model | Dataset | Provider, Name("pallet_registry::types::Body")]
"""A variant's index is its `RecordKind`."""

BODY_KINDS: dict[type, RecordKind] = {
    Model: RecordKind.MODEL,
    Dataset: RecordKind.DATASET,
    Provider: RecordKind.PROVIDER,
}


class Relation(IntEnum):
    """What a record owes a parent."""

    SCALE_PATH = nonmember("pallet_registry::types::Relation")

    TRAINED_ON = 0
    FINETUNED_FROM = 1
    DERIVED_FROM = 2
    LABELLED_BY = 3
    EVALUATED_ON = 4
    USES = 5


@frozen
class Parent:
    """A record this one comes from, and the part of each settlement that is passed on to it."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Parent"

    record: Compact[Id]
    relation: Relation
    bps: Bps


Parents: TypeAlias = Annotated[tuple[Parent, ...], MaxLen(PARENTS_MAX)]


@frozen
class Share:
    """A record's part of each settlement, and how many generations up it is."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Share"

    record: Compact[Id]
    bps: Bps
    generation: U8


Shares: TypeAlias = Annotated[tuple[Share, ...], MaxLen(ROYALTY_SHARES_MAX)]
"""All royalties of one version, fanned out; in the order of the records, each once."""


@frozen
class Version:
    """One version of a record; what is registered never changes, a new version follows it."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Version"

    body: Body
    manifest_root: Root
    parents: Parents
    royalty_bps: Bps
    """The owner's own part of each settlement."""

    shares: Shares
    created_at: BlockNumber
    payer: AccountId
    """Who pays for the blobs it needs: the owner at that time."""

    deposit: Balance = 0
    jobs: U32 = 0
    """How many jobs need it."""

    def note_jobs(self, change: int) -> "Version":
        """The version with so many more jobs that need it, or less if it is below zero."""
        return replace(self, jobs=self.jobs + change)


class RecordState(IntEnum):
    """Whether a record can be used, beside its expiry."""

    SCALE_PATH = nonmember("pallet_registry::types::RecordState")

    ACTIVE = 0
    RETIRED = 1
    FROZEN = 2


@frozen
class Record:
    """The identity of an AI thing."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Record"

    kind: RecordKind
    owner: AccountId
    state: RecordState
    version: U32
    """The current one, counted from 1."""

    kept: U8
    """How many versions are kept."""

    ttl: BlockNumber
    expires_at: BlockNumber
    """From this block on it cannot be hired, until a heartbeat."""

    deposit: Balance
    """What its owner has on hold for it and all its versions."""


@frozen
class Attestation:
    """What an auditor says of a record, for a time."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::Attestation"

    attributes: Attributes
    owner: AccountId
    """Whose the record was: of another owner's it says nothing."""

    expires_at: BlockNumber
    deposit: Balance = 0


BlobContent: TypeAlias = Annotated[bytes, MaxLen(BLOB_BYTES_MAX)]


@frozen
class BlobUse:
    """Who keeps a blob in the state."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::BlobUse"

    payers: U32 = 0
    jobs: U32 = 0
    """How many jobs need it: the last payer cannot leave before they end."""


@frozen
class BlobStake:
    """One payer's part in a blob: everybody who puts the same bytes pays, and may leave."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::BlobStake"

    deposit: Balance
    versions: U32 = 0
    """How many versions of the payer's records need it."""


def is_ascending(names: Sequence[Ordered]) -> bool:
    """Whether names or numbers are in order, each once."""
    return all(before < after for before, after in pairwise(names))
