"""What an offer must say, and what may be leased under it."""

from pallets.leases.declarations import BadTerms, RecordUnfit, WrongSubject
from pallets.leases.types import (
    DRAWS_MAX,
    MISSES_MAX,
    PROOF_BLOCKS_MAX,
    STORAGE_UNIT_BYTES,
    TERM_BLOCKS_MAX,
    LeaseParams,
    Machines,
    MachineTerms,
    Offer,
    Replica,
    StorageTerms,
)
from runtime.frame.ai_traits import Records
from runtime.frame.parameters import Param, Parameters
from runtime.primitives import AccountId
from runtime.tensor.chunks import CHUNKED_BYTES_MAX

UNITS_MAX = CHUNKED_BYTES_MAX // STORAGE_UNIT_BYTES
"""The most units of one offer: as many MiB as the largest replica has."""


def ensure_terms(offer: Offer, parameters: Parameters) -> None:
    """Raises `BadTerms` unless everything is positive, in its limits, and can be audited.

    Notice is long enough for all audits that a lease may miss: whoever has lost the bytes cannot
    leave before it is found.
    """
    if min(offer.unit_rate, offer.min_blocks) < 1 or not 1 <= offer.capacity <= UNITS_MAX:
        raise BadTerms
    if max(offer.min_blocks, offer.notice_blocks) > TERM_BLOCKS_MAX:
        raise BadTerms
    match offer.terms:
        case MachineTerms(review_blocks):
            is_good = review_blocks <= TERM_BLOCKS_MAX
        case StorageTerms(proof_every, proof_blocks, draws):
            is_good = (
                1 <= proof_blocks < proof_every <= TERM_BLOCKS_MAX
                and proof_blocks <= PROOF_BLOCKS_MAX
                and 1 <= draws <= DRAWS_MAX
                and offer.notice_blocks >= MISSES_MAX * proof_every
            )
            _ensure_audits(offer.terms, parameters)
    if not is_good:
        raise BadTerms


def _ensure_audits(terms: StorageTerms, parameters: Parameters) -> None:
    """Raises `BadTerms` where audits are too few, or draw too little, for what governance asks."""
    least = parameters.get_param(Param.AUDIT_DRAWS_MIN, 1)
    if terms.draws < least:
        raise BadTerms(f"expected audits of {least} chunks or more, got {terms.draws}")
    most = parameters.get_param(Param.AUDIT_EVERY_MAX, TERM_BLOCKS_MAX)
    if terms.proof_every > most:
        raise BadTerms(f"expected audits every {most} blocks or sooner, got {terms.proof_every}")


def ensure_subject(offer: Offer, subject: Machines | Replica) -> None:
    """Raises `WrongSubject` unless it is of the offer's kind, and something."""
    match subject:
        case Machines(count):
            is_good = isinstance(offer.terms, MachineTerms) and count > 0
        case Replica(_, size_bytes):
            is_good = isinstance(offer.terms, StorageTerms) and 1 <= size_bytes <= CHUNKED_BYTES_MAX
    if not is_good:
        raise WrongSubject


def ensure_record(offer: Offer, who: AccountId, records: Records) -> None:
    """Raises `RecordUnfit` unless the record is the provider's, alive, and of the offer's kind."""
    provider = records.get_provider(offer.record)
    if provider is None or provider.owner != who:
        raise RecordUnfit("the record is not a provider of the signer's")
    if not provider.is_hireable or offer.kind not in provider.kinds:
        raise RecordUnfit("the provider does not take such jobs now")


def compute_least_balance(offer: Offer, units: int) -> int:
    """What a lease must be started with: the least time, and at least one window of storage."""
    blocks = offer.min_blocks
    if isinstance(offer.terms, StorageTerms):
        blocks = max(blocks, offer.terms.proof_every)
    return offer.unit_rate * units * blocks


def compute_bond(rate: int, params: LeaseParams, parameters: Parameters) -> int:
    """The collateral for a lease that pays so much for a block."""
    bond_min = parameters.get_param(Param.SLOT_BOND_MIN, params.bond_min)
    return max(bond_min, rate * parameters.get_param(Param.LEASE_BOND_BLOCKS, params.bond_blocks))
