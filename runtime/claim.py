"""What a provider claims when it submits a result, and signs up to: one hash nobody else can use.

A result is the output of a slot, and for a verifier that checks products also the trace:
the product of every MATMUL in order, int32[rows * positions, n] each, little endian. Both travel
in one payload, the output first.
"""

from runtime.crypto.hashing import blake2_256
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.frozen import frozen
from runtime.primitives import AccountId, Hash, Root
from runtime.task import ProgramTask, ReviewTask, RowsTask
from runtime.tensor.blob import blob_root

CLAIM_TAG = b"claim"


@frozen
class ClaimRoots:
    """The roots of a result's two parts."""

    out_root: Root
    trace_root: Root
    """Zero where there is no trace."""


@frozen
class ClaimRequest:
    """What a provider claims: this task gives this output."""

    slot: SlotId
    claimant: AccountId
    verifier: VerifierId
    params: bytes
    """The verifier's own parameters, as the job gave them."""

    task: RowsTask | ProgramTask | ReviewTask
    out_root: Root
    """The blob root of the output."""

    output: bytes
    """The output itself; empty where it is not on chain."""

    trace: bytes
    """What the verifier needs beside it: for FREIVALDS the products in order, int32 row-major."""

    commitment: Hash
    """Binds all of this to chain, slot and claimant; the seed of whatever is drawn at random."""


@frozen
class Submission:
    """A result that was submitted and waits for its verdict."""

    request: ClaimRequest
    owner: AccountId
    """Who asked for it, and pays."""

    bond: int
    """The collateral that answers for it, in planck."""


def compute_claim_roots(output: bytes, trace: bytes) -> ClaimRoots:
    """The roots of an output and its trace, which may be empty."""
    return ClaimRoots(blob_root(output), blob_root(trace) if trace else Root.zero())


def compute_commitment(genesis: Hash, slot: SlotId, provider: AccountId, roots: ClaimRoots) -> Hash:
    """blake2b-256 of tag, genesis, job u64, slot u32 (little endian), provider and both roots.

    It names chain, slot and provider, so that it is worth nothing to anybody else or anywhere else.
    """
    place = slot.job.to_bytes(8, "little") + slot.slot.to_bytes(4, "little")
    parts = (CLAIM_TAG, genesis, place, provider, roots.out_root, roots.trace_root)
    return Hash(blake2_256(b"".join(parts)))
