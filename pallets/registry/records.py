"""Records and their versions over the registry's storage, and what other pallets ask of them.

`RecordBook` is the `Records` of the runtime, and its `Titles`.
"""

from collections.abc import Callable, Iterator

from pallets.registry.blobs import Blobs
from pallets.registry.declarations import (
    BadParent,
    ExpiredRecord,
    NoSuchRecord,
    NotOwner,
    Removed,
    RetiredRecord,
    TooManyVersions,
)
from pallets.registry.lineage import compute_shares
from pallets.registry.types import (
    VERSIONS_MAX,
    Dataset,
    Model,
    Parents,
    Provider,
    Record,
    RecordState,
    Shares,
    Version,
)
from runtime.frame import Event, StorageMap
from runtime.frame.ai_types import ModelInfo, ProviderInfo, RecordKind, SealedDataset
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Root

REASON = HoldReason.REGISTRY_DEPOSIT


@frozen
class RecordMaps:
    """Where records live."""

    record: StorageMap[int, Record]
    version: StorageMap[tuple[int, int], Version]
    by_owner: StorageMap[tuple[AccountId, int], RecordKind]
    by_kind: StorageMap[tuple[RecordKind, int], AccountId]
    payee: StorageMap[int, AccountId]


class RecordBook:
    """Reads and changes records; their deposits are on hold as `Record.deposit` says."""

    def __init__(
        self,
        maps: RecordMaps,
        blobs: Blobs,
        system: EventSink,
        money: Money,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._maps = maps
        self._blobs = blobs
        self._system = system
        self._money = money
        self._deposit_event = deposit_event

    # --- for the calls

    def get_own(self, record: int, owner: AccountId) -> Record:
        """A record that is not retired. `NoSuchRecord`, `NotOwner`, `RetiredRecord`."""
        entry = self._maps.record.get(record)
        if entry is None:
            raise NoSuchRecord
        if entry.owner != owner:
            raise NotOwner
        if entry.state is RecordState.RETIRED:
            raise RetiredRecord
        return entry

    def get_own_live(self, record: int, owner: AccountId) -> Record:
        """The same, not expired either. `ExpiredRecord`."""
        entry = self.get_own(record, owner)
        if entry.expires_at <= self._system.get_block_number():
            raise ExpiredRecord
        return entry

    def ensure_own_live(self, record: int, who: AccountId) -> None:
        """Raises what `get_own_live` does."""
        self.get_own_live(record, who)

    def compute_shares(
        self, record: int, royalty_bps: int, parents: Parents, cap_bps: int
    ) -> Shares:
        """The royalties of a new record. `BadParent`, `RoyaltyTooHigh`, `TooManyShares`."""
        if len({parent.record for parent in parents}) < len(parents):
            raise BadParent
        known: list[tuple[int, int, Shares]] = []
        for parent in parents:
            entry = self._maps.record.get(parent.record)
            if entry is None or entry.state is not RecordState.ACTIVE:
                raise BadParent
            shares = self._maps.version[parent.record, entry.version].shares
            known.append((parent.record, parent.bps, shares))
        return compute_shares(record, royalty_bps, known, cap_bps)

    def create(self, record: int, entry: Record, version: Version) -> None:
        """Stores a new record with its first version, and puts their deposit on hold."""
        self._money.hold(REASON, entry.owner, entry.deposit)
        self._maps.record[record] = entry
        self._maps.by_owner[entry.owner, record] = entry.kind
        self._maps.by_kind[entry.kind, record] = entry.owner
        self._maps.version[record, entry.version] = version
        self._blobs.note_version(version.payer, version.body, +1)

    def append(self, record: int, version: Version) -> int:
        """Adds a version, and puts its deposit on hold. `TooManyVersions`."""
        if self._maps.record[record].kept == VERSIONS_MAX:
            self._remove_version(record, self._get_oldest_unneeded(record))
        entry = self._maps.record[record]
        self._money.hold(REASON, entry.owner, version.deposit)
        number, deposit = entry.version + 1, entry.deposit + version.deposit
        self._maps.record[record] = replace(
            entry, version=number, kept=entry.kept + 1, deposit=deposit
        )
        self._maps.version[record, number] = version
        self._blobs.note_version(version.payer, version.body, +1)
        return number

    def revive(self, record: int, entry: Record) -> int:
        """Starts a record's time to live anew; returns when it ends."""
        expires_at = self._system.get_block_number() + entry.ttl
        self._maps.record[record] = replace(entry, expires_at=expires_at)
        return expires_at

    def hand_over(self, record: int, entry: Record, dest: AccountId) -> None:
        """Changes the owner; the deposit goes along."""
        self._money.transfer_held(REASON, entry.owner, dest, entry.deposit)
        self._money.hold(REASON, dest, entry.deposit)
        del self._maps.by_owner[entry.owner, record]
        self._maps.by_owner[dest, record] = entry.kind
        self._maps.by_kind[entry.kind, record] = dest
        self._maps.record[record] = replace(entry, owner=dest)

    def retire(self, record: int, entry: Record) -> None:
        """Ends a record; what no job needs is removed. It expires now, if it had not before."""
        expires_at = min(entry.expires_at, self._system.get_block_number())
        ended = replace(entry, state=RecordState.RETIRED, expires_at=expires_at)
        self._maps.record[record] = ended
        for number, version in list(self._iter_versions(record)):
            if version.jobs == 0:
                self._remove_version(record, number)
        self._remove_if_unneeded(record)

    # --- Records

    def get_model(self, record: int, version: int | None = None) -> ModelInfo | None:
        """A version of a model that is still kept, the current one for None."""
        entry = self._maps.record.get(record)
        if entry is None:
            return None
        number = entry.version if version is None else version
        kept = self._maps.version.get((record, number))
        if kept is None or not isinstance(kept.body, Model):
            return None
        body = kept.body
        return ModelInfo(
            record,
            entry.owner,
            number,
            body.graph,
            body.tensors,
            body.macs_per_row,
            entry.expires_at,
            self.is_live(record),
        )

    def get_provider(self, record: int) -> ProviderInfo | None:
        """A provider's current version."""
        entry = self._maps.record.get(record)
        kept = None if entry is None else self._maps.version.get((record, entry.version))
        if entry is None or kept is None or not isinstance(kept.body, Provider):
            return None
        body = kept.body
        return ProviderInfo(
            record,
            entry.owner,
            entry.version,
            tuple((price.kind, price.unit_price) for price in body.prices),
            body.max_parallel,
            entry.expires_at,
            self.is_live(record),
        )

    def get_sealed_dataset(self, record: int, version: int) -> SealedDataset | None:
        """A version of an encrypted dataset that is still kept."""
        kept = self._maps.version.get((record, version))
        body = None if kept is None else kept.body
        if not isinstance(body, Dataset) or body.cipher_root is None or body.key_commit is None:
            return None
        return SealedDataset(body.plain_root, body.cipher_root, body.key_commit, body.size_bytes)

    def get_dataset_version(self, record: int) -> int | None:
        """The current version of a dataset that is live."""
        entry = self._maps.record.get(record)
        if entry is None or entry.kind is not RecordKind.DATASET or not self.is_live(record):
            return None
        return entry.version

    def is_live(self, record: int) -> bool:
        """Whether a record exists and is neither expired, retired nor frozen."""
        entry = self._maps.record.get(record)
        if entry is None or entry.state is not RecordState.ACTIVE:
            return False
        return entry.expires_at > self._system.get_block_number()

    def get_owner(self, record: int) -> AccountId | None:
        """Who owns a record."""
        entry = self._maps.record.get(record)
        return None if entry is None else entry.owner

    def get_payee(self, record: int) -> AccountId | None:
        """Who is paid what a record earns."""
        payee = self._maps.payee.get(record)
        return self.get_owner(record) if payee is None else payee

    def set_payee(self, record: int, payee: AccountId | None) -> None:
        """Has an account paid instead of the owner, until None."""
        assert record in self._maps.record, f"record {record}: it is there to be paid for; qed"
        if payee is None:
            del self._maps.payee[record]
        else:
            self._maps.payee[record] = payee

    def get_current_royalties(self, record: int) -> tuple[tuple[AccountId, int], ...]:
        """The royalties of the current version; none for a record that is gone."""
        entry = self._maps.record.get(record)
        return () if entry is None else self.get_royalties(record, entry.version)

    def get_blob(self, root: Root) -> bytes | None:
        """The bytes of a blob in the state."""
        return self._blobs.get(root)

    def get_royalties(self, record: int, version: int) -> tuple[tuple[AccountId, int], ...]:
        """Who earns how many basis points of a settlement that used this version.

        What an ancestor that is gone would earn, nobody does.
        """
        kept = self._maps.version.get((record, version))
        earned: dict[AccountId, int] = {}
        for share in () if kept is None else kept.shares:
            payee = self.get_payee(share.record)
            if payee is not None:
                earned[payee] = earned.get(payee, 0) + share.bps
        return tuple(sorted(earned.items()))

    def note_job(self, record: int, version: int) -> None:
        """One more job needs this version."""
        kept = self._get_version(record, version)
        self._maps.version[record, version] = kept.note_jobs(+1)

    def drop_job(self, record: int, version: int) -> None:
        """One job less needs this version; the last one of a retired record removes it."""
        kept = self._get_version(record, version)
        assert kept.jobs > 0, f"record {record}: a job is noted, then dropped; qed"
        self._maps.version[record, version] = kept.note_jobs(-1)
        if kept.jobs == 1 and self._maps.record[record].state is RecordState.RETIRED:
            self._remove_version(record, version)
            self._remove_if_unneeded(record)

    def note_use(self, root: Root) -> None:
        """One more job needs this blob."""
        self._blobs.note_jobs(root, +1)

    def drop_use(self, root: Root) -> None:
        """One job less needs this blob."""
        self._blobs.note_jobs(root, -1)

    # --- parts of the above

    def _iter_versions(self, record: int) -> Iterator[tuple[int, Version]]:
        """At most `VERSIONS_MAX`."""
        for (_, number), version in self._maps.version.items(record):
            yield number, version

    def _get_version(self, record: int, version: int) -> Version:
        kept = self._maps.version.get((record, version))
        assert kept is not None, f"record {record}: version {version} is not kept; qed"
        return kept

    def _get_oldest_unneeded(self, record: int) -> int:
        """The oldest version that no job needs, never the current one."""
        current = self._maps.record[record].version
        unneeded = [
            number
            for number, version in self._iter_versions(record)
            if version.jobs == 0 and number != current
        ]
        if not unneeded:
            raise TooManyVersions
        return min(unneeded)

    def _remove_version(self, record: int, number: int) -> None:
        """Removes a version and returns its deposit."""
        entry, version = self._maps.record[record], self._maps.version[record, number]
        del self._maps.version[record, number]
        self._blobs.note_version(version.payer, version.body, -1)
        self._money.release(REASON, entry.owner, version.deposit)
        self._maps.record[record] = replace(
            entry, kept=entry.kept - 1, deposit=entry.deposit - version.deposit
        )

    def _remove_if_unneeded(self, record: int) -> None:
        """Removes a record without versions and returns the rest of its deposit."""
        entry = self._maps.record[record]
        if entry.kept > 0:
            return
        self._money.release(REASON, entry.owner, entry.deposit)
        del self._maps.record[record]
        del self._maps.by_owner[entry.owner, record]
        del self._maps.by_kind[entry.kind, record]
        del self._maps.payee[record]
        self._deposit_event(Removed(record))
