"""The registry: the one place where a model, a dataset or a provider has an identity.

A record is a number with an owner, an expiry and versions. A version never changes: its body, its
parents and the royalties that follow from them are fixed when it is registered, and it is kept as
long as a job needs it. Everything stored is paid for by a deposit that is returned with it.
"""

from functools import partial
from typing import Annotated, TypeAlias

from pallets.registry.attestations import Attestations
from pallets.registry.blobs import Blobs
from pallets.registry.bodies import count_tensor_bytes, ensure_body
from pallets.registry.declarations import (
    Attested,
    BadBody,
    BadParent,
    BadTtl,
    BlobDropped,
    BlobInUse,
    BlobMissing,
    BlobStored,
    BlobStoredAlready,
    BlobTooBig,
    BlockFull,
    ExpiredRecord,
    Heartbeat,
    NoAttestation,
    NoSuchRecord,
    NotOwner,
    Registered,
    Removed,
    Retired,
    RetiredRecord,
    Revoked,
    RootMismatch,
    RoyaltyTooHigh,
    TooManyShares,
    TooManyVersions,
    Transferred,
    Updated,
    WrongKind,
)
from pallets.registry.invariants import ensure_consistent
from pallets.registry.records import RecordBook, RecordMaps
from pallets.registry.types import (
    BLOCK_BLOB_BYTES,
    BODY_KINDS,
    TTL_BLOCKS_MAX,
    Attestation,
    Attributes,
    BlobContent,
    BlobStake,
    BlobUse,
    Body,
    Dataset,
    Model,
    Parents,
    Provider,
    Record,
    RecordState,
    Version,
)
from pallets.weights import registry as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U32, Compact, MaxLen, encode
from runtime.frame import (
    Constant,
    Origin,
    Pallet,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    identity,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_types import BLOB_BYTES_MAX, ROYALTY_BPS_MAX, RecordKind
from runtime.frame.parameters import FIXED, Param, Parameters, compute_deposit
from runtime.frame.traits import EventSink, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Id, Root, Weight
from runtime.state.externalities import Externalities

UploadedBytes: TypeAlias = Annotated[bytes, MaxLen(BLOCK_BLOB_BYTES)]
"""More than a blob may have, so that a blob that is too big gets an answer."""


def _get_body_weight(body: Model | Dataset | Provider) -> Weight:
    if not isinstance(body, Model):
        return Weight()
    return weights.check_body(len(body.graph), len(body.tensors), count_tensor_bytes(body))


def _register_weight(
    body: Body, manifest_root: Root, parents: Parents, royalty_bps: Bps, ttl: BlockNumber
) -> Weight:
    del manifest_root, royalty_bps, ttl
    return weights.register(len(parents), _get_body_weight(body))


def _update_weight(record: Id, body: Body, manifest_root: Root) -> Weight:
    del record, manifest_root
    return weights.update(_get_body_weight(body))


def _put_blob_weight(content: UploadedBytes) -> Weight:
    return weights.put_blob(len(content))


class Registry(
    Pallet,
    events=Registered
    | Updated
    | Heartbeat
    | Transferred
    | Retired
    | Removed
    | BlobStored
    | BlobDropped
    | Attested
    | Revoked,
    errors=BadBody
    | BadParent
    | RoyaltyTooHigh
    | TooManyShares
    | NoSuchRecord
    | NotOwner
    | ExpiredRecord
    | RetiredRecord
    | WrongKind
    | BadTtl
    | TooManyVersions
    | BlobTooBig
    | BlobMissing
    | BlobStoredAlready
    | BlobInUse
    | BlockFull
    | RootMismatch
    | NoAttestation,
):
    """Records of models, datasets and providers, their provenance and royalties, and blobs."""

    record_deposit: Constant[Balance]
    """On hold for a record."""

    byte_deposit: Constant[Balance]
    """On hold for each byte of a version or a blob."""

    next_id: StorageValue[Id] = value(default=0)
    """The number of the next record."""

    record: StorageMap[Id, Record] = mapping(twox_64_concat)
    """Every record by its number."""

    version: StorageMap[tuple[Id, U32], Version] = mapping(twox_64_concat, twox_64_concat)
    """The versions of each record that are kept."""

    by_owner: StorageMap[tuple[AccountId, Id], RecordKind] = mapping(
        blake2_128_concat, twox_64_concat
    )
    """The records of each account, with their kinds."""

    by_kind: StorageMap[tuple[RecordKind, Id], AccountId] = mapping(twox_64_concat, twox_64_concat)
    """The records of each kind, with their owners."""

    blob: StorageMap[Root, BlobContent] = mapping(identity)
    """Bytes by their root."""

    blob_use: StorageMap[Root, BlobUse] = mapping(identity, default=BlobUse())
    """Who needs each blob."""

    blob_stake: StorageMap[tuple[Root, AccountId], BlobStake] = mapping(identity, blake2_128_concat)
    """Who pays for each blob."""

    attestation: StorageMap[tuple[Id, AccountId], Attestation] = mapping(
        twox_64_concat, blake2_128_concat
    )
    """What auditors say of each record."""

    payee: StorageMap[Id, AccountId] = mapping(twox_64_concat)
    """Who is paid what a record earns, where it is not the owner."""

    block_blob_bytes: StorageValue[U32] = value(default=0)
    """Bytes of blobs in this block so far; removed at its end."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: Money,
        *,
        index: int,
        record_deposit: Balance,
        byte_deposit: Balance,
        parameters: Parameters = FIXED,
    ) -> None:
        super().__init__(state, index=index)
        self.system, self.money = system, money
        self.record_deposit = record_deposit
        self.byte_deposit = byte_deposit
        self._parameters, self._scale = parameters, partial(compute_deposit, parameters)
        self.blobs = Blobs(
            self.blob, self.blob_use, self.blob_stake, money, parameters, byte_deposit
        )
        self._maps = RecordMaps(self.record, self.version, self.by_owner, self.by_kind, self.payee)
        self.records = RecordBook(
            self._maps, self.blobs, system, money, lambda event: system.deposit_event(self, event)
        )
        """What other pallets ask of the registry: the runtime's `Records`."""

        self.attestations = Attestations(
            self.attestation,
            self.records,
            system,
            money,
            parameters,
            byte_deposit,
            lambda event: system.deposit_event(self, event),
        )

    # --- calls

    @call(index=0, weight=_register_weight)
    def register(
        self,
        origin: Origin,
        body: Body,
        manifest_root: Root,
        parents: Parents,
        royalty_bps: Bps,
        ttl: Compact[BlockNumber],
    ) -> None:
        """Registers a model, dataset or provider as the signer's, for so many blocks.

        Every settlement that uses it pays the owner ``royalty_bps`` and each parent its part.
        Origin: signed. Events: `Registered`.
        Errors: `BadTtl`, `BadBody`, `BlobMissing`, `RootMismatch`, `BadParent`, `RoyaltyTooHigh`,
        `TooManyShares`, the ledger's where the deposit is not there.
        """
        owner = origin.ensure_signed()
        if not 1 <= ttl <= TTL_BLOCKS_MAX:
            raise BadTtl
        ensure_body(body, lambda root: self.blobs.get_paid(owner, root))
        number, kind = self.next_id.get(), BODY_KINDS[type(body)]
        cap_bps = self._parameters.get_param(Param.ROYALTY_CAP_BPS, ROYALTY_BPS_MAX)
        shares = self.records.compute_shares(number, royalty_bps, parents, cap_bps)
        version = self._make_version(
            Version(body, manifest_root, parents, royalty_bps, shares, self._get_now(), owner)
        )
        expires_at = self._get_now() + ttl
        deposit = self._scale(self.record_deposit) + version.deposit
        entry = Record(kind, owner, RecordState.ACTIVE, 1, 1, ttl, expires_at, deposit)
        self.records.create(number, entry, version)
        self.next_id.put(number + 1)
        self.system.deposit_event(self, Registered(number, kind, owner, expires_at))

    @call(index=1, weight=_update_weight)
    def update(self, origin: Origin, record: Compact[Id], body: Body, manifest_root: Root) -> None:
        """Gives the signer's record a new version of the same kind; its lineage stays.

        The oldest version that no job needs makes room where there are too many.
        Origin: signed. Events: `Updated`.
        Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`, `ExpiredRecord`, `WrongKind`,
        `BadBody`, `BlobMissing`, `RootMismatch`, `TooManyVersions`, the ledger's where the deposit
        is not there.
        """
        owner = origin.ensure_signed()
        entry = self.records.get_own_live(record, owner)
        if BODY_KINDS[type(body)] is not entry.kind:
            raise WrongKind
        ensure_body(body, lambda root: self.blobs.get_paid(owner, root))
        lineage = self.version[record, entry.version]
        version = self._make_version(
            replace(
                lineage,
                body=body,
                manifest_root=manifest_root,
                created_at=self._get_now(),
                payer=owner,
                jobs=0,
            )
        )
        number = self.records.append(record, version)
        self.system.deposit_event(self, Updated(record, number))

    @call(index=2, weight=weights.HEARTBEAT)
    def heartbeat(self, origin: Origin, record: Compact[Id]) -> None:
        """Shows that the signer's record is alive: it expires its whole time to live from now.

        Origin: signed. Events: `Heartbeat`. Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`.
        """
        entry = self.records.get_own(record, origin.ensure_signed())
        expires_at = self.records.revive(record, entry)
        self.system.deposit_event(self, Heartbeat(record, expires_at))

    @call(index=3, weight=weights.TRANSFER)
    def transfer(self, origin: Origin, record: Compact[Id], to: MultiAddress) -> None:
        """Gives the signer's record away, and its deposit with it.

        Blobs stay with who pays for them.
        Origin: signed. Events: `Transferred`.
        Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`, `ExpiredRecord`, `CannotLookup`, the
        ledger's where the new owner has no balance of its own.
        """
        owner = origin.ensure_signed()
        entry = self.records.get_own_live(record, owner)
        dest = lookup(to)
        self.records.hand_over(record, entry, dest)
        self.system.deposit_event(self, Transferred(record, owner, dest))

    @call(index=4, weight=weights.RETIRE)
    def retire(self, origin: Origin, record: Compact[Id]) -> None:
        """Ends the signer's record for ever; versions that jobs need stay until those end.

        The deposit of what goes is returned at once, the rest with the last job.
        Origin: signed. Events: `Retired`, `Removed`.
        Errors: `NoSuchRecord`, `NotOwner`, `RetiredRecord`.
        """
        entry = self.records.get_own(record, origin.ensure_signed())
        self.system.deposit_event(self, Retired(record))
        self.records.retire(record, entry)

    @call(index=5, weight=_put_blob_weight)
    def put_blob(self, origin: Origin, content: UploadedBytes) -> None:
        """Puts bytes into the state, at the signer's expense, to be known by their root.

        Origin: signed. Events: `BlobStored`.
        Errors: `BlobTooBig`, `BlockFull`, `BlobStoredAlready`, the ledger's where the deposit is
        not there.
        """
        payer = origin.ensure_signed()
        if len(content) > BLOB_BYTES_MAX:
            raise BlobTooBig
        filled = self.block_blob_bytes.get() + len(content)
        if filled > self._parameters.get_param(Param.BLOCK_BLOB_BYTES, BLOCK_BLOB_BYTES):
            raise BlockFull
        root = self.blobs.put(payer, content)
        self.block_blob_bytes.put(filled)
        self.system.deposit_event(self, BlobStored(root, payer, len(content)))

    @call(index=6, weight=weights.DROP_BLOB)
    def drop_blob(self, origin: Origin, root: Root) -> None:
        """Ends the signer's payment for a blob; the deposit is returned.

        Origin: signed. Events: `BlobDropped`. Errors: `BlobMissing`, `BlobInUse`.
        """
        payer = origin.ensure_signed()
        self.blobs.drop(payer, root)
        self.system.deposit_event(self, BlobDropped(root, payer))

    @call(index=7, weight=weights.ATTEST)
    def attest(
        self, origin: Origin, record: Compact[Id], attributes: Attributes, ttl: Compact[BlockNumber]
    ) -> None:
        """Says something of anybody's record, for so many blocks, at the signer's expense.

        It takes the place of what the signer said before.
        Origin: signed. Events: `Attested`.
        Errors: `BadTtl`, `BadBody`, `NoSuchRecord`, `ExpiredRecord`, the ledger's where the deposit
        is not there.
        """
        self.attestations.attest(record, origin.ensure_signed(), attributes, ttl)

    @call(index=8, weight=weights.REVOKE)
    def revoke(self, origin: Origin, record: Compact[Id], auditor: MultiAddress) -> None:
        """Takes back what an auditor said; its deposit is returned.

        The auditor may always, others once it has expired or the record has another owner.
        Origin: signed. Events: `Revoked`. Errors: `NoAttestation`, `NotOwner`, `CannotLookup`.
        """
        signer = origin.ensure_signed()
        self.attestations.revoke(record, lookup(auditor), signer)

    # --- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Announces the weight of `on_finalize`."""
        del number
        return weights.ON_FINALIZE

    def on_finalize(self, number: BlockNumber) -> None:
        """The next block may take as many blobs again."""
        del number
        self.block_blob_bytes.kill()

    def try_state(self) -> None:
        """Deposits equal holds; records, versions, indexes and blobs agree."""
        ensure_consistent(self._maps, self.blobs, self.attestations, self.money)

    # --- parts of the above

    def _get_now(self) -> BlockNumber:
        return self.system.get_block_number()

    def _make_version(self, version: Version) -> Version:
        """The version with the deposit that its size asks for."""
        return replace(version, deposit=self._scale(self.byte_deposit * len(encode(version))))
