"""Attestations: what auditors say of records, for a time and at their own expense.

Anybody may be an auditor; who reads decides whom to believe. An attestation is of one owner's
record: after a transfer it no longer counts, since the new owner's machines are others.
"""

from collections import Counter
from collections.abc import Callable

from pallets.registry.declarations import (
    Attested,
    BadBody,
    BadTtl,
    ExpiredRecord,
    NoAttestation,
    NoSuchRecord,
    NotOwner,
    Revoked,
)
from pallets.registry.records import RecordBook
from pallets.registry.types import (
    ENTRY_OVERHEAD_BYTES,
    TTL_BLOCKS_MAX,
    Attestation,
    Attributes,
    is_ascending,
)
from runtime.codec import encode
from runtime.frame import Event, StorageMap
from runtime.frame.parameters import Parameters, compute_deposit
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, BlockNumber, Id

REASON = HoldReason.REGISTRY_DEPOSIT


class Attestations:
    """The registry's attestations, over its storage."""

    def __init__(
        self,
        attestation: StorageMap[tuple[Id, AccountId], Attestation],
        records: RecordBook,
        system: EventSink,
        money: Money,
        parameters: Parameters,
        byte_deposit: Balance,
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._attestation = attestation
        self._records = records
        self._system = system
        self._money = money
        self._parameters = parameters
        self._byte_deposit = byte_deposit
        self._deposit_event = deposit_event

    def attest(
        self, record: Id, auditor: AccountId, attributes: Attributes, ttl: BlockNumber
    ) -> None:
        """Says something of a record, instead of what the auditor said before.

        Errors: `BadTtl`, `BadBody`, `NoSuchRecord`, `ExpiredRecord`.
        """
        if not 1 <= ttl <= TTL_BLOCKS_MAX:
            raise BadTtl
        if not attributes or not is_ascending([each.name for each in attributes]):
            raise BadBody("at least one attribute, in the order of their names, each once")
        owner = self._records.get_owner(record)
        if owner is None:
            raise NoSuchRecord
        if not self._records.is_live(record):
            raise ExpiredRecord
        known = self._attestation.get((record, auditor))
        if known is not None:
            self._money.release(REASON, auditor, known.deposit)
        expires_at = self._system.get_block_number() + ttl
        said = Attestation(attributes, owner, expires_at)
        full = self._byte_deposit * (len(encode(said)) + ENTRY_OVERHEAD_BYTES)
        deposit = compute_deposit(self._parameters, full)
        self._money.hold(REASON, auditor, deposit)
        self._attestation[record, auditor] = replace(said, deposit=deposit)
        self._deposit_event(Attested(record, auditor, expires_at))

    def revoke(self, record: Id, auditor: AccountId, signer: AccountId) -> None:
        """Takes back what an auditor said; once it no longer counts, anybody may.

        Errors: `NoAttestation`, `NotOwner`.
        """
        known = self._attestation.get((record, auditor))
        if known is None:
            raise NoAttestation
        if signer != auditor and self._is_valid(record, known):
            raise NotOwner
        self._money.release(REASON, auditor, known.deposit)
        del self._attestation[record, auditor]
        self._deposit_event(Revoked(record, auditor))

    def get_valid(self, record: Id, auditor: AccountId) -> Attestation | None:
        """What an auditor says of a record now: not expired, and of its present owner."""
        known = self._attestation.get((record, auditor))
        return known if known is not None and self._is_valid(record, known) else None

    def add_deposits(self, deposits: Counter[AccountId]) -> None:
        """Adds what auditors have on hold, over all of the storage."""
        for (_, auditor), said in self._attestation.items():
            deposits[auditor] += said.deposit

    def _is_valid(self, record: Id, said: Attestation) -> bool:
        is_in_time = said.expires_at > self._system.get_block_number()
        return is_in_time and self._records.get_owner(record) == said.owner
