"""The weights of those calls that depend on what they are given."""

from typing import Final

from pallets.market.bids import Picks
from pallets.market.recurring import ROOTS_MAX
from pallets.market.specs import JobSpec, count_slots, get_roots
from pallets.market.types import BIDS_MAX, SLOTS_MAX, Job
from pallets.weights import market as weights
from pallets.weights import verify as verify_weights
from runtime.frame.ai_types import BLOB_BYTES_MAX
from runtime.primitives import Weight

RENEW: Final = weights.STOP + weights.post(SLOTS_MAX, ROOTS_MAX * BLOB_BYTES_MAX)
"""The run is in the state: it may be any."""


def post(spec: JobSpec, price: object, verifier: object, terms: object) -> Weight:
    """Of posting a job: its slots, and its inputs at their largest."""
    del price, verifier, terms
    input_bytes = len(get_roots(spec)) * BLOB_BYTES_MAX
    return weights.post(min(count_slots(spec), SLOTS_MAX), input_bytes)


def recur(
    spec: JobSpec, price: object, verifier: object, terms: object, recurrence: object
) -> Weight:
    """Of posting the first run of a recurring job."""
    del recurrence
    return weights.STOP + post(spec, price, verifier, terms)


def get_renewed(job: Job | None) -> Weight:
    """What posting a run took; all of it where it was skipped, for it may have failed late."""
    return RENEW if job is None else weights.STOP + post(job.spec, None, None, None)


def submit(job: int, slot: int, commitment: bytes, payload: bytes) -> Weight:
    """Of submitting a result, with the dearest judging."""
    del job, slot, commitment
    return weights.submit(len(payload)) + verify_weights.WORST


def accept(job: int, picks: Picks) -> Weight:
    """Of accepting bids for so many slots."""
    del job
    return weights.accept(len(picks), BIDS_MAX)
