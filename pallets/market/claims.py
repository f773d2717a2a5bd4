"""What a submitted result claims."""

from pallets.market.declarations import BadCommitment, WrongResultSize
from pallets.market.types import Job
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.frame.ai_types import ClaimRequest, SlotId
from runtime.primitives import AccountId, Hash


def make_request(
    at: SlotId, job: Job, claimant: AccountId, commitment: Hash, payload: bytes, genesis: Hash
) -> ClaimRequest:
    """The claim that verify is to judge. Errors: `WrongResultSize`, `BadCommitment`."""
    first, rows = job.get_rows(at.slot)
    output_bytes, trace_bytes = rows * job.output_row_bytes, rows * job.trace_row_bytes
    if len(payload) != output_bytes + trace_bytes:
        raise WrongResultSize(f"expected {output_bytes} + {trace_bytes}, got {len(payload)}")
    output, trace = payload[:output_bytes], payload[output_bytes:]
    roots = compute_claim_roots(output, trace)
    if compute_commitment(genesis, at, claimant, roots) != commitment:
        raise BadCommitment
    return ClaimRequest(
        slot=at,
        claimant=claimant,
        verifier=job.verifier,
        params=b"",
        model=job.model,
        version=job.version,
        inputs=job.inputs,
        row_first=first,
        rows=rows,
        out_root=roots.out_root,
        output=output,
        trace=trace,
        commitment=commitment,
    )
